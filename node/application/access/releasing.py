"""Which of the keys that a node owes go out now, by what the registry says of their receivers.

Duties ask here. A receiver that was given any key of the chart before is no new grantee, nor is
this organisation, nor who broke the glass: only first keys wait for a proof that is new enough.
"""

from collections.abc import Collection

from node.application.access.gates import is_judged
from node.application.context import Context
from node.registry.verdict import State
from sync.access.duties import OwedKey
from sync.access.epochs import epochs, receivers
from sync.access.fold import Fold
from sync.access.readers import live_readers
from sync.chart.replica import ChartReplica
from sync.grantee import Grantee, Group
from sync.identifiers import DeviceKey, OrganisationAddress, SealingKey


def releasable(
    context: Context, replica: ChartReplica, owed: Collection[OwedKey], now_milliseconds: int
) -> list[OwedKey]:
    """Those that may be given now; the rest stays owed."""
    if not owed or not is_judged(context):
        return list(owed)
    fold = replica.fold
    known = _known(fold)
    grantees: dict[SealingKey, frozenset[Grantee]] = {}
    for lane in {key.lane for key in owed}:
        for reader in live_readers(fold, lane, now_milliseconds):
            grantees[reader.sealing] = grantees.get(reader.sealing, frozenset()) | reader.grantees
    may = {
        to: _may(context, fold, grantees.get(to, frozenset()), is_new=to not in known)
        for to in {key.to for key in owed}
    }
    return [key for key in owed if may[key.to]]


def _known(fold: Fold) -> set[SealingKey]:
    """Who was given a key of any lane by anybody."""
    return {
        sealing
        for lane in fold.evidence.charter.lane_ids
        for epoch in epochs(fold, lane).values()
        for sealing in receivers(epoch)
    }


def _may(context: Context, fold: Fold, grantees: Collection[Grantee], *, is_new: bool) -> bool:
    """Whether any of the grants that entitle a receiver stands; a denial stops known ones too."""
    judged = [
        (organisation, device)
        for grantee in grantees
        for organisation, device in _organisations(fold, grantee)
    ]
    if not judged or any(
        organisation == context.identity.organisation for organisation, _ in judged
    ):
        return True
    now_seconds = context.clock() // 1000
    states = {
        context.registry.release_verdict(organisation, device, now_seconds).state
        for organisation, device in judged
    }
    return State.ALLOW in states or (not is_new and State.DEGRADED in states)


def _organisations(
    fold: Fold, grantee: Grantee
) -> list[tuple[OrganisationAddress, DeviceKey | None]]:
    if isinstance(grantee, Group):
        return [(grantee.organisation, None)]
    return [
        (organisation, device)
        for organisation, device in fold.membership.belonging
        if device == grantee.key
    ]
