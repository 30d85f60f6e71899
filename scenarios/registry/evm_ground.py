"""A chain under py-evm in this process, with the deployed contracts, in the simulation's time.

Asked inline, without threads, without the system's clock or randomness: production's provider for
such a chain brings web3, which a node loads for endpoints on the network alone.
"""

from typing import Any, Final

from contracts.development.chain import DevelopmentChain
from contracts.development.rpc import JsonRpc
from contracts.development_accounts import development_accounts
from contracts.loader import Name
from contracts.typed_data import address_of
from node.registry.chain import Chain
from node.registry.deploying import Deployment, Plan
from node.registry.header import Header, decode_header
from node.registry.payer import Payer
from scenarios.registry.ground import (
    CHAIN_ID,
    FOUNDED_BEFORE_SECONDS,
    MEMBERS_ENOUGH,
    Call,
    Founding,
    blocks_due,
)

_DEPLOYS: Final = 8
"""The development account that pays for the deployment."""


class EvmGround:
    """A development chain that production's client asks."""

    def __init__(self, founding: Founding) -> None:
        """Deploy the registry, by a key made from the seed."""
        self.founding = founding
        self._now = founding.begins_seconds - FOUNDED_BEFORE_SECONDS
        self._chain = DevelopmentChain(
            CHAIN_ID, clock=lambda: self._now, finality_blocks=founding.finality_blocks
        )
        self._rpc = JsonRpc(self._chain)
        self._calls: dict[int, Call] = {}
        self._names: dict[bytes, Name] = {}
        self._asked = 0
        deployment = Deployment(
            self,
            Chain(self, "the simulated chain"),
            Payer(development_accounts()[_DEPLOYS].address, "development account"),
            founding.secret("deployer"),
            pause=lambda _seconds: None,
            told=lambda _told: None,
        )
        council = tuple(address_of(secret) for secret in founding.council)
        self.network = deployment.run(
            Plan(
                "the simulated registry",
                council,
                MEMBERS_ENOUGH,
                founding.signer_set,
                True,
                (),
            )
        )
        self._names = {each.address: name for name, each in self.network.contracts.items()}

    @property
    def head(self) -> int:
        """The number of the newest block."""
        return int(self._chain.head.block_number)

    @property
    def finalized(self) -> int:
        """The newest block that will stay."""
        return self._chain.finalized_number

    def header(self, number: int) -> Header:
        """A block's header."""
        import rlp  # type: ignore[import-untyped]  # no stubs

        return decode_header(rlp.encode(self._chain.header(number)))

    def word(self, contract: Name, slot: bytes, block: int | None = None) -> int:
        """A word as it is now, or as it was after a block."""
        address = "0x" + self.network.contracts[contract].address.hex()
        answer = self.make_request(
            "eth_getStorageAt",
            [address, "0x" + slot.hex(), "latest" if block is None else hex(block)],
        )
        return int(answer["result"], 16)

    def keep_up(self, now_seconds: int) -> None:
        """Let it be this time."""
        self._now = max(self._now, now_seconds)
        for at in blocks_due(self._chain.head.timestamp, self._now, self.founding):
            self._chain.mine(at_seconds=at)

    def send(self, call: Call) -> str | None:
        """Put a call in a block of its own."""
        to = self.network.contracts[call.contract].address
        asked = {
            "from": "0x" + call.sender.hex(),
            "to": "0x" + to.hex(),
            "data": "0x" + call.calldata.hex(),
        }
        error = self.make_request("eth_sendTransaction", [asked]).get("error")
        return None if error is None else str(error["message"])

    def cut(self, number: int) -> list[Call]:
        """Forget all blocks after this one."""
        gone = [self._calls.pop(at) for at in sorted(self._calls) if at > number]
        self._chain.cut(number)
        return gone

    def end(self) -> None:
        """Let go of its memory."""
        self._chain.close()

    def make_request(self, method: Any, params: Any, /) -> Any:
        """Answer one question."""
        self._asked += 1
        question = {"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params}
        answer = self._rpc.answer(question)
        if method == "eth_sendTransaction" and "error" not in answer:
            self._note(params[0])
        return answer

    def _note(self, asked: dict[str, str]) -> None:
        """Remember what a block holds, for when it is reorganised away."""
        contract = self._names.get(bytes.fromhex(asked.get("to", "0x")[2:]))
        if contract is not None:
            sender, calldata = (bytes.fromhex(asked[name][2:]) for name in ("from", "data"))
            self._calls[self.head] = Call(sender, contract, calldata)
