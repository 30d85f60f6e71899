"""Facts of the registry with their proofs, monotone per slot; taken from chains, peers and files.

A revocation is taken from any valid proof of any age, for ever. Another value is the newest
block's. What cannot be right (a block dated ahead of the clock, a number with two hashes, signers
who were replaced) is used for revocations only, with an alarm. Verdicts are never kept.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from contracts.loader import Name
from contracts.slots import signers_slot
from node.registry.checkpoint import Checkpoint, decode_checkpoint
from node.registry.errors import SignedBefore, SignersNotNamed
from node.registry.fact import FactKey, HeldFact, is_revocation
from node.registry.limits import (
    alarms_max,
    checkpoint_ahead_seconds_max,
    checkpoints_signed_kept_max,
    snapshots_aside_max,
)
from node.registry.network import CONTRACTS, Network
from node.registry.signer_change import SignerChange, decode_signer_change, verify_changes
from node.registry.signers import SignerSet
from node.registry.snapshot import Snapshot, Verified, decode_snapshot
from node.store.database import Database, Row
from sync import codec
from sync.header import Anchor


class AlarmKind(StrEnum):
    """What cannot be right."""

    AHEAD = "ahead"
    """A block dated ahead of this node's clock: one of both is wrong."""
    DISAGREES = "disagrees"
    """One block number was signed with two hashes."""
    REPLACED = "replaced"
    """Signers who were replaced sign on, or two sets claim to have replaced one."""
    UNDONE = "undone"
    """A newer block has a revocation undone, which no contract allows."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that people must look at."""

    kind: AlarmKind
    block: int
    block_hash: bytes
    at_seconds: int
    """When it was first seen, by this node's clock."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a snapshot brought."""

    new: tuple[HeldFact, ...]
    """Facts whose value was not known so before, and those seen again in a newer block."""
    changed: frozenset[FactKey]
    """Those of them whose value is another than before, or was not known."""
    alarms: tuple[Alarm, ...]
    """Raised by it, those raised before by the same block left out."""


class _Standing(StrEnum):
    """What a checkpoint is good for."""

    GOOD = "good"
    AHEAD = "ahead"
    DISPUTED = "disputed"
    REPLACED = "replaced"


_CHANGES: Final = "registry.signer_changes"
_SIGNED: Final = "registry.signed"


