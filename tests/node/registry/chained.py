"""The registry on a development chain in this process, and endpoints that lie about it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from eth_abi.abi import encode as encode_abi

from contracts.development.chain import DevelopmentChain
from contracts.development.provider import DevelopmentProvider
from contracts.development_accounts import development_accounts
from contracts.loader import Name
from contracts.slots import anchor_slot, credential_slot
from node.registry.chain import Chain, Provider
from node.registry.deploying import Deployment, Plan
from node.registry.intent import Effect, Intent
from node.registry.keccak import keccak
from node.registry.network import Network
from node.registry.payer import Payer
from node.registry.signers import SignerSet
from sync.signing import Signer

START_SECONDS = 1_800_000_000
CHAIN_ID = 31337
SIGNER = Signer(b"c" * 32)
COUNCIL = development_accounts()[9]
REVOKED_BITS = {"shift_bits": 152, "width_bits": 8, "value": 2}

Answer = Callable[[list[Any], Any], Any]
"""Makes another answer of a question's parameters and the true answer."""


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.seconds = float(START_SECONDS)

    def __call__(self) -> float:
        return self.seconds


class Endpoint:
    """A provider that hands questions on, and lies where it is told to."""

    def __init__(self, provider: Provider) -> None:
        self.provider = provider
        self.lies: dict[str, Answer] = {}
        self.before: dict[str, Callable[[], None]] = {}
        self.withheld: dict[str, Any] = {}
        self.asked: list[str] = []

    def make_request(self, method: Any, params: Any, /) -> Any:
        self.asked.append(method)
        if method in self.withheld:
            return self.withheld[method]
        if method in self.before:
            self.before.pop(method)()
        answer = self.provider.make_request(method, params)
        return self.lies[method](params, answer) if method in self.lies else answer

    def tells(self, method: str, result: object) -> None:
        """Answer a question with a result, and ask nobody."""
        self.withheld[method] = {"jsonrpc": "2.0", "id": 1, "result": result}

    def refuses(self, method: str, code: int, message: str) -> None:
        """Answer a question with an error, and ask nobody."""
        error = {"code": code, "message": message}
        self.withheld[method] = {"jsonrpc": "2.0", "id": 1, "error": error}

    def is_honest(self) -> None:
        """From now on."""
        self.lies.clear()
        self.withheld.clear()
        self.before.clear()


class Registered:
    """A chain with the registry deployed, a network that describes it, an endpoint to it."""

    def __init__(self, finality_blocks: int = 0, signers: SignerSet | None = None) -> None:
        self.clock = Clock()
        self.development = DevelopmentChain(
            CHAIN_ID, clock=self.clock, finality_blocks=finality_blocks
        )
        self.provider = DevelopmentProvider(self.development)
        self.endpoint = Endpoint(self.provider)
        self.chain = Chain(self.endpoint, "the test's chain")
        self.network = deployed(self.provider, signers or SignerSet((SIGNER.public,), 1))

    def ask(self, method: str, *params: Any) -> Any:
        """The truth."""
        answer = self.provider.make_request(method, list(params))  # type: ignore[arg-type]  # any
        assert "error" not in answer, answer
        return answer.get("result")

    @contextmanager
    def rolled_back(self) -> Iterator[None]:
        """What is done within is as if it had never been."""
        before, seconds = self.ask("evm_snapshot"), self.clock.seconds
        try:
            yield
        finally:
            assert self.ask("evm_revert", before)
            self.clock.seconds = seconds
            self.endpoint.is_honest()
            self.endpoint.asked.clear()


def deployed(
    provider: Provider, signers: SignerSet, urls: tuple[str, ...] = ("http://127.0.0.1:8545",)
) -> Network:
    """Deploy the registry and describe it."""
    chain = Chain(provider, "the test's chain")
    payer = Payer(development_accounts()[8].address, "development account")
    deployment = Deployment(
        provider, chain, payer, keccak(signers.hash), pause=lambda _s: None, told=lambda _t: None
    )
    return deployment.run(Plan("made", (COUNCIL.address,), 1, signers, True, urls))


def calldata(signature: str, *arguments: object) -> bytes:
    """A call of a contract's function."""
    kinds = signature[signature.index("(") + 1 : -1]
    return keccak(signature.encode())[:4] + encode_abi(kinds.split(","), list(arguments))


def revocation(payer: Payer, number: int, *, order: bytes | None = None) -> Intent:
    """Revokes a key that was never issued, as whoever sends it may."""
    key = number.to_bytes(32)
    slot = credential_slot(payer.address, key)
    return Intent(
        kind="revoke",
        contract=Name.ACCREDITATION,
        calldata=calldata("revoke(bytes32)", key),
        effect=Effect.state_at_least(Name.ACCREDITATION, slot, **REVOKED_BITS),
        label=f"credential {number}",
        order=order,
    )


def anchors(payer: Payer, count: int) -> list[Intent]:
    """A chain of audit roots of whoever sends them."""
    made, head = [], bytes(32)
    for number in range(count):
        root = keccak(number.to_bytes(4))
        after = keccak(head + root)
        effect = Effect.head_changed(
            Name.CONSENT, anchor_slot(payer.address), previous=head, head=after
        )
        call = calldata("anchor(bytes32)", root)
        made.append(Intent("anchor", Name.CONSENT, call, effect, "audit", payer.address))
        head = after
    return made
