"""A chain as an endpoint tells it, believed only where it proves itself; the one door to any chain.

Gathering, the outbox and the resolver ask here, blocking, in worker threads. web3 is loaded when a
URL is opened. Headers are rebuilt and hashed, state is proven under them; what cannot be proven
(events, receipts, gas) is typed as told, and never makes a verdict.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple, Protocol

from node.registry.answers import entries, hexadecimal, members, octets, quantity
from node.registry.errors import (
    ChainForeign,
    ChainMoved,
    ChainRefused,
    ChainUnreachable,
    ChainUntrusted,
    HeaderInvalid,
    ProofInvalid,
)
from node.registry.header import Header, header_from_fields
from node.registry.limits import (
    chain_logs_max,
    chain_message_length_chars_max,
    chain_slots_asked_max,
    proof_depth_max,
)
from node.registry.network import Network
from node.registry.proof import AccountProof, check_account

_METHOD_MISSING: Final = -32601
_ACCOUNTS_MAX: Final = 1000
_TOPICS_MAX: Final = 4
_EMPTY_NODE: Final = b"\x80"
_REASON_SELECTOR: Final = bytes.fromhex("08c379a0")
"""Of `Error(string)`, with which contracts say why they revert."""


class Provider(Protocol):
    """A web3 provider, as much of it as is used."""

    def make_request(self, method: Any, params: Any, /) -> Any:
        """Answer one question of JSON-RPC by an object with `result` or `error`."""


class Tag(StrEnum):
    """Blocks that have a name instead of a number."""

    LATEST = "latest"
    FINALIZED = "finalized"


class Log(NamedTuple):
    """One event as the endpoint tells it. It is not proven."""

    block: int
    place: int
    """Its place among all events of the block."""
    topics: tuple[bytes, ...]
    data: bytes


class Receipt(NamedTuple):
    """What became of a transaction, as the endpoint tells it. It is not proven."""

    block: int
    block_hash: bytes
    succeeded: bool
    gas_used: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """A call of a contract to be sent."""

    payer: bytes
    to: bytes
    calldata: bytes = field(repr=False)
    nonce: int | None = None
    gas: int | None = None

    def as_json(self) -> dict[str, str]:
        """As JSON-RPC takes it."""
        value = {
            "from": hexadecimal(self.payer),
            "to": hexadecimal(self.to),
            "data": hexadecimal(self.calldata),
        }
        if self.nonce is not None:
            value["nonce"] = hex(self.nonce)
        if self.gas is not None:
            value["gas"] = hex(self.gas)
        return value


class Chain:
    """One endpoint of a chain. `open_chain` makes one from a URL."""

    def __init__(self, provider: Provider, name: str) -> None:
        """Ask nothing yet; `name` is how messages call the endpoint."""
        self._provider = provider
        self.name = name

    def close(self) -> None:
        """Let go of the connection, where the provider keeps one; asking again opens another."""
        close = getattr(self._provider, "close", None)
        if close is not None:
            close()

    # -- which chain it is

    def chain_id(self) -> int:
        """The chain's id, as the endpoint tells it."""
        return self._quantity(self._ask("eth_chainId", []), "the chain's id")

    def require_chain(self, network: Network) -> None:
        """Ask for the id again: endpoints behind one name change. Raises ChainForeign."""
        if self.chain_id() != network.chain:
            raise ChainForeign(self.name, f"its id is not {network.chain}")

    def check(self, network: Network) -> Header:
        """Refuse another chain, another code, or no proofs; returns the newest final header.

        Nothing that was proven here says that the header is the network's: checkpoints do.
        Raises ChainForeign, ChainUntrusted, ChainUnreachable, ChainMoved.
        """
        self.require_chain(network)
        genesis = self.header(network.genesis.block)
        if genesis.hash != network.genesis.block_hash:
            raise ChainForeign(self.name, f"its block {genesis.number} is another")
        header = self.header(Tag.FINALIZED)
        for name, deployed in network.contracts.items():
            self.words(header, deployed.address, deployed.code_hash, (), str(name))
        return header

    # -- what is proven

    def header(self, which: int | bytes | Tag) -> Header:
        """A block's header by number, hash (32 bytes) or tag, rebuilt from its fields and hashed.

        Raises ChainUntrusted where it is not what was asked for, or does not hash to its hash.
        """
        if isinstance(which, bytes):
            answer = self._ask("eth_getBlockByHash", [hexadecimal(which), False])
        else:
            number = str(which) if isinstance(which, Tag) else hex(which)
            answer = self._ask("eth_getBlockByNumber", [number, False])
        if answer is None:
            raise ChainForeign(self.name, f"it has no block {_block_text(which)}")
        try:
            header = header_from_fields(members(answer, "a block"))
        except (HeaderInvalid, ValueError) as error:
            raise ChainUntrusted(self.name, f"a block of it is refused: {error}") from error
        asked_otherwise = isinstance(which, bytes) and header.hash != which
        if asked_otherwise or (isinstance(which, int) and header.number != which):
            raise ChainUntrusted(self.name, "it gives another block than the one asked for")
        return header

    def proofs(self, header: Header, address: bytes, slots: Sequence[bytes]) -> AccountProof:
        """Nodes that prove a contract's account and slots in the state after a block, unchecked.

        Raises ChainForeign where the endpoint gives no proofs.
        """
        account: tuple[bytes, ...] = ()
        found: dict[bytes, tuple[bytes, ...]] = {}
        for start in range(0, max(1, len(slots)), chain_slots_asked_max):
            asked = slots[start : start + chain_slots_asked_max]
            answer = self._ask_for_proof(header, address, asked)
            try:
                account = _nodes(answer.get("accountProof"), "an account's proof")
                proofs = entries(answer.get("storageProof"), len(asked), "proofs of slots")
                if len(proofs) != len(asked):
                    raise ValueError("a slot's proof is missing")
                for slot, proof in zip(asked, proofs, strict=True):
                    found[slot] = _nodes(members(proof, "a proof").get("proof"), "a slot's proof")
            except ValueError as error:
                raise ChainUntrusted(self.name, str(error)) from error
        return AccountProof(address, account, found)

    def words(
        self,
        header: Header,
        address: bytes,
        code_hash: bytes | None,
        slots: Sequence[bytes],
        what: str = "the contract",
    ) -> dict[bytes, int]:
        """Storage words of a contract after a block, proven under its header.

        Raises ChainForeign for other code than `code_hash` (None: whatever code), ChainUntrusted
        for what does not prove itself, ChainMoved where the block was replaced meanwhile.
        """
        proof = self.proofs(header, address, slots)
        try:
            account, words = check_account(header.state_root, proof)
        except ProofInvalid as error:
            self.require_unmoved(header)
            raise ChainUntrusted(self.name, f"a proof of {what} is refused: {error}") from error
        if code_hash is not None and account.code_hash != code_hash:
            raise ChainForeign(self.name, f"{what} has other code there, or none")
        return words

    def require_unmoved(self, header: Header) -> None:
        """Raise ChainMoved where the chain has another block of that number now, or none."""
        try:
            now = self.header(header.number)
        except ChainForeign as error:
            raise ChainMoved(self.name, header.number) from error
        if now.hash != header.hash:
            raise ChainMoved(self.name, header.number)

    # -- what is only told

    def logs(
        self, address: bytes, topics: Sequence[bytes | None], first: int, last: int
    ) -> list[Log]:
        """A contract's events in blocks `first` to `last`, in order."""
        asked = {
            "address": hexadecimal(address),
            "topics": [None if topic is None else hexadecimal(topic) for topic in topics],
            "fromBlock": hex(first),
            "toBlock": hex(last),
        }
        try:
            answer = entries(self._ask("eth_getLogs", [asked]), chain_logs_max, "events")
            logs = [self._log(members(entry, "an event"), address) for entry in answer]
            for log in logs:
                if not first <= log.block <= last or any(
                    wanted is not None and (place >= len(log.topics) or log.topics[place] != wanted)
                    for place, wanted in enumerate(topics)
                ):
                    raise ValueError("it tells events that were not asked for")
        except ValueError as error:
            raise ChainUntrusted(self.name, str(error)) from error
        return sorted(logs, key=lambda log: (log.block, log.place))

    def accounts(self) -> list[bytes]:
        """Accounts that the endpoint signs for: a development chain's; of others none."""
        try:
            answer = self._ask("eth_accounts", [])
        except ChainRefused:
            return []
        try:
            return [
                octets(entry, 20, "an account")
                for entry in entries(answer, _ACCOUNTS_MAX, "accounts")
            ]
        except ValueError as error:
            raise ChainUntrusted(self.name, str(error)) from error

    def balance(self, address: bytes) -> int:
        """An account's money in wei."""
        answer = self._ask("eth_getBalance", [hexadecimal(address), str(Tag.LATEST)])
        return self._quantity(answer, "a balance")

    def next_nonce(self, address: bytes, *, pending: bool = False) -> int:
        """The number of an account's next transaction, by what is mined, or with what waits."""
        tag = "pending" if pending else str(Tag.LATEST)
        answer = self._ask("eth_getTransactionCount", [hexadecimal(address), tag])
        return self._quantity(answer, "a transaction count")

    def gas_price(self) -> int:
        """What a unit of gas costs now, in wei, tip included."""
        return self._quantity(self._ask("eth_gasPrice", []), "the price of gas")

    def tip(self) -> int:
        """What whoever makes blocks gets of it, in wei; 0 where the endpoint has no such thing."""
        try:
            answer = self._ask("eth_maxPriorityFeePerGas", [])
        except ChainRefused:
            return 0
        return self._quantity(answer, "a tip")

    def estimate(self, transaction: Transaction) -> int:
        """How much gas a call takes. Raises ChainRefused where the contract refuses it."""
        return self._quantity(self._ask("eth_estimateGas", [transaction.as_json()]), "an estimate")

    def call(self, transaction: Transaction) -> bytes:
        """What a call would return now. Raises ChainRefused where the contract refuses it."""
        answer = self._ask("eth_call", [transaction.as_json(), str(Tag.LATEST)])
        try:
            return octets(answer, None, "what a call returned")
        except ValueError as error:
            raise ChainUntrusted(self.name, str(error)) from error

    def send_raw(self, raw: bytes) -> None:
        """Give a signed transaction to the chain. Raises ChainRefused where it is not taken."""
        self._ask("eth_sendRawTransaction", [hexadecimal(raw)])

    def send_from_account(self, transaction: Transaction) -> bytes:
        """Have a development chain sign and take a transaction; gives its hash."""
        answer = self._ask("eth_sendTransaction", [transaction.as_json()])
        try:
            return octets(answer, 32, "a transaction's hash")
        except ValueError as error:
            raise ChainUntrusted(self.name, str(error)) from error

    def knows_transaction(self, hash_: bytes) -> bool:
        """Whether the chain has a transaction, in a block or waiting for one."""
        return self._ask("eth_getTransactionByHash", [hexadecimal(hash_)]) is not None

    def receipt(self, hash_: bytes) -> Receipt | None:
        """What became of a transaction; None while it is in no block."""
        answer = self._ask("eth_getTransactionReceipt", [hexadecimal(hash_)])
        if answer is None:
            return None
        try:
            found = members(answer, "a receipt")
            if octets(found.get("transactionHash"), 32, "a receipt's hash") != hash_:
                raise ValueError("it gives another receipt than the one asked for")
            return Receipt(
                quantity(found.get("blockNumber"), "a receipt's block"),
                octets(found.get("blockHash"), 32, "a receipt's block"),
                quantity(found.get("status"), "a receipt's status") == 1,
                quantity(found.get("gasUsed"), "a receipt's gas"),
            )
        except ValueError as error:
            raise ChainUntrusted(self.name, str(error)) from error

    # -- asking

    def _ask_for_proof(
        self, header: Header, address: bytes, slots: Sequence[bytes]
    ) -> Mapping[str, Any]:
        keys = [hexadecimal(slot) for slot in slots]
        asked: list[object] = [hexadecimal(address), keys, hex(header.number)]
        try:
            return members(self._ask("eth_getProof", asked), "a proof")
        except ChainRefused as error:
            if error.method_missing:
                raise ChainForeign(self.name, "its endpoint gives no proofs") from error
            self.require_unmoved(header)
            raise
        except ValueError as error:
            raise ChainUntrusted(self.name, str(error)) from error

    def _log(self, entry: Mapping[str, Any], address: bytes) -> Log:
        if octets(entry.get("address"), 20, "an event's contract") != address:
            raise ValueError("it tells events of another contract")
        topics = entries(entry.get("topics"), _TOPICS_MAX, "an event's topics")
        return Log(
            quantity(entry.get("blockNumber"), "an event's block"),
            quantity(entry.get("logIndex"), "an event's place"),
            tuple(octets(topic, 32, "a topic") for topic in topics),
            octets(entry.get("data"), None, "an event's data"),
        )

    def _quantity(self, answer: object, what: str) -> int:
        try:
            return quantity(answer, what)
        except ValueError as error:
            raise ChainUntrusted(self.name, str(error)) from error

    def _ask(self, method: str, params: list[object]) -> object:
        """The `result` of one question. Raises ChainRefused for an `error`."""
        try:
            answer = self._provider.make_request(method, params)
        except (OSError, ValueError) as error:
            raise ChainUnreachable(self.name, "the connection broke") from error
        if not isinstance(answer, Mapping):
            raise ChainUntrusted(self.name, "its answer is not an object")
        if answer.get("error") is not None:
            raise self._refused(method, answer["error"])
        if "result" not in answer:
            raise ChainUntrusted(self.name, "its answer has no result")
        return answer["result"]

    def _refused(self, method: str, error: object) -> ChainRefused:
        found = error if isinstance(error, Mapping) else {}
        message = found.get("message", error)
        text = message if isinstance(message, str) else "an error without words"
        reason = _revert_reason(found.get("data"))
        if reason and reason not in text:
            text = f"{text}: {reason}"
        refused = ChainRefused(self.name, method, _discreet(text))
        refused.method_missing = found.get("code") == _METHOD_MISSING
        return refused


