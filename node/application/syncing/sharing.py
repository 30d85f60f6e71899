"""What a sync session may see of this node's charts, and what becomes of what it brings.

Implements `sync.session.replica.Replica` over the store for one session with one peer. Who is
entitled is read from the folds alone; verdicts of the registry refuse whole sessions elsewhere.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from node.application.access.admission import admit
from node.application.access.adoption import Adoption
from node.application.access.entitlements import Entitled
from node.application.access.granting import write_letter_for
from node.application.charts import Charts
from node.application.context import Context
from node.application.debts import note_lost
from node.application.lists import Lists
from node.application.organisation.own_devices import hand_to_own, is_own_device
from node.application.syncing.arriving import Arrivals
from node.application.syncing.crossed import Crossed
from node.application.syncing.following import Followed
from node.application.syncing.letter_room import with_room
from node.application.syncing.peer_digests import PeerDigests
from node.application.syncing.peer_notes import PeerNotes
from node.application.syncing.put_back import end_rules_again
from node.application.syncing.served_logs import ServedLogs
from node.application.syncing.shared_facts import registry_shelf
from node.application.syncing.shelf import StoredShelf
from node.limits import (
    pending_size_bytes_max,
    read_operations_max,
    session_charts_new_max,
)
from sync.access.fold import Fold
from sync.access.readers import key_holders, own_key
from sync.acts import BreakGlass
from sync.chart.replica import ChartReplica
from sync.charter import ACCESS
from sync.digest import LogSummary, PlaceDigest
from sync.errors import LetterError
from sync.identifiers import (
    ChartId,
    DeviceKey,
    InstanceId,
    LaneId,
    OperationId,
    SealingKey,
)
from sync.letter import Letter, open_letter, parse_letter
from sync.limits import letters_per_chart_max
from sync.note import Note
from sync.operation import Operation
from sync.session.registry_shelf import RegistryShelf
from sync.session.replica import Stage, Taken

TOO_MUCH = "too much of charts that were not granted came before it"
NOT_HELD = "its chart is not held here"
LETTERS_TOLD_MAX = 8
"""Letters of one author to one recipient that are told of: the newest say what older ones do."""


class SharedCharts:
    """One session's view of the store. Used under the node's one lock."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        lists: Lists,
        peer: DeviceKey,
        digests: PeerDigests | None = None,
    ) -> None:
        """Share with one peer; `digests` of it may be kept from session to session."""
        self._context = context
        self._charts = charts
        self._lists = lists
        self._peer = peer
        self._adopting: dict[ChartId, Adoption] = {}
        self._pending_bytes = 0
        self._shelf: StoredShelf | None = None
        self._facts: RegistryShelf | None = None
        self._crossed = Crossed(context)
        self._entitled = Entitled(context, charts, peer)
        self._logs = ServedLogs(context, charts, self._entitled)
        self._digests = digests or PeerDigests(context, charts, peer)
        self._arrivals = Arrivals(context, charts)
        self._notes = PeerNotes(context, charts, peer, self._is_served)

    # -- what is shared

    def places(self, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        """The lanes shared with the peer, summaries first."""
        return self._digests.places(stage)

    def shelf(self, peer: DeviceKey) -> StoredShelf:
        """The attachments of the content lanes that are shared."""
        if self._shelf is None:
            self._shelf = StoredShelf(
                self._context,
                lambda place: place.lane in self._entitled.shared_lanes(place.chart),
            )
        return self._shelf

    def registry(self, peer: DeviceKey) -> RegistryShelf:
        """The facts of the registry about whom the shared access lanes name."""
        if self._facts is None:
            self._facts = registry_shelf(self._context, self._charts, self._entitled, peer)
        return self._facts

    def vector(self, peer: DeviceKey, chart: ChartId, lane: LaneId) -> Sequence[LogSummary]:
        """The logs of a lane as far as the peer is served, the newest first."""
        return self._logs.vector(chart, lane)

    def letters(self, peer: DeviceKey, chart: ChartId, *, begins: bool = False) -> Sequence[bytes]:
        """A live peer gets the letters of the chart: its own, and others' to carry.

        Only those that can be of use, and the newest: a grantee that writes thousands to nobody
        must not make sessions too long for what others may say of letters.
        """
        if not self._entitled.of_peer(chart).lanes(self._context.clock()):
            return []
        if is_own_device(self._context, self._peer):
            hand_to_own(self._context, self._charts, chart)
        elif begins:
            self._write_to_peer(chart)
        fold = self._charts.outline(chart).fold
        known = _stated_keys(fold)
        told: Counter[tuple[DeviceKey, SealingKey]] = Counter()
        found: list[bytes] = []
        for letter in reversed(self._context.store.letters.of_chart(chart)):
            told[letter.author, letter.to] += 1
            if (
                letter.to in known
                and fold.was_granted(letter.author)
                and told[letter.author, letter.to] <= LETTERS_TOLD_MAX
            ):
                found.append(letter.encoded())
        return found[:letters_per_chart_max][::-1]

    def _write_to_peer(self, chart: ChartId) -> None:
        """Keep a letter to a live peer that holds nothing of a chart, where there is none.

        It opened the chart itself, so nobody had to write to it, and its disk was put back.
        """
        replica = self._charts.outline(chart)
        to = own_key(replica.fold, self._peer)
        holders = key_holders(replica.fold)
        letters = self._context.store.letters.of_chart(chart)
        if to is not None and not any(self._peer in holders.reach(one.to) for one in letters):
            with self._context.store.transaction():
                write_letter_for(self._context, replica, to)

    def read(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId, start: int
    ) -> Iterator[Operation]:
        """A log from a sequence on, ascending, as far as the peer is served now.

        A session may have begun before the peer was revoked.
        """
        for row, operation in self._rows(peer, chart, lane, instance, start):
            yield self._crossed.read(operation, row)

    def _rows(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId, start: int
    ) -> Iterator[tuple[int, Operation]]:
        after: tuple[int, bytes] = (start, b"")
        while True:
            limits = None
            if lane == self._context.store.charts.lanes(chart)[ACCESS]:
                limits = self._logs.limits(chart)
            elif lane not in self._entitled.shared_lanes(chart):
                return
            found = self._context.store.operations.of_log_after(
                chart, lane, instance, after, read_operations_max
            )
            for row, operation in found:
                if limits is None or operation.id in limits:
                    yield row, operation
            if len(found) < read_operations_max:
                return
            after = (found[-1][1].prefix.sequence, found[-1][1].id)

    def ids(
        self, peer: DeviceKey, chart: ChartId, lane: LaneId, instance: InstanceId
    ) -> Iterable[OperationId]:
        """The ids of a log, in the order of `read`."""
        for _, operation in self._rows(peer, chart, lane, instance, 0):
            yield operation.id

    def read_selected(
        self,
        peer: DeviceKey,
        chart: ChartId,
        lane: LaneId,
        instance: InstanceId,
        chosen: Collection[OperationId],
    ) -> Iterator[Operation]:
        """A log's chosen operations, in the order of `read`."""
        wanted = set(chosen)
        for row, operation in self._rows(peer, chart, lane, instance, 0):
            if operation.id in wanted:
                yield self._crossed.read(operation, row)

    def resources(self, operations: Sequence[Operation]) -> int:
        """How many readable resources are in operations that are sent."""
        return self._crossed.sent(operations)

    def received(self) -> int:
        """How many readable resources were in what was taken, once the node has settled."""
        return self._crossed.received()

    # -- what is taken

    def take_letters(self, peer: DeviceKey, chart: ChartId, letters: Sequence[bytes]) -> int:
        """Keep letters of charts that are held; one to this node begins a chart that is not.

        Of a chart that the peer has no part in, only those by somebody who has.
        """
        found = [letter for letter in map(_letter, letters) if letter and letter.chart == chart]
        store = self._context.store
        if store.charts.charter(chart) is not None:
            fold = self._charts.replica(chart).fold
            if not fold.was_granted(peer):
                found = [letter for letter in found if fold.was_granted(letter.author)]
            known = _stated_keys(fold) | {opener.public for opener in self._context.openers}
            found = with_room(fold, known, store.letters.pairs(chart), found)
            self._learn_access_keys(chart, found)
            with store.transaction():
                return sum(store.letters.add(letter) for letter in found)
        if chart in self._adopting:
            return self._adopting[chart].learn(found)
        if len(self._adopting) < session_charts_new_max:
            adoption = Adoption.begin(self._context, found)
            if adoption is not None:
                self._adopting[chart] = adoption
                return len(found)
        return 0

    def _learn_access_keys(self, chart: ChartId, letters: Sequence[Letter]) -> None:
        """Open what is addressed to this node by somebody who was ever granted the chart."""
        replica = self._charts.replica(chart)
        before = replica.fold
        openers = {opener.public: opener for opener in self._context.openers}
        for letter in letters:
            opener = openers.get(letter.to)
            if opener is None or not replica.fold.was_granted(letter.author):
                continue
            try:
                content = open_letter(letter, opener)
            except LetterError:
                continue
            for key in content.keys:
                replica.keyring.put(replica.access_lane, key)
            replica.open_access()
        if replica.fold is before:
            self._charts.keep_keys(replica)
            return
        # What could not be opened until now may be a revocation.
        with self._charts.trying(chart), self._context.store.transaction():
            self._charts.keep_keys(replica)
            note_lost(self._context, replica, before)
            self._context.store.unsettled.mark(chart)

    def take(self, peer: DeviceKey, operations: Sequence[Operation]) -> Taken:
        """Keep what has a right to be kept, in whole prefixes; durable when it returns."""
        by_chart: dict[ChartId, list[Operation]] = defaultdict(list)
        for operation in operations:
            by_chart[operation.prefix.chart].append(operation)
        taken: list[Operation] = []
        refused: Counter[str] = Counter()
        instance = self._context.instance
        try:
            with self._charts.trying(*by_chart), self._context.store.transaction():
                before = self._context.store.operations.last_row()
                plain: dict[ChartId, list[Operation]] = {}
                followed = Followed(self._context, self._charts, self._lists)
                for chart, listed in by_chart.items():
                    if self._is_held(chart) and self._arrivals.is_plain(chart, listed):
                        plain[chart] = listed
                    else:
                        taken += self._take_of(chart, listed, refused, followed)
                taken += self._arrivals.store(plain, refused, followed)
                followed.finish()
                self._notice_own(taken)
                after = self._context.store.operations.last_row()
                self._crossed.stored(by_chart, before, after)
        except BaseException:
            self._context.instance = instance
            raise
        return Taken(len(taken), 0, dict(refused))

    def _notice_own(self, taken: Sequence[Operation]) -> None:
        """Begin a new instance when a peer knows more of this one than we (DESIGN section 4).

        What this node had revoked by then, its standing rules give no more.

        The store was put back from a copy in a way that no token tells. Writing on would fork.
        """
        context = self._context
        own = [one for one in taken if one.prefix.device == context.identity.device]
        if own:
            end_rules_again(context, self._charts, own)
        if any(one.prefix.instance == context.instance for one in own):
            context.begin_instance()

    def level(self, peer: DeviceKey, stage: Stage) -> None:
        """Nothing to do: folds and places are computed when they are asked for."""

    # -- deposits and receipts

    def deposits(self, peer: DeviceKey) -> Iterable[Operation]:
        """This device's own operations in charts where it is live no longer (DESIGN 7.3)."""
        yield from self._notes.owed()
        own = set(self._context.store.own_instances.all())
        for chart in self._digests.parted():
            replica = self._charts.replica(chart)
            listed = [one for one in replica.operations.values() if one.prefix.instance in own]
            if len(listed) != self._deposited_count(peer, chart):
                yield from sorted(
                    listed,
                    key=lambda one: (one.prefix.lane, one.prefix.instance, one.prefix.sequence),
                )

    def take_deposits(self, peer: DeviceKey, operations: Sequence[Operation]) -> None:
        """Keep what the peer wrote itself, where it had the right; the answer is constant."""
        own = [one for one in operations if one.prefix.device == peer]
        held = set(self._charts.ids())
        self.take(peer, [one for one in own if one.prefix.chart in held])

    def deposited(self, peer: DeviceKey) -> None:
        """Remember that the peer has what was offered."""
        counts: Counter[ChartId] = Counter(one.prefix.chart for one in self.deposits(peer))
        with self._context.store.transaction():
            self._notes.owed_no_more()
            for chart, count in counts.items():
                self._context.store.settings.put_number(_deposit_setting(peer, chart), count)

    def notes(self, peer: DeviceKey) -> Sequence[bytes]:
        """What waits for the peer."""
        return self._notes.waiting()

    def take_notes(self, peer: DeviceKey, notes: Sequence[Note]) -> None:
        """Act on what the peer brings; it learns nothing of that."""
        self._notes.take(notes)

    def noted(self, peer: DeviceKey, notes: Sequence[bytes]) -> None:
        """Remember that the peer has these."""
        self._notes.handed_over(notes)

    def receipt(self, peer: DeviceKey, signed: bytes) -> None:
        """Keep the peer's receipt."""
        with self._context.store.transaction():
            self._context.store.meetings.keep_receipt(peer, signed, self._context.clock())

    # -- the ground under both

    def _deposited_count(self, peer: DeviceKey, chart: ChartId) -> int:
        return self._context.store.settings.get_number(_deposit_setting(peer, chart)) or 0

    def _is_served(self, chart: ChartId) -> bool:
        return bool(self._entitled.of_peer(chart).lanes(self._context.clock()))

    def _take_of(
        self,
        chart: ChartId,
        operations: list[Operation],
        refused: Counter[str],
        followed: Followed,
    ) -> list[Operation]:
        adoption = self._adopting.get(chart)
        if adoption is not None:
            size = sum(
                len(operation.header) + len(operation.body or b"") for operation in operations
            )
            if self._pending_bytes + size > pending_size_bytes_max:
                refused[TOO_MUCH] += len(operations)
                return []
            adopted = adoption.take(operations)
            if adopted is None:
                self._pending_bytes += size
                return []
            del self._adopting[chart]
            adoption.keep(self._context)
            if adoption.kept is not None and adoption.kept.outline:
                self._charts.adopt(adoption.kept)
                return self._keep(adoption.kept, adopted, followed)
            operations = adopted
        elif not self._context.store.charts.holds(chart):
            refused[NOT_HELD] += len(operations)
            return []
        return self._take_access(chart, operations, refused, followed) or self._admit(
            self._charts.replica(chart), operations, refused, followed
        )

    def _take_access(
        self,
        chart: ChartId,
        operations: Sequence[Operation],
        refused: Counter[str],
        followed: Followed,
    ) -> list[Operation]:
        """Keep access operations by the outline, where nothing is revoked by them or was before.

        Nothing otherwise: what a revocation hits, and what is owed for it, the whole chart tells.
        """
        outline = self._charts.outline(chart)
        if outline.fold.counted or any(
            one.prefix.lane != outline.access_lane for one in operations
        ):
            return []
        tried: Counter[str] = Counter()
        taken = admit(outline, operations, tried)
        if not taken or outline.fold.counted:
            self._charts.forget(chart)
            return []
        refused.update(tried)
        return self._keep(outline, taken, followed)

    def _admit(
        self,
        replica: ChartReplica,
        operations: Sequence[Operation],
        refused: Counter[str],
        followed: Followed,
    ) -> list[Operation]:
        """Keep what a replica admits, with the keys that it brings and the debts that it makes."""
        before = replica.fold
        taken = self._keep(replica, admit(replica, operations, refused), followed)
        note_lost(self._context, replica, before)
        return taken

    def _keep(
        self, replica: ChartReplica, taken: list[Operation], followed: Followed
    ) -> list[Operation]:
        self._charts.store(replica, taken)
        self._charts.keep_keys(replica)
        if taken:
            whole = any(one.prefix.lane != replica.access_lane for one in taken)
            followed.access(replica, whole=whole)
            self._entitled.note(replica)
            self._arrivals.note(replica)
        return taken

    def _is_held(self, chart: ChartId) -> bool:
        return chart not in self._adopting and self._context.store.charts.holds(chart)


def _stated_keys(fold: Fold) -> set[SealingKey]:
    """Every key that a letter of a chart can be of use to."""
    holders = key_holders(fold)
    glass = {act.sealing for _, act in fold.evidence.acts(BreakGlass)}
    return glass | holders.devices.keys() | holders.generations.keys()


def _letter(data: bytes) -> Letter | None:
    try:
        return parse_letter(data)
    except LetterError:
        return None


def _deposit_setting(peer: DeviceKey, chart: ChartId) -> str:
    return f"deposited/{peer.hex()}/{chart.hex()}"
