"""Carries out the shreds whose hold is over, and checks that the bytes are gone.

Called when a node opens, after sessions, and now and then under `serve`. What is beyond the cut is
written again, and all that is to go goes, in one transaction of the store (AUTHORITY rule 18), so
that no crash leaves it half done; the check of the files follows, and is made up for at the next
start when it was cut off.
"""

import dataclasses
from collections.abc import Collection, Sequence

from node.application.charts import Charts
from node.application.context import Context
from node.application.destroying.hold import is_due, time_now, watch
from node.application.importing.attaching import resealed, sign_manifests
from node.limits import shred_compact_size_bytes_max, shred_reason_length_chars_min
from node.store.remnants import Remnants, samples_of, search_files
from node.store.shreds import WatchedShred
from node.store.store import Store
from sync.access.shredding import Shredding, condemned, epochs_of, shreddings
from sync.change import Entry
from sync.chart.author import Author
from sync.chart.replica import ChartReplica
from sync.chart.rewriting import beyond_cut, write_again
from sync.charter import CONTENT_LANE_NAMES
from sync.errors import AuthorityError
from sync.identifiers import ChartId, EpochId, EpochKey, LaneId, OperationId
from sync.operation import Operation


@dataclasses.dataclass(frozen=True)
class _Work:
    """What is to be done in one chart."""

    doomed: frozenset[OperationId]
    """Within the cuts of shreds that are due."""
    fresh: list[Operation]
    """Those of which the body was not destroyed here yet."""
    epochs: frozenset[tuple[LaneId, EpochId]]
    """Epochs whose keys are still held, or could be."""
    writable: list[tuple[Operation, Entry]]
    """Beyond the cut, and to be written again; with what they say."""
    waiting: list[Operation]
    """Beyond the cut, and not ours to write again: their epochs' keys wait."""


@dataclasses.dataclass
class _Done:
    """What was done in one chart."""

    written: int = 0
    waiting: int = 0
    keys: int = 0
    bodies: int = 0

    @property
    def anything(self) -> bool:
        """Whether the files have to be looked at."""
        return bool(self.written or self.keys or self.bodies)


