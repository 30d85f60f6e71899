"""Writing in a chart: which grant, which epoch, which links (AUTHORITY rules 12, 13, 15, 16).

An Author holds one device's keys and one instance's place; everything that it makes goes into
the replica at once, and is handed back so that the store can make it durable in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sync.access import epochs, readers
from sync.access.merging import Merging
from sync.act_codec import encode_deed
from sync.acts import Act, Box, BreakGlass, Deed, Keys, Rekey
from sync.certificate import Certificate
from sync.change import Change, Entry, Part
from sync.chart.place import LanePlace, Pen
from sync.chart.rekeying import knew_from, portions
from sync.chart.replica import ChartReplica
from sync.clock import Stamp
from sync.errors import AuthorityError
from sync.grantee import Right
from sync.identifiers import (
    ActId,
    EpochId,
    EpochKey,
    LaneId,
    SealingKey,
    act_id,
    epoch_id,
)
from sync.operation import Operation
from sync.sealing import seal


@dataclass
class Author:
    """Writes in one chart. `written` and `made` are what the store must keep."""

    replica: ChartReplica
    pen: Pen
    written: list[Operation] = field(default_factory=list)
    made: list[tuple[LaneId, EpochId, EpochKey]] = field(default_factory=list)
    _latest: Stamp | None = None
    _grounds: dict[LaneId, tuple[Merging, ActId, EpochId]] = field(default_factory=dict)

    # -- acts

    def act(self, acts: Sequence[Act], under: ActId, *, personal: bool = True) -> Operation:
        """Write acts under a grant, re-keying the access lane first where rule 12 asks for it.

        `personal` acts carry the practitioner's certificate; the device's own do not.
        """
        epoch = self._epoch(self.replica.access_lane)
        return self._write_deed(acts, under, epoch, personal=personal)

    def begin(self, acts: Sequence[Act], under: ActId, epoch: EpochId) -> Operation:
        """Write a chart's first acts under an epoch that they announce themselves."""
        return self._write_deed(acts, under, epoch, personal=False)

    def act_then_rekey(
        self, acts: Sequence[Act], under: ActId, *, personal: bool = True
    ) -> Operation:
        """Write revocations under the old access epoch, then re-key that lane (rule 15).

        Who ended its own access cannot re-key any more: the next who writes there does.
        """
        lane = self.replica.access_lane
        epoch = epochs.newest_openable_epoch(self.replica.fold, lane, self._openable(lane))
        if epoch is None:
            raise AuthorityError("no key of the access lane is held here")
        written = self._write_deed(acts, under, epoch.epoch, personal=personal)
        if self._standings(Right.APPEND, lane):
            self.rekey(lane)
        return written

    def break_glass(self, act: BreakGlass, under: ActId, epoch: EpochId | None = None) -> Operation:
        """Write a break-glass under an access epoch that is held: its author may make none.

        The newest one by default; `epoch` where nothing but a letter says which there are.
        """
        lane = self.replica.access_lane
        if epoch is None:
            newest = epochs.newest_openable_epoch(self.replica.fold, lane, self._openable(lane))
            if newest is None:
                raise AuthorityError("no key of the access lane is held here")
            epoch = newest.epoch
        return self._write_deed([act], under, epoch, personal=True)

    def rekey(self, lane: LaneId) -> EpochId:
        """Make a new epoch of a lane for every live reader and the roots (rule 11).

        One operation, or several where its revocations or readers are too many for one.
        """
        access = self.replica.access_lane
        key = self.draw_key()
        written_under = epoch_id(self.replica.chart, lane, key)
        if lane != access:
            written_under = self._epoch(access)
        else:
            old = epochs.newest_openable_epoch(self.replica.fold, lane, self._openable(lane))
            if old is not None:
                written_under = old.epoch
        under = self.standing(Right.APPEND, lane)
        fold = self.replica.fold
        recipients = readers.recipients(fold, lane, self.pen.now_milliseconds)
        number = epochs.next_number(fold, lane)
        base, knew = knew_from(fold)
        earlier, last, boxed = portions(recipients, knew)
        for told in earlier:
            # An epoch whose key nobody keeps: it only carries a part of the list.
            unused = epoch_id(self.replica.chart, lane, self.draw_key())
            carrier = Rekey(lane, number, unused, (), frozenset(told), base)
            base = self._write_rekey(carrier, under, written_under)
        # A self-made first epoch must be openable before the operation under it is read back.
        epoch = self.hold(lane, key)
        for place, portion in enumerate(boxed):
            act = Rekey(
                lane,
                number,
                epoch,
                self.boxes(key, portion),
                frozenset(last) if place == 0 else frozenset(),
                base,
            )
            first = self._write_rekey(act, under, written_under)
            base = first if place == 0 else base
        return epoch

    def _write_rekey(self, act: Rekey, under: ActId, epoch: EpochId) -> ActId:
        return act_id(self._write_deed([act], under, epoch, personal=False).id, 0)

    def rekey_act(self, lane: LaneId, key: EpochKey) -> Rekey:
        """The act that announces an epoch whole: for a new chart, whose readers are few."""
        fold = self.replica.fold
        recipients = readers.recipients(fold, lane, self.pen.now_milliseconds)
        boxes = self.boxes(key, recipients)
        epoch = epoch_id(self.replica.chart, lane, key)
        return Rekey(lane, epochs.next_number(fold, lane), epoch, boxes, epochs.knew(fold))

    def keys_act(self, lane: LaneId, epoch: EpochId, to: SealingKey) -> Keys:
        """The act that hands an epoch that is held here to one reader (rule 13)."""
        key = self.replica.keyring.key(epoch)
        if key is None:
            raise AuthorityError("the key of that epoch is not held here")
        return Keys(lane, epoch, self.boxes(key, [to])[0])

    def boxes(self, key: EpochKey, recipients: Sequence[SealingKey]) -> tuple[Box, ...]:
        """Seal a key to each recipient."""
        return tuple(Box(to, seal(key, to, self.pen.random(32))) for to in recipients)

    # -- content

    def write(
        self, lane: LaneId, transaction: bytes, batches: Sequence[Sequence[Change]]
    ) -> list[Operation]:
        """Write changes in a content lane, a batch an operation, all of one transaction.

        The lane is re-keyed first where rule 12 asks for it.
        """
        total = len(batches)
        parts = [Part(place, total) if total > 1 else None for place in range(total)]
        return self._write_entries(
            lane,
            [(transaction, part, changes) for part, changes in zip(parts, batches, strict=True)],
        )

    def write_each(self, lane: LaneId, changes: Sequence[Change]) -> list[Operation]:
        """Write changes that are an act each, with one look at who may and which epoch."""
        return self._write_entries(
            lane, [(self.pen.random(16), None, [change]) for change in changes]
        )

    def _write_entries(
        self, lane: LaneId, entries: Sequence[tuple[bytes, Part | None, Sequence[Change]]]
    ) -> list[Operation]:
        under, epoch = self._ground(lane)
        practitioner = None if self.pen.certificate is None else self.pen.certificate.practitioner
        written = []
        for transaction, part, changes in entries:
            brought = self._certificate_brought(lane)
            entry = Entry(transaction, part, practitioner, brought, tuple(changes))
            written.append(self._append_entry(lane, under, epoch, entry))
        return written

    def cover(self, lane: LaneId) -> Operation:
        """Write the empty entry that every lane begins with (DESIGN section 4)."""
        under, epoch = self._ground(lane)
        entry = Entry(self.pen.random(16), None, None, None, ())
        return self._append(lane, under, epoch, entry.encoded(), None)

    def write_again(self, lane: LaneId, entry: Entry) -> Operation:
        """Write what stood under an epoch that is to be destroyed (AUTHORITY rule 18).

        It is the device's own act: nobody made these changes anew, so nobody signs for them.
        """
        under = self.standing(Right.APPEND, lane)
        written = self._append(lane, under, self._epoch(lane), entry.encoded(), None)
        self.replica.remember(written, entry)
        return written

    def place(self, lane: LaneId) -> LanePlace:
        """Where to write next in a content lane, for a writer that keeps it.

        The lane is re-keyed first where rule 12 asks for it: `written` and `made` then hold what
        must be durable before anything that is written at the place. Raises AuthorityError.
        """
        under, epoch = self._ground(lane)
        now = self.pen.now_milliseconds
        place = self._place(lane, under, epoch, self.replica.latest_stamp(now))
        ends = [granted.until_milliseconds for granted in self.replica.fold.grants.values()]
        place.until_milliseconds = min(
            (end for end in ends if end is not None and end > now), default=None
        )
        return place

    # -- the ground under both

    def standing(self, right: Right, lane: LaneId | None) -> ActId:
        """The best live grant that gives this device a right, or raise AuthorityError."""
        found = self._standings(right, lane)
        if not found:
            raise AuthorityError(f"this device holds no live right to {_verb(right)} in this chart")
        return found[0]

    def _standings(self, right: Right, lane: LaneId | None) -> tuple[ActId, ...]:
        return self.replica.fold.standing(
            self.pen.signer.public, right, lane, self.pen.now_milliseconds
        )

    def draw_key(self) -> EpochKey:
        """A fresh epoch key."""
        return EpochKey(self.pen.random(32))

    def hold(self, lane: LaneId, key: EpochKey) -> EpochId:
        """Hold a key that was made here, and note it for the store."""
        epoch = self.replica.keyring.put(lane, key)
        self.made.append((lane, epoch, key))
        return epoch

    def _ground(self, lane: LaneId) -> tuple[ActId, EpochId]:
        """The grant and epoch to write content with; found anew when any access act came.

        The lane is re-keyed first where rule 12 asks for it.
        """
        found = self._grounds.get(lane)
        if found is None or found[0] is not self.replica.fold.merging:
            under, epoch = self.standing(Right.APPEND, lane), self._epoch(lane)
            found = self._grounds[lane] = (self.replica.fold.merging, under, epoch)
        return found[1], found[2]

    def _openable(self, lane: LaneId) -> set[EpochId]:
        return set(self.replica.keyring.of_lane(lane))

    def _epoch(self, lane: LaneId) -> EpochId:
        usable = epochs.usable_epoch(
            self.replica.fold,
            self.pen.signer.public,
            lane,
            self._openable(lane),
            self.pen.now_milliseconds,
        )
        return self.rekey(lane) if usable is None else usable.epoch

    def _write_deed(
        self, acts: Sequence[Act], under: ActId, epoch: EpochId, *, personal: bool
    ) -> Operation:
        certificate = self.pen.certificate if personal else None
        deed = Deed(
            tuple(acts),
            None if certificate is None else certificate.practitioner,
            None if certificate is None else self._certificate_brought(self.replica.access_lane),
        )
        return self._append(self.replica.access_lane, under, epoch, encode_deed(deed), certificate)

    def _append_entry(self, lane: LaneId, under: ActId, epoch: EpochId, entry: Entry) -> Operation:
        written = self._append(lane, under, epoch, entry.encoded(), self.pen.certificate)
        self.replica.remember(written, entry)
        return written

    def _certificate_brought(self, lane: LaneId) -> bytes | None:
        """The certificate's bytes when the next operation must bring it into the lane."""
        certificate = self.pen.certificate
        if certificate is None or self.replica.has_certificate(
            self.pen.instance, lane, certificate.id
        ):
            return None
        return certificate.encoded()

    def _append(
        self,
        lane: LaneId,
        under: ActId,
        epoch: EpochId,
        plain: bytes,
        certificate: Certificate | None,
    ) -> Operation:
        if self._latest is None:
            self._latest = self.replica.latest_stamp(self.pen.now_milliseconds)
        place = self._place(lane, under, epoch, self._latest)
        operation = place.write(self.pen, plain, None if certificate is None else certificate.id)
        self._latest = place.latest
        self.replica.latest = max(self.replica.latest, place.latest)
        self.replica.add([operation])
        self.written.append(operation)
        return operation

    def _place(self, lane: LaneId, under: ActId, epoch: EpochId, latest: Stamp) -> LanePlace:
        key = self.replica.keyring.key(epoch)
        if key is None:
            raise AuthorityError("the key of that epoch is not held here")
        return LanePlace(
            chart=self.replica.chart,
            lane=lane,
            instance=self.pen.instance,
            under=under,
            epoch=epoch,
            key=key,
            end=self.replica.tip(self.pen.instance, lane),
            latest=latest,
            found_at_milliseconds=self.pen.now_milliseconds,
            until_milliseconds=None,
        )


def _verb(right: Right) -> str:
    return (right.name or "act").lower()
