"""Fork: two operations at one place of one's own log, and each peer is shown another."""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from scenarios.malice.drafts import Drafts, DraftsView
from scenarios.malice.hostile import Owner, running
from scenarios.malice.masked import Masked, changing, lying
from sync.body import NONCE_SIZE_BYTES, seal_body
from sync.change import Entry
from sync.chart.replica import ChartReplica
from sync.digest import LogSummary, Place
from sync.identifiers import ChartId, DeviceKey, LaneId, OperationId
from sync.operation import Operation, sign_operation
from sync.session.replica import Replica

_FORKS_MAX: Final = 50
_CHARTS_A_SESSION: Final = 3


class _OtherBranch(DraftsView):
    """The drafts in the place of the last operations of the owner's own logs."""

    def __init__(self, real: Replica, fork: "Fork") -> None:
        super().__init__(real, fork.drafts)
        self._fork = fork

    def shows(self, place: Place, operation: Operation) -> bool:
        """Nothing that a draft stands for."""
        return operation.id not in self._fork.replaced

    def vector(self, peer: DeviceKey, chart: ChartId, lane: LaneId) -> Sequence[LogSummary]:
        """As if the replaced operations had never been."""
        return [
            log._replace(heads=tuple(head for head in log.heads if head not in self._fork.replaced))
            for log in super().vector(peer, chart, lane)
        ]


class Fork:
    """Shows some peers one branch of its logs and the rest the other."""

    kind = "fork"

    def __init__(self, owner: Owner, draws: random.Random) -> None:
        """Nothing is forked, and nobody was met."""
        self.owner = owner
        self.draws = draws
        self.drafts = Drafts(owner, draws)
        self.replaced: set[OperationId] = set()
        self._shown_other: dict[DeviceKey, bool] = {}

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session of one branch: every second peer is shown the other."""
        if peer not in self._shown_other:
            self._shown_other[peer] = len(self._shown_other) % 2 == 1
        if not self._shown_other[peer]:
            return changing(self.owner, peer, initiator=initiator)
        for chart in self.drafts.charts(_CHARTS_A_SESSION):
            self._fork(self.drafts.replica(chart))
        return lying(self.owner, peer, lambda real: _OtherBranch(real, self), initiator=initiator)

    def _fork(self, replica: ChartReplica) -> None:
        """Write a twin of the last operation of each own log that says something."""
        instance = running(self.owner).context.instance
        for lane in replica.charter.lane_ids - {replica.access_lane}:
            log = replica.log(instance, lane)
            if not log or any(one.id in self.replaced for one in log):
                continue  # a branch that has gone on is left as it is
            twin = self._twin(replica, log[-1])
            if twin is not None and self.drafts.count < _FORKS_MAX:
                self.replaced.add(log[-1].id)
                self.drafts.add(twin)

    def _twin(self, replica: ChartReplica, last: Operation) -> Operation | None:
        """Another operation at the same place, of the same resources under other names."""
        entry = replica.entry(last)
        key = replica.keyring.key(last.prefix.epoch)
        if entry is None or key is None or not entry.changes:
            return None
        changes = tuple(
            replace(each, id=f"{each.id}-twin", supersedes=(), attachment=None)
            for each in entry.changes
            if each.attachment is None
        )
        said = Entry(self.draws.randbytes(16), None, None, None, changes)
        prefix = last.prefix._replace(certificate=None)
        body = seal_body(
            said.encoded(), key, prefix.encoded(), self.draws.randbytes(NONCE_SIZE_BYTES)
        )
        return sign_operation(prefix, body, running(self.owner).context.identity.signer)
