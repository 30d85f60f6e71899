"""Puts the registry's three contracts on a chain and describes it as a network. For `chain deploy`.

They are deployed by a key that is made for it, used once and forgotten: ERC-1056 does not bind the
chain in what is signed, and a contract's address comes from its deployer, so no two chains have
a registry at one address, and nothing that was signed for one counts on another.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from coincurve import PrivateKey

from contracts.abi import encode as encode_abi
from contracts.loader import Name, artifact, deployed_code
from node.registry.chain import Chain, Provider, Tag
from node.registry.errors import ChainRefused, ChainUnreachable, ChainUntrusted
from node.registry.header import Header
from node.registry.keccak import keccak
from node.registry.limits import (
    deployment_final_seconds_max,
    deployment_poll_seconds,
    deployment_receipt_seconds_max,
)
from node.registry.network import CONTRACTS, Deployed, Genesis, Network
from node.registry.payer import Fees, Payer, address_of, ask_fees
from node.registry.proof import check_account
from node.registry.signers import SignerSet

_TRANSFER_GAS: Final = 21_000
_BLOCKS_UNTIL_FINAL: Final = 128
"""What a development chain is asked to add, so that what was deployed is final there."""


@dataclass(frozen=True)
class Plan:
    """What shall be deployed."""

    name: str
    council: tuple[bytes, ...]
    """Members' addresses of 20 bytes."""
    threshold: int
    signers: SignerSet
    development: bool
    urls: tuple[str, ...]


class Deployment:
    """One deployment, by a fresh deployer. `told` hears what is being done."""

    def __init__(
        self,
        provider: Provider,
        chain: Chain,
        payer: Payer,
        deployer_secret: bytes,
        *,
        pause: Callable[[float], None],
        told: Callable[[str], None],
    ) -> None:
        self._provider = provider
        self._chain = chain
        self._payer = payer
        self._secret = deployer_secret
        self._deployer = address_of(deployer_secret)
        self._pause = pause
        self._told = told

    def run(self, plan: Plan) -> Network:
        """Deploy, wait until it is final, prove it, and describe it. Raises ChainError."""
        chain_id = self._chain.chain_id()
        addresses = {
            name: created_address(self._deployer, nonce) for nonce, name in enumerate(CONTRACTS)
        }
        newest = 0
        for nonce, name in enumerate(CONTRACTS):
            self._told(f"deploying {name}")
            code = _creation_code(name, plan, addresses)
            newest = self._create(chain_id, nonce, code)
        self._told("waiting until the chain holds it for final")
        header = self._final(newest, plan.development)
        network = Network(
            name=plan.name,
            chain=chain_id,
            contracts={
                name: Deployed(address, self._code_hash(header, addresses, name))
                for name, address in addresses.items()
            },
            signers=plan.signers.keys,
            threshold=plan.signers.threshold,
            genesis=Genesis(header.number, header.hash),
            development=plan.development,
            urls=plan.urls,
        )
        self._chain.check(network)
        return network

    def _create(self, chain_id: int, nonce: int, code: bytes) -> int:
        """Create a contract; returns the block that it is in."""
        asked = {"from": "0x" + self._deployer.hex(), "data": "0x" + code.hex()}
        gas = int(self._ask("eth_estimateGas", asked), 16)
        fees = ask_fees(self._chain)
        self._fund(chain_id, gas * fees.most, fees)
        raw, hash_ = _signed(self._secret, chain_id, nonce, fees, gas, data=code)
        self._chain.send_raw(raw)
        return self._block_of(hash_)

    def _fund(self, chain_id: int, amount: int, fees: Fees) -> None:
        if self._payer.secret is None:
            asked = {
                "from": "0x" + self._payer.address.hex(),
                "to": "0x" + self._deployer.hex(),
                "value": hex(amount),
            }
            self._block_of(bytes.fromhex(self._ask("eth_sendTransaction", asked)[2:]))
            return
        nonce = self._chain.next_nonce(self._payer.address)
        raw, hash_ = _signed(
            self._payer.secret,
            chain_id,
            nonce,
            fees,
            _TRANSFER_GAS,
            to=self._deployer,
            value=amount,
        )
        self._chain.send_raw(raw)
        self._block_of(hash_)

    def _block_of(self, hash_: bytes) -> int:
        """The block of a transaction, once it has one. Raises ChainRefused where it failed."""
        for _ in range(int(deployment_receipt_seconds_max / deployment_poll_seconds)):
            receipt = self._chain.receipt(hash_)
            if receipt is not None:
                if not receipt.succeeded:
                    raise ChainRefused(self._chain.name, "a deployment", "the transaction failed")
                return receipt.block
            self._pause(deployment_poll_seconds)
        raise ChainUnreachable(self._chain.name, "a transaction is not mined")

    def _final(self, block: int, development: bool) -> Header:
        """The newest final header, once it is at this block or beyond."""
        if development and self._chain.header(Tag.FINALIZED).number < block:
            # Not every chain can; then it is waited for.
            self._provider.make_request("anvil_mine", [hex(_BLOCKS_UNTIL_FINAL)])
        for _ in range(int(deployment_final_seconds_max / deployment_poll_seconds)):
            header = self._chain.header(Tag.FINALIZED)
            if header.number >= block:
                return header
            self._pause(deployment_poll_seconds)
        raise ChainUnreachable(self._chain.name, "what was deployed does not become final")

    def _code_hash(self, header: Header, addresses: Mapping[Name, bytes], name: Name) -> bytes:
        """The hash of the code that is there, proven, once it is the code of the artifact."""
        proof = self._chain.proofs(header, addresses[name], ())
        account, _ = check_account(header.state_root, proof)
        kept = {Name.ACCREDITATION: (Name.DID,), Name.CONSENT: (Name.ACCREDITATION,)}
        immutables = [addresses[other] for other in kept.get(name, ())]
        if account.code_hash != keccak(deployed_code(name, *immutables)):
            raise ChainUntrusted(self._chain.name, f"the code of {name} is not what was deployed")
        return account.code_hash

    def _ask(self, method: str, *parameters: Any) -> str:
        """Ask what `Chain` has no method for; the answer is hexadecimal text."""
        answer = self._provider.make_request(method, list(parameters))
        error = answer.get("error") if isinstance(answer, Mapping) else None
        if error is not None:
            said = error.get("message") if isinstance(error, Mapping) else None
            raise ChainRefused(self._chain.name, method, str(said)[:200])
        result = answer.get("result") if isinstance(answer, Mapping) else None
        if not isinstance(result, str) or not result.startswith("0x"):
            raise ChainUntrusted(self._chain.name, f"its answer to {method} is not hexadecimal")
        return result