def open_chain(url: str) -> Chain:
    """The chain behind a URL; nothing is asked yet. Loads web3. Raises ChainUrlInvalid."""
    from node.registry.http_provider import HttpProvider, host_of

    return Chain(HttpProvider(url), host_of(url))


def _nodes(value: object, what: str) -> tuple[bytes, ...]:
    nodes = tuple(octets(node, None, what) for node in entries(value, proof_depth_max, what))
    # Of an empty trie some endpoints give its root, which stands for no node.
    return () if nodes == (_EMPTY_NODE,) else nodes


def _block_text(which: int | bytes | Tag) -> str:
    return hexadecimal(which) if isinstance(which, bytes) else str(which)


def _revert_reason(data: object) -> str | None:
    """The text of `Error(string)`, as an endpoint hands it on in an error's data."""
    try:
        raw = octets(data, None, "data")
    except ValueError:
        return None
    if raw[:4] != _REASON_SELECTOR or len(raw) < 68:
        return None
    length = int.from_bytes(raw[36:68])
    return raw[68 : 68 + min(length, chain_message_length_chars_max)].decode(errors="replace")


def _discreet(text: str) -> str:
    """An endpoint's own words, fit for one line; long ones (calldata) are left out."""
    kept = "".join(letter if letter.isprintable() else " " for letter in text)
    words = [word if len(word) <= 80 else "…" for word in kept.split()]
    return " ".join(words)[:chain_message_length_chars_max]
