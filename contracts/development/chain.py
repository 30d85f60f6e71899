"""A chain of real blocks in this process, one a transaction. Its JSON-RPC and tests call it.

For development: whoever can reach it owns its funded accounts.
"""

import sqlite3
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import rlp  # type: ignore[import-untyped]  # it has no types
from eth.abc import BlockHeaderAPI, LogAPI, SignedTransactionAPI, StateAPI
from eth.consensus.context import ConsensusContext
from eth.constants import BLANK_ROOT_HASH
from eth.db.chain import ChainDB
from eth.rlp.accounts import Account
from eth.vm.chain_context import ChainContext
from eth_hash.auto import keccak as keccak256
from eth_typing import Address, BlockNumber
from rlp.exceptions import RLPException  # type: ignore[import-untyped]  # it has no types
from trie.hexary import HexaryTrie

from contracts.development.admission import decode_transaction, refuse_unfit
from contracts.development.database import ChainDatabase
from contracts.development.errors import InvalidParameters, StateFileRefused
from contracts.development.fork import VM, Header
from contracts.development.limits import (
    account_balance_wei,
    base_fee_first_wei,
    block_gas_max,
    chain_id_default,
    response_items_max,
    response_size_bytes_max,
)
from contracts.development.records import LoggedEvent, LogQuery, Mined
from contracts.development_accounts import development_accounts

_EXTRA: Final = b"satchel development chain"