class RegistryFacts:
    """The facts that this node holds, each with a snapshot that proves it."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def take(self, snapshot: Snapshot, verified: Verified, now_seconds: int) -> Taken:
        """Keep what a verified snapshot brings; the order in which they come makes no revocation
        less, and a newer block is never displaced by an older one.
        """  # noqa: D205
        with self._database.transaction():
            raised: list[Alarm] = []
            standing = self._judge(snapshot, verified, now_seconds, raised)
            facts = self._news(verified, standing, now_seconds, raised)
            changed = frozenset(key for key, value in facts.items() if self._word(key) != value)
            if facts:
                whole = facts.keys() == verified.facts.keys()  # which proves nothing beside
                self._keep(snapshot if whole else snapshot.only(facts.keys()), verified, facts)
            if standing is _Standing.AHEAD:
                self._put_aside(snapshot, verified)
        held = (
            HeldFact(key, value, verified.block, verified.block_hash, verified.timestamp_seconds)
            for key, value in facts.items()
        )
        return Taken(tuple(held), changed, tuple(raised))

    def reconsider(self, network: Network, now_seconds: int) -> Taken:
        """Take what was set aside as dated ahead, as far as the clock allows it by now."""
        until = now_seconds + checkpoint_ahead_seconds_max
        rows = self._database.rows(
            "SELECT block, hash, encoded FROM registry_aside WHERE timestamp <= ? ORDER BY block",
            (until,),
        )
        new: list[HeldFact] = []
        changed: frozenset[FactKey] = frozenset()
        alarms: list[Alarm] = []
        for block, block_hash, encoded in rows:
            with self._database.transaction():
                self._database.write(
                    "DELETE FROM registry_aside WHERE block = ? AND hash = ?", (block, block_hash)
                )
                snapshot = decode_snapshot(encoded)
                taken = self.take(snapshot, snapshot.verify(network), now_seconds)
            new += taken.new
            changed |= taken.changed
            alarms += taken.alarms
        return Taken(tuple(new), changed, tuple(alarms))

    def get(self, key: FactKey) -> HeldFact | None:
        """What is held of a fact; None where nothing was ever proven of it."""
        row = self._database.row(
            "SELECT f.contract, f.slot, f.word, s.block, s.hash, s.timestamp"
            " FROM registry_facts f JOIN registry_snapshots s ON s.id = f.snapshot"
            " WHERE f.contract = ? AND f.slot = ?",
            (CONTRACTS.index(key.contract), key.slot),
        )
        return None if row is None else _fact(row)

    def all(self) -> list[HeldFact]:
        """Every fact that is held."""
        rows = self._database.rows(
            "SELECT f.contract, f.slot, f.word, s.block, s.hash, s.timestamp"
            " FROM registry_facts f JOIN registry_snapshots s ON s.id = f.snapshot"
            " ORDER BY f.contract, f.slot"
        )
        return [_fact(row) for row in rows]

    def revoked(self) -> frozenset[FactKey]:
        """The credentials that are proven revoked."""
        rows = self._database.rows(
            "SELECT contract, slot FROM registry_facts WHERE revoked = 1 AND contract = ?",
            (CONTRACTS.index(Name.ACCREDITATION),),
        )
        return frozenset(FactKey(CONTRACTS[contract], slot) for contract, slot in rows)

    def adopted(self) -> tuple[Anchor, int] | None:
        """The newest checkpoint that nothing speaks against, with its block's time in seconds."""
        row = self._database.row(
            "SELECT chain, block, hash, timestamp FROM registry_checkpoints WHERE standing = ?"
            " ORDER BY block DESC LIMIT 1",
            (_Standing.GOOD,),
        )
        return None if row is None else (Anchor(*row[:3]), row[3])

    def contradict(self, adopted: Anchor, now_hash: bytes, now_seconds: int) -> None:
        """Stop believing a checkpoint whose block is not the chain's any more, with an alarm.

        For a node that vouches alone: what k others vouch for, no endpoint can contradict.
        """
        with self._database.transaction():
            self._disbelieve(
                _Standing.DISPUTED, "block = ? AND hash = ?", (adopted.block, adopted.hash)
            )
            self._database.write(
                "INSERT OR IGNORE INTO registry_alarms (kind, block, hash, at) VALUES (?, ?, ?, ?)",
                (AlarmKind.DISAGREES, adopted.block, now_hash, now_seconds),
            )

    def snapshots_for(self, keys: Iterable[FactKey]) -> list[Snapshot]:
        """Snapshots that together prove what is held of these facts, to be passed on."""
        wanted: dict[int, list[FactKey]] = {}
        for key in keys:
            row = self._database.row(
                "SELECT snapshot FROM registry_facts WHERE contract = ? AND slot = ?",
                (CONTRACTS.index(key.contract), key.slot),
            )
            if row is not None:
                wanted.setdefault(row[0], []).append(key)
        return [
            self._snapshot(number).only(frozenset(listed))
            for number, listed in sorted(wanted.items())
        ]

    def signer_changes(self) -> tuple[SignerChange, ...]:
        """The longest proven chain of signer changes, which new snapshots begin with."""
        encoded = self._database.value("SELECT value FROM settings WHERE key = ?", (_CHANGES,))
        if encoded is None:
            return ()
        return tuple(decode_signer_change(change) for change in codec.decode(encoded))

    def signers(self, network: Network) -> SignerSet:
        """The checkpoint signers in charge, as far as this node knows."""
        changes = self.signer_changes()
        return changes[-1].signers if changes else network.signer_set

    def names_others(self, network: Network) -> bool:
        """Whether the registry is proven to name other signers than those that are followed."""
        held = self.get(FactKey(Name.ACCREDITATION, signers_slot()))
        return held is not None and held.value != int.from_bytes(self.signers(network).hash)

    def follow(self, network: Network, new: SignerSet) -> SignerChange:
        """Adopt the signers that the registry names, by the proof of it that is held.

        Raises SignersNotNamed.
        """
        key = FactKey(Name.ACCREDITATION, signers_slot())
        held = self.get(key)
        proofs = self.snapshots_for([key])
        if held is None or held.value != int.from_bytes(new.hash) or new == self.signers(network):
            raise SignersNotNamed
        (proof,) = proofs
        change = SignerChange(new, proof.checkpoint, proof.header, proof.nodes)
        changes = (*proof.changes, change)
        verify_changes(network, changes)
        with self._database.transaction():
            if [one.signers for one in proof.changes] != [
                one.signers for one in self.signer_changes()
            ]:
                raise SignersNotNamed  # proven under signers who were replaced since
            self._adopt(changes)
        return change

    def signed(self) -> list[Checkpoint]:
        """The checkpoints that this node itself signed, the latest last."""
        encoded = self._database.value("SELECT value FROM settings WHERE key = ?", (_SIGNED,))
        values = [] if encoded is None else codec.decode(encoded)
        return [decode_checkpoint(value) for value in values]

    def note_signed(self, checkpoint: Checkpoint) -> None:
        """Remember what this node signed, before anybody else sees it.

        Raises SignedBefore for a block before the latest, or of its number with another hash: a
        signer gives its word once.
        """
        with self._database.transaction():
            signed = self.signed()
            if checkpoint in signed:
                return
            if signed and checkpoint.block <= signed[-1].block:
                raise SignedBefore(checkpoint.block, signed[-1].block)
            kept = [*signed, checkpoint][-checkpoints_signed_kept_max:]
            self._put(_SIGNED, codec.encode([one.values() for one in kept]))

    def alarms(self) -> list[Alarm]:
        """What people must look at, the first seen first."""
        rows = self._database.rows("SELECT kind, block, hash, at FROM registry_alarms ORDER BY id")
        return [Alarm(AlarmKind(kind), *rest) for kind, *rest in rows]

    def _judge(
        self, snapshot: Snapshot, verified: Verified, now_seconds: int, raised: list[Alarm]
    ) -> _Standing:
        """What the checkpoint is good for, written down with what follows for others."""
        standing = self._signers_standing(snapshot, verified, now_seconds, raised)
        others = self._database.rows(
            "SELECT 1 FROM registry_checkpoints WHERE block = ? AND hash <> ? AND standing <> ?",
            (verified.block, verified.block_hash, _Standing.REPLACED),
        )
        before = self._database.value(
            "SELECT standing FROM registry_checkpoints WHERE block = ? AND hash = ?",
            (verified.block, verified.block_hash),
        )
        if standing is _Standing.GOOD and (others or before == _Standing.DISPUTED):
            standing = _Standing.DISPUTED
            self._alarm(AlarmKind.DISAGREES, verified, now_seconds, raised)
            self._disbelieve(
                _Standing.DISPUTED,
                "block = ? AND standing <> ?",
                (verified.block, _Standing.REPLACED),
            )
        ahead = verified.timestamp_seconds > now_seconds + checkpoint_ahead_seconds_max
        # What was believed once stays so: a clock that was set back takes nothing away.
        if standing is _Standing.GOOD and ahead and before != _Standing.GOOD:
            standing = _Standing.AHEAD
            self._alarm(AlarmKind.AHEAD, verified, now_seconds, raised)
        self._database.write(
            "INSERT INTO registry_checkpoints (block, hash, chain, timestamp, sets, standing)"
            " VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET standing = excluded.standing, sets = excluded.sets",
            (
                verified.block,
                verified.block_hash,
                verified.chain,
                verified.timestamp_seconds,
                len(verified.signer_sets),
                standing,
            ),
        )
        return standing

    def _signers_standing(
        self, snapshot: Snapshot, verified: Verified, now_seconds: int, raised: list[Alarm]
    ) -> _Standing:
        """Whether the signers who vouched were in charge; a longer chain of changes is adopted."""
        held = self.signer_changes()
        theirs = verified.signer_sets[1:]
        ours = tuple(change.signers for change in held)
        common = min(len(ours), len(theirs))
        if ours[:common] != theirs[:common]:
            self._alarm(AlarmKind.REPLACED, verified, now_seconds, raised)
            return _Standing.REPLACED
        kept = tuple(
            min(pair, key=lambda change: change.checkpoint.block)
            for pair in zip(held, snapshot.changes, strict=False)
        )
        longer = held if len(held) > len(snapshot.changes) else snapshot.changes
        changes = kept + tuple(longer[common:])
        if changes != held:
            self._adopt(changes)
        if len(theirs) < len(changes) and verified.block > changes[len(theirs)].checkpoint.block:
            self._alarm(AlarmKind.REPLACED, verified, now_seconds, raised)
            return _Standing.REPLACED
        return _Standing.GOOD

    def _adopt(self, changes: tuple[SignerChange, ...]) -> None:
        """Keep a chain of changes; what replaced signers signed after their time stops counting."""
        self._put(_CHANGES, codec.encode([change.values() for change in changes]))
        for place, change in enumerate(changes, 1):
            self._disbelieve(
                _Standing.REPLACED, "sets <= ? AND block > ?", (place, change.checkpoint.block)
            )

    def _disbelieve(
        self, standing: _Standing, condition: str, parameters: tuple[object, ...]
    ) -> None:
        """Give checkpoints another standing, and drop what is no revocation and rests on them."""
        rows = self._database.rows(
            f"SELECT block, hash FROM registry_checkpoints WHERE {condition}",  # noqa: S608
            parameters,
        )
        for block, block_hash in rows:
            self._database.write(
                "UPDATE registry_checkpoints SET standing = ? WHERE block = ? AND hash = ?",
                (standing, block, block_hash),
            )
            self._database.write(
                "DELETE FROM registry_facts WHERE revoked = 0 AND snapshot IN"
                " (SELECT id FROM registry_snapshots WHERE block = ? AND hash = ?)",
                (block, block_hash),
            )
        self._sweep()

    def _news(
        self, verified: Verified, standing: _Standing, now_seconds: int, raised: list[Alarm]
    ) -> dict[FactKey, int]:
        """The facts of a snapshot that are newer than, or stand above, what is held."""
        facts: dict[FactKey, int] = {}
        for key, value in verified.facts.items():
            held = self.get(key)
            revoked = is_revocation(key, value)
            if held is None:
                if revoked or standing is _Standing.GOOD:
                    facts[key] = value
            elif is_revocation(key, held.value):
                if revoked and standing is _Standing.GOOD and verified.block > held.block:
                    facts[key] = value  # a newer proof of the same
                elif not revoked and verified.block > held.block:
                    self._alarm(AlarmKind.UNDONE, verified, now_seconds, raised)
            elif revoked or (standing is _Standing.GOOD and verified.block > held.block):
                facts[key] = value
        return facts

    def _keep(self, snapshot: Snapshot, verified: Verified, facts: dict[FactKey, int]) -> None:
        number = self._database.insert(
            "INSERT INTO registry_snapshots (block, hash, timestamp, encoded) VALUES (?, ?, ?, ?)",
            (verified.block, verified.block_hash, verified.timestamp_seconds, snapshot.encode()),
        )
        self._database.write_many(
            "INSERT INTO registry_facts (contract, slot, word, revoked, snapshot)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET"
            " word = excluded.word, revoked = excluded.revoked, snapshot = excluded.snapshot",
            [
                (
                    CONTRACTS.index(key.contract),
                    key.slot,
                    value.to_bytes(32),
                    is_revocation(key, value),
                    number,
                )
                for key, value in facts.items()
            ],
        )
        self._sweep()

    def _sweep(self) -> None:
        """Forget snapshots by which nothing is proven any more."""
        self._database.write(
            "DELETE FROM registry_snapshots WHERE id NOT IN (SELECT snapshot FROM registry_facts)"
        )

    def _put_aside(self, snapshot: Snapshot, verified: Verified) -> None:
        self._database.write(
            "INSERT OR REPLACE INTO registry_aside (block, hash, timestamp, encoded)"
            " VALUES (?, ?, ?, ?)",
            (verified.block, verified.block_hash, verified.timestamp_seconds, snapshot.encode()),
        )
        self._database.write(
            "DELETE FROM registry_aside WHERE (block, hash) NOT IN"
            " (SELECT block, hash FROM registry_aside ORDER BY timestamp LIMIT ?)",
            (snapshots_aside_max,),
        )

    def _put(self, name: str, value: bytes) -> None:
        self._database.write(
            "INSERT INTO settings (key, value) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def _word(self, key: FactKey) -> int | None:
        held = self.get(key)
        return None if held is None else held.value

    def _snapshot(self, number: int) -> Snapshot:
        return decode_snapshot(
            self._database.value("SELECT encoded FROM registry_snapshots WHERE id = ?", (number,))
        )

    def _alarm(
        self, kind: AlarmKind, verified: Verified, now_seconds: int, raised: list[Alarm]
    ) -> None:
        """Raise an alarm, once a kind and block."""
        fresh = self._database.write(
            "INSERT OR IGNORE INTO registry_alarms (kind, block, hash, at) VALUES (?, ?, ?, ?)",
            (kind, verified.block, verified.block_hash, now_seconds),
        )
        if fresh:
            raised.append(Alarm(kind, verified.block, verified.block_hash, now_seconds))
            self._database.write(
                "DELETE FROM registry_alarms WHERE id NOT IN"
                " (SELECT id FROM registry_alarms ORDER BY id DESC LIMIT ?)",
                (alarms_max,),
            )


def _fact(row: Row) -> HeldFact:
    contract, slot, word, block, block_hash, timestamp = row
    key = FactKey(CONTRACTS[contract], slot)
    return HeldFact(key, int.from_bytes(word), block, block_hash, timestamp)