def created_address(deployer: bytes, nonce: int) -> bytes:
    """Where a deployer's contract will be."""
    import rlp  # type: ignore[import-untyped]  # it has no types

    encoded: bytes = rlp.encode([deployer, nonce])
    return keccak(encoded)[12:]


def _creation_code(name: Name, plan: Plan, addresses: Mapping[Name, bytes]) -> bytes:
    arguments = b""
    if name is Name.ACCREDITATION:
        arguments = encode_abi(
            ["address[]", "uint256", "bytes32", "address"],
            [list(plan.council), plan.threshold, plan.signers.hash, addresses[Name.DID]],
        )
    elif name is Name.CONSENT:
        arguments = encode_abi(["address"], [addresses[Name.ACCREDITATION]])
    return artifact(name).bytecode + arguments


def _signed(
    secret: bytes,
    chain_id: int,
    nonce: int,
    fees: Fees,
    gas: int,
    *,
    to: bytes = b"",
    value: int = 0,
    data: bytes = b"",
) -> tuple[bytes, bytes]:
    """A signed EIP-1559 transaction and its hash."""
    import rlp

    fields = [chain_id, nonce, fees.tip, fees.most, gas, to, value, data, []]
    digest = keccak(b"\x02" + rlp.encode(fields))
    signature = PrivateKey(secret).sign_recoverable(digest, hasher=None)
    r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:64])
    raw = b"\x02" + rlp.encode([*fields, signature[64], r, s])
    return raw, keccak(raw)
