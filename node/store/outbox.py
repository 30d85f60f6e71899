"""What shall be done on chain, kept until it is: anybody puts intents here, the outbox relays them.

`put` belongs in the transaction of the act that it speaks of, so that both happen or neither.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from node.registry.intent import Intent, decode_effect
from node.store.database import Database, Row


class Stage(StrEnum):
    """How far an intent has come."""

    WAITING = "waiting"
    """To be sent; the reason says why it was not, if that was tried."""
    SENT = "sent"
    """Given to a chain, or about to be: what was noted before sending is sent again, as it is."""
    SEEN = "seen"
    """Its effect is on chain, in a block that is not final yet."""
    DONE = "done"
    """Its effect is on chain, in a final block."""
    FAILED = "failed"
    """It can never succeed; the reason says why."""


@dataclass(frozen=True, slots=True)
class Sending:
    """A transaction as it was noted before it was sent, so that it is sent once."""

    payer: bytes
    """20 bytes: who pays."""
    nonce: int
    """The payer's number of it: a chain takes one transaction a number."""
    raw: bytes
    """The signed transaction; empty where the chain signs for a development account."""
    hash: bytes
    """32 bytes, or empty while a chain that signs by itself has not said."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One intent of the outbox with what became of it."""

    number: int
    intent: Intent
    put_at_seconds: int
    stage: Stage
    reason: str
    sending: Sending | None
    seen_block: int | None
    seen_hash: bytes | None


_SELECT = (
    "SELECT number, kind, contract, calldata, effect, label, ordered, expires_at, put_at, stage,"
    " reason, payer, nonce, raw, hash, seen_block, seen_hash FROM outbox"
)


class Outbox:
    """Intents in the order in which they were put."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def put(self, intent: Intent, now_seconds: int) -> int:
        """Keep an intent and return its number; the same call is kept once."""
        with self._database.transaction():
            known: int | None = self._database.value(
                "SELECT number FROM outbox WHERE key = ?", (intent.key,)
            )
            if known is not None:
                return known
            return self._database.insert(
                "INSERT INTO outbox (key, kind, contract, calldata, effect, label, ordered,"
                " expires_at, put_at, stage, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
                (
                    intent.key,
                    intent.kind,
                    str(intent.contract),
                    intent.calldata,
                    intent.effect.encoded(),
                    intent.label,
                    intent.order,
                    intent.expires_at_seconds,
                    now_seconds,
                    str(Stage.WAITING),
                ),
            )

    def get(self, number: int) -> Kept | None:
        """One intent, or None."""
        row = self._database.row(f"{_SELECT} WHERE number = ?", (number,))
        return None if row is None else _kept(row)

    def of_order(self, order: bytes) -> list[Kept]:
        """The intents of one order key, in order: a new one goes on from the last one's effect."""
        return self._select("WHERE ordered = ?", (order,))

    def waiting(self) -> list[Kept]:
        """The intents that are not done for good and may still be, in order."""
        ended = (str(Stage.DONE), str(Stage.FAILED))
        return self._select("WHERE stage NOT IN (?, ?)", ended)

    def all(self) -> list[Kept]:
        """Every intent, in order."""
        return self._select("", ())

    def counts(self) -> dict[str, int]:
        """How many intents are at each stage."""
        rows = self._database.rows("SELECT stage, count(*) FROM outbox GROUP BY stage")
        return {str(stage): 0 for stage in Stage} | dict(rows)

    def note_sending(self, number: int, sending: Sending) -> None:
        """Note a transaction, before it is sent or when its hash is known."""
        self._database.write(
            "UPDATE outbox SET stage = ?, reason = '', payer = ?, nonce = ?, raw = ?, hash = ?,"
            " seen_block = NULL, seen_hash = NULL WHERE number = ?",
            (
                str(Stage.SENT),
                sending.payer,
                sending.nonce,
                sending.raw,
                sending.hash,
                number,
            ),
        )

    def note_seen(self, number: int, block: int, block_hash: bytes) -> None:
        """Note that the effect was seen in the state after a block."""
        self._database.write(
            "UPDATE outbox SET stage = ?, reason = '', seen_block = ?, seen_hash = ?"
            " WHERE number = ?",
            (str(Stage.SEEN), block, block_hash, number),
        )

    def note_stage(self, number: int, stage: Stage, reason: str = "") -> None:
        """Note a stage and why; what was sent stays noted."""
        self._database.write(
            "UPDATE outbox SET stage = ?, reason = ? WHERE number = ?", (str(stage), reason, number)
        )

    def reopen_after(self, block: int) -> None:
        """What was done for good after a block is in question again: the chain was rewritten."""
        self._database.write(
            "UPDATE outbox SET stage = ? WHERE stage = ? AND seen_block > ?",
            (str(Stage.SEEN), str(Stage.DONE), block),
        )

    def forget_sending(self, number: int, reason: str) -> None:
        """Let go of a transaction that no chain will take any more: another is made."""
        self._database.write(
            "UPDATE outbox SET stage = ?, reason = ?, payer = NULL, nonce = NULL, raw = NULL,"
            " hash = NULL, seen_block = NULL, seen_hash = NULL WHERE number = ?",
            (str(Stage.WAITING), reason, number),
        )

    def _select(self, where: str, parameters: Iterable[object]) -> list[Kept]:
        rows = self._database.rows(f"{_SELECT} {where} ORDER BY number", tuple(parameters))
        return [_kept(row) for row in rows]


def _kept(row: Row) -> Kept:
    number, kind, contract, calldata, effect, label, order, expires_at, put_at, stage, reason = row[
        :11
    ]
    payer, nonce, raw, hash_, seen_block, seen_hash = row[11:]
    return Kept(
        number=number,
        intent=Intent(kind, contract, calldata, decode_effect(effect), label, order, expires_at),
        put_at_seconds=put_at,
        stage=Stage(stage),
        reason=reason,
        sending=None if payer is None else Sending(payer, nonce, raw, hash_),
        seen_block=seen_block,
        seen_hash=seen_hash,
    )