class DevelopmentChain:
    """Blocks, state and logs, in a file or in memory. Hold `lock` around a series of calls."""

    def __init__(
        self,
        chain_id: int | None = None,
        *,
        clock: Callable[[], float],
        database: Path | None = None,
        finality_blocks: int = 0,
        balances: Mapping[bytes, int] | None = None,
    ) -> None:
        """Open the chain in the file, or begin one.

        Without `chain_id` the file's own is taken, or 31337 for a new chain.
        `clock` gives seconds since 1970; a block takes them, and at least one more than its parent.
        `finality_blocks` is how far `finalized` and `safe` stay behind the head: with one block
        a transaction and nobody to disagree, every block is final at once.
        `balances` are the funds of a new chain, of the development accounts unless given.
        Raises StateFileRefused.
        """
        self.lock = threading.RLock()
        self.finality_blocks = finality_blocks
        self._clock = clock
        self._database = ChainDatabase(database)
        self._nodes = ChainDB(self._database)
        try:
            self._open(chain_id, balances)
        except (sqlite3.DatabaseError, RLPException) as error:
            self._database.close()
            raise StateFileRefused(f"it is damaged: {error}") from error
        except BaseException:
            self._database.close()
            raise

    def _open(self, chain_id: int | None, balances: Mapping[bytes, int] | None) -> None:
        found = self._fact("chain_id")
        self.chain_id = chain_id or found or chain_id_default
        self._context = ChainContext(self.chain_id)
        if found is None:
            if balances is None:
                balances = {of.address: account_balance_wei for of in development_accounts()}
            self._begin(balances)
        elif found != self.chain_id:
            raise StateFileRefused(f"it is a chain with id {found}, not {self.chain_id}")
        self.time_offset_seconds = self._fact("time_offset_seconds") or 0
        newest = self._one("SELECT max(number) FROM blocks")
        if newest is None or newest[0] is None:
            raise StateFileRefused("it has no block")
        self._head = self.header(int(newest[0]))

    def _begin(self, balances: Mapping[bytes, int]) -> None:
        with self._database.block():
            zero = BlockNumber(0)
            blank = Header(difficulty=0, block_number=zero, gas_limit=block_gas_max, timestamp=0)
            state = VM.build_state(self._database, blank, self._context)
            for address, balance in balances.items():
                state.set_balance(Address(address), balance)
            state.persist()
            header = Header(
                difficulty=0,
                block_number=zero,
                gas_limit=block_gas_max,
                timestamp=int(self._clock()),
                state_root=state.state_root,
                transaction_root=BLANK_ROOT_HASH,
                receipt_root=BLANK_ROOT_HASH,
                nonce=bytes(8),
                extra_data=_EXTRA,
                base_fee_per_gas=base_fee_first_wei,
            )
            self._keep_header(header)
            self._keep_fact("chain_id", self.chain_id)

    def close(self) -> None:
        """Close its file. Everything acknowledged is in it already."""
        with self.lock:
            self._database.close()

    # What it holds.

    @property
    def head(self) -> BlockHeaderAPI:
        """The header of the newest block."""
        return self._head

    @property
    def finalized_number(self) -> int:
        """The newest block that will stay."""
        return max(0, self._head.block_number - self.finality_blocks)

    @property
    def node_database(self) -> ChainDatabase:
        """Trie nodes and code by hash, for proofs."""
        return self._database

    def header(self, number: int) -> BlockHeaderAPI:
        """The header of a block, or KeyError."""
        row = self._one("SELECT header FROM blocks WHERE number = ?", number)
        if row is None:
            raise KeyError(number)
        header: BlockHeaderAPI = rlp.decode(row[0], sedes=Header)
        return header

    def number_of(self, block_hash: bytes) -> int | None:
        """The number of the block with this hash."""
        row = self._one("SELECT number FROM blocks WHERE hash = ?", block_hash)
        return None if row is None else int(row[0])

    def next_header(self) -> BlockHeaderAPI:
        """The header that a block made now begins with."""
        wanted = int(self._clock()) + self.time_offset_seconds
        made: BlockHeaderAPI = VM.create_header_from_parent(
            self._head,
            timestamp=max(wanted, self._head.timestamp + 1),
            gas_limit=block_gas_max,
            coinbase=bytes(20),
            extra_data=_EXTRA,
            # Nothing here is random: whoever reads it must not think so.
            mix_hash=keccak256(self._head.hash),
        )
        return made

    def state_at(self, number: int) -> StateAPI:
        """The state after a block. What is done to it is lost."""
        return self.state_for(self.header(number))

    def state_for(self, header: BlockHeaderAPI) -> StateAPI:
        """The state whose root the header names, run in that header's surroundings."""
        return VM.build_state(
            self._database,
            header,
            self._context,
            VM.get_prev_hashes(header.parent_hash, self._nodes) or (),
        )

    def storage_root(self, address: Address, header: BlockHeaderAPI) -> bytes:
        """The root of an account's storage after this block."""
        account = HexaryTrie(self._database, header.state_root).get(keccak256(address))
        return (
            bytes(rlp.decode(account, sedes=Account).storage_root) if account else BLANK_ROOT_HASH
        )

    def transaction(self, transaction_hash: bytes) -> Mined | None:
        """A mined transaction by its hash."""
        return self._mined("hash = ?", transaction_hash)

    def transaction_in(self, number: int) -> Mined | None:
        """The transaction of a block, if it has one."""
        return self._mined("block = ?", number)

    def logs(self, query: LogQuery) -> list[LoggedEvent]:
        """Events in the order of the chain; InvalidParameters where they are too many."""
        where = ["block BETWEEN ? AND ?"]
        values: list[object] = [query.first, query.last]
        choices = [("address", query.addresses)]
        choices += [(f"topic{at}", chosen) for at, chosen in enumerate(query.topics[:4])]
        for column, chosen in choices:
            if chosen:
                where.append(f"{column} IN ({', '.join('?' * len(chosen))})")
                values += chosen
        # A topic asked for must be there, even where any value will do.
        where += [f"topic{at} IS NOT NULL" for at in range(len(query.topics[:4]))]
        rows = self._database.connection.execute(
            "SELECT block, position, address, topic0, topic1, topic2, topic3, data FROM logs"  # noqa: S608 -- columns are ours
            f" WHERE {' AND '.join(where)} ORDER BY block, position LIMIT ?",
            (*values, response_items_max + 1),
        )
        found: list[LoggedEvent] = []
        size_bytes = 0
        for block, position, address, *topics, data in rows:
            size_bytes += len(data)
            if len(found) == response_items_max or size_bytes > response_size_bytes_max:
                raise InvalidParameters(
                    f"more than {response_items_max} logs, or too large: ask for fewer blocks"
                )
            kept = tuple(topic for topic in topics if topic is not None)
            found.append(LoggedEvent(block, position, address, kept, data))
        return found

    # What changes it.

    def take(self, encoded: bytes) -> bytes:
        """Mine a signed transaction; returns its hash. Raises TransactionRefused.

        When it returns, the block is on disk. A transaction that fails is in its block, and paid.
        """
        transaction = decode_transaction(encoded)
        with self.lock:
            header = self.next_header()
            refuse_unfit(transaction, self.state_for(header), header, self.chain_id)
            self._mine(header, transaction, encoded)
        return bytes(transaction.hash)

    def mine(self, *, at_seconds: int | None = None) -> None:
        """Add an empty block, at a time of its own if given (later than its parent's)."""
        with self.lock:
            header = self.next_header()
            if at_seconds is not None:
                if at_seconds <= self._head.timestamp:
                    raise InvalidParameters("a block is later than its parent")
                header = header.copy(timestamp=at_seconds)
            self._mine(header, None, b"")

    def keep_up(self, age_seconds_max: float) -> bool:
        """Add an empty block if the newest is older than this; whether it did.

        On a chain without visitors nothing would tell how late it is.
        """
        with self.lock:
            now = self._clock() + self.time_offset_seconds
            if now - self._head.timestamp <= age_seconds_max:
                return False
            self.mine()
            return True

    def shift_time(self, seconds: int) -> int:
        """Let blocks be this much later than the clock from now on; returns the whole shift."""
        with self.lock, self._database.block():
            self.time_offset_seconds += seconds
            self._keep_fact("time_offset_seconds", self.time_offset_seconds)
        return self.time_offset_seconds

    def cut(self, number: int) -> None:
        """Forget all blocks after this one, as a reorganisation would. For tests."""
        with self.lock:
            header = self.header(number)
            with self._database.block():
                for table in ("logs", "transactions"):
                    self._run(f"DELETE FROM {table} WHERE block > ?", number)  # noqa: S608
                self._run("DELETE FROM blocks WHERE number > ?", number)
            self._head = header

    def _mine(
        self, header: BlockHeaderAPI, transaction: SignedTransactionAPI | None, encoded: bytes
    ) -> None:
        vm = VM(header, self._nodes, self._context, ConsensusContext(self._database))
        transactions = () if transaction is None else (transaction,)
        with self._database.block():
            applied, receipts, computations = vm.apply_all_transactions(transactions, header)
            filled = vm.set_block_transactions_and_withdrawals(
                vm.get_block(), applied, transactions, receipts
            )
            mined = vm.mine_block(filled).block.header
            self._keep_header(mined)
            if transaction is not None:
                created = None if transaction.to else computations[0].msg.storage_address
                self._run(
                    "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?)",
                    transaction.hash,
                    mined.block_number,
                    encoded,
                    transaction.sender,
                    int(receipts[0].state_root == b"\x01"),
                    mined.gas_used,
                    created,
                )
                self._keep_logs(mined.block_number, receipts[0].logs)
        self._head = mined

    # Rows.

    def _keep_header(self, header: BlockHeaderAPI) -> None:
        encoded = rlp.encode(header)
        self._database[header.hash] = encoded
        self._run("INSERT INTO blocks VALUES (?, ?, ?)", header.block_number, header.hash, encoded)

    def _keep_logs(self, number: int, logs: Sequence[LogAPI]) -> None:
        for position, log in enumerate(logs):
            topics: list[bytes | None] = [topic.to_bytes(32, "big") for topic in log.topics]
            topics += [None] * (4 - len(topics))
            row = (number, position, log.address, *topics, log.data)
            self._run("INSERT INTO logs VALUES (?, ?, ?, ?, ?, ?, ?, ?)", *row)

    def _mined(self, where: str, value: object) -> Mined | None:
        row = self._one(
            "SELECT hash, block, encoded, sender, status, gas_used, created FROM transactions"  # noqa: S608 -- the condition is ours
            f" WHERE {where}",
            value,
        )
        if row is None:
            return None
        made, block, encoded, sender, status, gas_used, created = row
        return Mined(made, block, encoded, sender, bool(status), gas_used, created)

    def _fact(self, name: str) -> int | None:
        row = self._one("SELECT value FROM facts WHERE name = ?", name)
        return None if row is None else int(row[0])

    def _keep_fact(self, name: str, value: int) -> None:
        self._run("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, value)

    def _run(self, statement: str, *values: object) -> None:
        self._database.connection.execute(statement, values)

    def _one(self, statement: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._database.connection.execute(
            statement, values
        ).fetchone()
        return row