class Shredder:
    """Destroys what is due. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, store_key: bytes) -> None:
        """`store_key` opens the store's files, for the check."""
        self._context = context
        self._charts = charts
        self._store_key = store_key
        self._words: set[bytes] = set()
        """Names and reasons of what was shredded, until the files were searched for them."""
        self._keys: list[bytes] = []
        """Keys that were destroyed, likewise."""

    def __repr__(self) -> str:
        """Show nothing: it may hold what is to be forgotten."""
        return "Shredder()"

    def run(self) -> int:
        """Do what is due; returns how many operations were written.

        Charts that were brought something are marked unsettled still: lists follow afterwards,
        and `check` after those.
        """
        store = self._context.store
        unsettled = store.unsettled.all()
        for chart in unsettled:
            self.learn(chart)
        known = {shred.chart for shred in store.shreds.all()}
        written = 0
        for chart in sorted({*store.shreds.charts_on_hold(), *known.intersection(unsettled)}):
            written += self._run_in(chart)
        return written

    def learn(self, chart: ChartId) -> None:
        """Note the shreds of a chart that are new here, and those that were cancelled since."""
        replica = self._charts.outline(chart)
        found = shreddings(replica.fold)
        if not found:
            return
        store = self._context.store
        held = {shred.act: shred for shred in store.shreds.of_chart(chart)}
        now = self._context.clock()
        with store.transaction():
            for one in found:
                shred = held.get(one.id) or self._newly_watched(replica, one, now)
                if one.id not in held or shred.cancelled != one.cancelled:
                    store.shreds.put(dataclasses.replace(shred, cancelled=one.cancelled))

    def _newly_watched(
        self, replica: ChartReplica, one: Shredding, now_milliseconds: int
    ) -> WatchedShred:
        names = {replica.charter.lane(name): name for name in CONTENT_LANE_NAMES}
        return WatchedShred(
            chart=replica.chart,
            act=one.id,
            root=one.by,
            lanes=tuple(name for lane, name in names.items() if lane in one.lanes),
            asked_at_milliseconds=one.asked_at_milliseconds,
            not_before_milliseconds=one.act.not_before_milliseconds,
            learnt_at_milliseconds=now_milliseconds,
            seen_at_milliseconds=time_now(self._context, now_milliseconds),
            watched_milliseconds=0,
        )

    def check(self) -> Remnants | None:
        """Search the files for what was destroyed since the last check; None when nothing was.

        Where something is left in a page that SQLite made room in, the file is written anew.
        """
        store = self._context.store
        unchecked = [
            shred
            for shred in store.shreds.all()
            if shred.began_at_milliseconds is not None and shred.checked_at_milliseconds is None
        ]
        if not unchecked:
            return None
        remnants = self._search()
        if remnants.found and store.database.path.stat().st_size <= shred_compact_size_bytes_max:
            store.compact()
            remnants = self._search()
        now = self._context.clock()
        with store.transaction():
            for shred in unchecked:
                store.shreds.put(
                    dataclasses.replace(
                        shred,
                        checked_at_milliseconds=now,
                        pages=remnants.pages,
                        found=remnants.found,
                    )
                )
                self._audit("shred checked", shred.chart)
            if not remnants.found:
                store.shreds.drop_samples()
        self._words.clear()
        self._keys.clear()
        return remnants

    def _search(self) -> Remnants:
        store = self._context.store
        store.checkpoint()
        shown = _shown(store) if self._words else set()
        return search_files(
            store.database.path,
            self._store_key,
            [*store.shreds.samples(), *self._keys],
            {word for word in self._words if not any(word in name for name in shown)},
            store.shreds.key_marks(),
        )

    def _run_in(self, chart: ChartId) -> int:
        watched = self._watch(chart)
        due = {shred.act for shred in watched if is_due(shred, self._context.clock())}
        if not due:
            return 0
        replica = self._charts.replica(chart)
        ordered = [one for one in shreddings(replica.fold) if not one.cancelled]
        work = self._plan(
            replica,
            [one for one in ordered if one.id in due],
            [one for one in ordered if one.id not in due],
        )
        return self._carry_out(replica, work, [shred for shred in watched if shred.act in due])

    def _watch(self, chart: ChartId) -> list[WatchedShred]:
        """The shreds of a chart that are not cancelled, with their holds brought up to now."""
        store = self._context.store
        self.learn(chart)
        now = self._context.clock()
        watched = []
        with store.transaction():
            for shred in store.shreds.of_chart(chart):
                if shred.cancelled:
                    continue
                moved = watch(self._context, shred, now)
                if moved != shred:
                    store.shreds.put(moved)
                watched.append(moved)
        return watched

    def _plan(
        self, replica: ChartReplica, due: Sequence[Shredding], others: Sequence[Shredding]
    ) -> _Work:
        store = self._context.store
        fold = replica.fold
        doomed = condemned(fold, due)
        destroyed = store.shreds.destroyed(replica.chart)
        retired = store.shreds.retired(replica.chart)
        epochs = frozenset(place for place in epochs_of(fold, doomed) if place[1] not in retired)
        lost = beyond_cut(replica, doomed, epochs)
        later = condemned(fold, others) if lost else frozenset()
        writable, waiting = [], []
        for operation in lost:
            entry = replica.entry(operation)
            # What waits for a person, or is to be shredded itself, must not be made new.
            ours = operation.id in fold.merged and operation.id not in later
            if entry is not None and ours:
                writable.append((operation, entry))
            else:
                waiting.append(operation)
        fresh = [replica.operations[one] for one in sorted(doomed - destroyed)]
        return _Work(doomed, fresh, epochs, writable, waiting)

    def _carry_out(self, replica: ChartReplica, work: _Work, due: Sequence[WatchedShred]) -> int:
        """Rule 18, in one transaction: written again first, and only then destroyed."""
        store = self._context.store
        chart = replica.chart
        words = {line.name.encode() for line in [store.faces.of_chart(chart)] if line}
        words |= {
            reason.encode()
            for reason in store.reasons.held(chart)
            if len(reason) >= shred_reason_length_chars_min
        }
        held = {epoch: key for epoch, (_, key) in replica.keyring.held.items()}
        done = _Done()
        try:
            with store.transaction():
                done.written, left = self._write_again(replica, work)
                waiting = [*work.waiting, *left]
                gone = work.epochs - {(one.prefix.lane, one.prefix.epoch) for one in waiting}
                done.waiting = len(waiting)
                done.keys = store.shreds.retire(chart, gone)
                done.bodies = self._destroy_contents(chart, work.fresh)
                if done.anything:
                    self._forget_derived(chart)
                    self._audit("shred", chart)
                self._note_done(due, done)
        finally:
            self._charts.forget(chart)  # keys and texts go from memory as well
        self._words |= words
        self._keys += [held[epoch] for _, epoch in gone if epoch in held]
        return done.written

    def _destroy_contents(self, chart: ChartId, operations: Sequence[Operation]) -> int:
        """Destroy bodies and attachments, keeping samples for the check; how many bodies."""
        store = self._context.store
        ids = {operation.id for operation in operations}
        bodies = [one.body for one in operations if one.body is not None]
        store.operations.destroy_bodies(chart, ids)
        pieces = _pieces_of(store, chart, ids)
        store.attachments.destroy_of(chart, ids)
        gone = [
            content
            for (lane, name), content in pieces.items()
            if store.attachments.piece(chart, lane, name) is None
        ]
        store.shreds.leave_samples(
            sample for content in (*bodies, *gone) for sample in samples_of(content)
        )
        return len(bodies)

    def _write_again(self, replica: ChartReplica, work: _Work) -> tuple[int, list[Operation]]:
        """How many operations were written, and what could not be written again."""
        if not work.writable:
            return 0, []
        author = self._charts.author(replica.chart)
        keys = {epoch: key for epoch, (_, key) in replica.keyring.held.items()}
        replica.keyring.retire(epoch for _, epoch in work.epochs)  # nothing new may lie under them
        ready, left = [], []
        for operation, entry in work.writable:
            moved = self._resealed(author, keys[operation.prefix.epoch], operation, entry)
            if moved is None:
                left.append(operation)
            else:
                ready.append((operation, moved))
        written, refused = write_again(author, ready)
        pairs = [(one, replica.entry(one)) for one in author.written]
        self._charts.keep(author)
        sign_manifests(self._context, [(one, entry) for one, entry in pairs if entry is not None])
        return written, left + refused

    def _resealed(
        self, author: Author, old: EpochKey, operation: Operation, entry: Entry
    ) -> Entry | None:
        """An entry with its attachments under the epoch to come; None when they cannot be moved."""
        if all(change.attachment is None for change in entry.changes):
            return entry
        lane = operation.prefix.lane
        try:
            new = author.place(lane).key
        except AuthorityError:
            return None
        return resealed(self._context, author.replica.chart, lane, old, new, entry)

    def _forget_derived(self, chart: ChartId) -> None:
        """Take out all that says anything of a chart; what is left makes it anew."""
        store = self._context.store
        store.resources.forget(chart)
        store.faces.remove(chart)
        store.matching.forget(chart)
        sealed = store.reasons.sealed(chart)
        store.shreds.leave_samples(sample for one in sealed for sample in samples_of(one))
        store.reasons.forget(chart)
        store.links.replace(chart, ())
        store.worklist.replace(chart, (), ())
        store.unsettled.mark(chart)

    def _note_done(self, due: Sequence[WatchedShred], done: "_Done") -> None:
        now = self._context.clock()
        for shred in due:
            begun = shred.began_at_milliseconds
            checked = now if begun is None else shred.checked_at_milliseconds
            self._context.store.shreds.put(
                dataclasses.replace(
                    shred,
                    began_at_milliseconds=now if begun is None else begun,
                    bodies=shred.bodies + done.bodies,
                    keys=shred.keys + done.keys,
                    written_again=shred.written_again + done.written,
                    waiting=done.waiting,
                    checked_at_milliseconds=None if done.anything else checked,
                )
            )

    def _audit(self, kind: str, chart: ChartId) -> None:
        self._context.store.audit.append(kind, chart, None, self._context.clock())


def _shown(store: Store) -> set[bytes]:
    """Words that other charts still have: to find them is no sign that something was left."""
    return {
        *(line.name.encode() for line in store.faces.all()),
        *(reason.encode() for reason in store.reasons.held()),
    }


def _pieces_of(
    store: Store, chart: ChartId, operations: Collection[OperationId]
) -> dict[tuple[LaneId, bytes], bytes]:
    """The sealed pieces of the attachments of operations, as far as they are here."""
    found = {}
    for lane in store.charts.lanes(chart).values():
        for manifest in store.attachments.manifests(chart, lane):
            if manifest.operation not in operations:
                continue
            for name in manifest.held:
                content = store.attachments.piece(chart, lane, name)
                if content is not None:
                    found[lane, name] = content
    return found
