"""py-evm without blocks: transactions on one state, at any time, number and chain id. For tests.

A transaction costs under a millisecond, and `Evm.fork` begins again from a state.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from eth.abc import StateAPI
from eth.constants import BLANK_ROOT_HASH
from eth.db.atomic import AtomicDB
from eth.vm.chain_context import ChainContext
from eth.vm.execution_context import ExecutionContext
from eth.vm.forks.shanghai import ShanghaiVM
from eth.vm.forks.shanghai.blocks import ShanghaiBlockHeader
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode, encode
from eth_typing import Address, BlockNumber, Hash32

from contracts.loader import Name, artifact
from contracts.typed_data import Place, address_of

START_SECONDS = 1_700_000_000
CHAIN_ID = 31337
RELAYER = bytes.fromhex("11" * 20)
GAS = 10_000_000


class Logged(NamedTuple):
    """An event."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """What a transaction did."""

    succeeded: bool
    output: bytes
    gas_used: int
    events: tuple[Logged, ...]
    created: bytes

    @property
    def number(self) -> int:
        """The output as a number."""
        return int.from_bytes(self.output, "big")

    @property
    def reason(self) -> str:
        """Why it reverted, as the contract says it."""
        if self.succeeded or self.output[:4] != bytes.fromhex("08c379a0"):
            return ""
        (text,) = decode(["string"], self.output[4:])
        return str(text)


class Evm:
    """A state that transactions change; `now_seconds`, `block` and `chain_id` may be set."""

    def __init__(
        self,
        chain_id: int = CHAIN_ID,
        database: AtomicDB | None = None,
        root: bytes = BLANK_ROOT_HASH,
    ) -> None:
        self.chain_id = chain_id
        self.now_seconds = START_SECONDS
        self.block = 1
        self._database = AtomicDB() if database is None else database
        header = ShanghaiBlockHeader(
            difficulty=0,
            block_number=BlockNumber(0),
            gas_limit=GAS,
            timestamp=0,
            base_fee_per_gas=0,
            state_root=Hash32(root),
        )
        self.state: StateAPI = ShanghaiVM.build_state(
            self._database, header, ChainContext(chain_id)
        )

    def fork(self, chain_id: int | None = None) -> "Evm":
        """Another EVM that begins with this one's state, on another chain if asked for."""
        self.state.persist()
        forked = Evm(chain_id or self.chain_id, self._database, self.state.state_root)
        forked.now_seconds, forked.block = self.now_seconds, self.block
        return forked

    def send(self, to: bytes, data: bytes, *, sender: bytes = RELAYER, gas: int = GAS) -> Outcome:
        """Run a transaction; `to` empty creates a contract."""
        self.state.execution_context = ExecutionContext(
            coinbase=Address(bytes(20)),
            timestamp=self.now_seconds,
            block_number=BlockNumber(self.block),
            difficulty=0,
            mix_hash=Hash32(bytes(32)),
            gas_limit=GAS,
            prev_hashes=(),
            chain_id=self.chain_id,
            base_fee_per_gas=0,
        )
        unsigned = ShanghaiVM.create_unsigned_transaction(
            nonce=self.state.get_nonce(Address(sender)),
            gas_price=0,
            gas=gas,
            to=Address(to),
            value=0,
            data=data,
        )
        transaction = SpoofTransaction(unsigned, from_=sender)
        done = self.state.apply_transaction(transaction)  # type: ignore[arg-type]  # a spoof stands in
        # What a slot held before the transaction decides what writing it costs.
        self.state.lock_changes()
        events = () if done.is_error else done.get_log_entries()
        refund = min(done.get_gas_refund(), (gas - done.get_gas_remaining()) // 5)
        return Outcome(
            not done.is_error,
            bytes(done.output),
            gas - done.get_gas_remaining() - (0 if done.is_error else refund),
            tuple(
                Logged(of[0], tuple(t.to_bytes(32, "big") for t in of[1]), of[2]) for of in events
            ),
            bytes(done.msg.storage_address),
        )

    def look(self, to: bytes, data: bytes) -> bytes:
        """What a call returns; it leaves no trace."""
        outcome = self.fork().send(to, data)
        assert outcome.succeeded, outcome.reason
        return outcome.output

    def code(self, contract: bytes) -> bytes:
        """The code at an address."""
        return bytes(self.state.get_code(Address(contract)))

    def word(self, contract: bytes, slot: bytes) -> int:
        """A storage slot."""
        return self.state.get_storage(Address(contract), int.from_bytes(slot, "big"))

    def create(self, code: bytes, *, sender: bytes = RELAYER) -> bytes:
        """Deploy a contract; its address."""
        outcome = self.send(b"", code, sender=sender)
        assert outcome.succeeded, outcome.reason
        return outcome.created


def secret(number: int) -> bytes:
    """The nth made-up secp256k1 key."""
    return (0x5A7C4E1 + number).to_bytes(32, "big")


MEMBERS = sorted((secret(n) for n in range(100, 105)), key=address_of)
"""Keys of five people who may sit on a council, in ascending order of their addresses."""

SIGNERS_HASH = bytes.fromhex("5a" * 32)


class Registry:
    """The three contracts on a bare EVM, the first three MEMBERS as council, two deciding."""

    def __init__(self, evm: Evm | None = None, codes: Mapping[Name, bytes] | None = None) -> None:
        """Deploy them, `codes` instead of the shipped bytecode where given."""
        self.evm = evm or Evm()
        given = codes or {}
        council = [address_of(of) for of in MEMBERS[:3]]
        arguments = encode(
            ["address[]", "uint256", "bytes32", "address"],
            [council, 2, SIGNERS_HASH, self._create(Name.DID, b"", given)],
        )
        self.did = bytes(arguments[108:128])
        self.accreditation = self._create(Name.ACCREDITATION, arguments, given)
        self.consent = self._create(Name.CONSENT, self.accreditation.rjust(32, b"\0"), given)

    def fork(self, chain_id: int | None = None) -> "Registry":
        """The same contracts at the same addresses, on a state of their own."""
        forked = copy(self)
        forked.evm = self.evm.fork(chain_id)
        return forked

    def place(self, name: Name) -> Place:
        """Where a signature for one of the contracts counts."""
        contract = {Name.ACCREDITATION: self.accreditation, Name.CONSENT: self.consent}[name]
        return Place(self.evm.chain_id, contract)

    def _create(self, name: Name, arguments: bytes, given: Mapping[Name, bytes]) -> bytes:
        return self.evm.create(given.get(name, artifact(name).bytecode) + arguments)


@cache
def _deployed() -> Registry:
    return Registry()


def fresh_registry() -> Registry:
    """The shipped contracts, newly deployed, at the cost of a copy."""
    return _deployed().fork()
