"""Operations that a changed node writes whatever the rules say: any act, any header, well signed.

They lie beside the owner's store, in logs of their own, and are shown by a `View`: the real node
knows nothing of them, so that only its peers have to stand them.
"""

import random
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

from scenarios.malice.hostile import Owner, running
from scenarios.malice.view import View
from sync.access import epochs
from sync.act_codec import encode_deed
from sync.acts import Act, Deed
from sync.body import NONCE_SIZE_BYTES, seal_body
from sync.change import Change, Entry
from sync.chart.replica import ChartReplica
from sync.clock import Stamp
from sync.compression import compress
from sync.digest import Place
from sync.identifiers import (
    ActId,
    ChartId,
    EpochId,
    EpochKey,
    InstanceId,
    LaneId,
    draw_instance,
)
from sync.operation import HeaderPrefix, Operation, sign_operation
from sync.padding import pad
from sync.session.replica import Replica

DRAFTS_MAX = 5_000
"""A changed node writes no more than this: a run must end."""


class Drafts:
    """What one changed node wrote, by place."""

    def __init__(self, owner: Owner, draws: random.Random) -> None:
        """Nothing is written; the logs are those of an instance that is drawn."""
        self.owner = owner
        self.draws = draws
        self.by_place: dict[Place, list[Operation]] = defaultdict(list)
        self.count = 0
        self._instance: InstanceId | None = None

    def charts(self, most: int) -> list[ChartId]:
        """Some of the charts that the owner holds."""
        held = running(self.owner)._charts.ids()
        return self.draws.sample(held, min(most, len(held)))

    def replica(self, chart: ChartId) -> ChartReplica:
        """A chart as the owner holds it."""
        return running(self.owner)._charts.replica(chart)

    @property
    def instance(self) -> InstanceId:
        """The instance that drafts are written as."""
        if self._instance is None:
            self._instance = self.new_instance()
        return self._instance

    def new_instance(self) -> InstanceId:
        """One more life of the owner's device, which nobody can tell from a restored copy."""
        return draw_instance(self.owner.device, self.draws.randbytes(8))

    def acts(self, chart: ChartId, acts: Sequence[Act], **said: Any) -> Operation | None:
        """Write acts in a chart's access lane; `said` as for `write`."""
        lane = self.replica(chart).access_lane
        return self.write(chart, lane, encode_deed(Deed(tuple(acts))), **said)

    def changes(
        self, chart: ChartId, lane: LaneId, changes: Sequence[Change], **said: Any
    ) -> Operation | None:
        """Write changes in a content lane; `said` as for `write`."""
        entry = Entry(self.draws.randbytes(16), None, None, None, tuple(changes))
        return self.write(chart, lane, entry.encoded(), **said)

    def write(
        self,
        chart: ChartId,
        lane: LaneId,
        plain: bytes,
        *,
        stamp: int | None = None,
        under: ActId | None = None,
        instance: InstanceId | None = None,
        packed: bytes | None = None,
        sealed: bytes | None = None,
    ) -> Operation | None:
        """Write an operation in a log that only this object holds.

        By default under a grant of the owner's, live or not, and the newest epoch of which it has
        the key (a relay has none, and seals with a made-up one). `packed` is sealed instead of
        what `plain` is compressed to, and `sealed` is a body as it is. None where the owner was
        never granted anything, or wrote enough.
        """
        replica = self.replica(chart)
        under = under or self.standing(replica, lane)
        if under is None or self.count >= DRAFTS_MAX:
            return None
        log = [
            one
            for one in self.by_place[Place(chart, lane)]
            if one.prefix.instance == (instance or self.instance)
        ]
        epoch, key = self._epoch(replica, lane)
        now = running(self.owner).context.clock()
        prefix = HeaderPrefix(
            chart=chart,
            lane=lane,
            device=self.owner.device,
            instance=instance or self.instance,
            sequence=len(log),
            previous=log[-1].id if log else None,
            stamp=Stamp(now << 16 if stamp is None else stamp),
            epoch=epoch,
            under=under,
        )
        packed = packed or compress(plain)
        nonce = self.draws.randbytes(NONCE_SIZE_BYTES)
        body = sealed or nonce + crypto_aead_xchacha20poly1305_ietf_encrypt(
            pad(packed), prefix.encoded(), nonce, key
        )
        written = sign_operation(prefix, body, running(self.owner).context.identity.signer)
        self.add(written)
        return written

    def sibling(self, operation: Operation, key: EpochKey) -> Operation:
        """Write another operation at the place of one that was written here."""
        prefix = operation.prefix
        nonce = self.draws.randbytes(NONCE_SIZE_BYTES)
        entry = Entry(self.draws.randbytes(16), None, None, None, ())
        body = seal_body(entry.encoded(), key, prefix.encoded(), nonce)
        written = sign_operation(prefix, body, running(self.owner).context.identity.signer)
        self.add(written)
        return written

    def add(self, operation: Operation) -> None:
        """Show an operation that was made otherwise."""
        place = Place(operation.prefix.chart, operation.prefix.lane)
        self.by_place[place].append(operation)
        self.count += 1

    def standing(self, replica: ChartReplica, lane: LaneId) -> ActId | None:
        """A grant to the owner, one that lets it write in the lane if there is any."""
        held = replica.fold._held_by(self.owner.device)
        fits = [one.id for one in held if replica.fold.may_write(self.owner.device, one.id, lane)]
        return next(iter(fits or [one.id for one in held]), None)

    def _epoch(self, replica: ChartReplica, lane: LaneId) -> tuple[EpochId, EpochKey]:
        held = replica.keyring.of_lane(lane)
        found = epochs.newest_openable_epoch(replica.fold, lane, set(held))
        if found is None:
            return EpochId(self.draws.randbytes(32)), EpochKey(self.draws.randbytes(32))
        return found.epoch, held[found.epoch]


class DraftsView(View):
    """The owner's replica with its drafts among the rest."""

    def __init__(self, real: Replica, drafts: Drafts) -> None:
        """Show all drafts to this peer."""
        super().__init__(real)
        self._drafts = drafts

    def added(self, place: Place) -> Sequence[Operation]:
        """All drafts of the place."""
        return self._drafts.by_place.get(place, ())
