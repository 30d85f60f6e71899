"""What of the access lane a revoked peer is still served; called by sessions.

AUTHORITY rule 15, DESIGN section 7.3: it learns of its own revocation, and of nothing after.
"""

from collections.abc import Iterable

from sync.access.fold import Fold
from sync.access.revocations import Revocation
from sync.grantee import Group
from sync.identifiers import ActId, DeviceKey, OperationId


def served(fold: Fold, device: DeviceKey) -> frozenset[OperationId]:
    """The access operations that a device whose every grant is dead may still be given.

    Its earliest revocations, one for each way it once had, and what proves these; in each log
    all that is before, so that they are prefixes. Empty for whom nothing revoked: a live device
    (it is served by `entitled_lanes`), a stranger, one whose time is over.
    """
    if fold.live_grants(device) or fold.is_root(device):
        return frozenset()
    wanted: set[OperationId] = set()
    for revocation in own_revocations(fold, device):
        wanted.add(revocation.operation.id)
        wanted |= _proof(fold, revocation.operation.prefix.under)
        if revocation.operation.prefix.under == fold.evidence.root:
            wanted |= _handovers(fold, revocation.operation.prefix.device)
    return frozenset(
        before
        for operation in wanted
        for before in fold.logs.walk(fold.evidence.operations[operation])
    )


def own_revocations(fold: Fold, device: DeviceKey) -> list[Revocation]:
    """The earliest revocations by which a device lost each grant; by their stamps, then ids."""
    chosen: dict[ActId, Revocation] = {}
    for granted in fold.tree.held_by(fold.membership.grantees(device)):
        reasons = sorted(
            (fold.revoked[reason] for reason in fold.standing_against(device, granted.id)),
            key=lambda each: (each.operation.prefix.stamp, each.id),
        )
        if reasons and not any(each.id in chosen for each in reasons):
            chosen[reasons[0].id] = reasons[0]
    return list(chosen.values())


def _proof(fold: Fold, under: ActId) -> set[OperationId]:
    """The operations that show that a standing was held: its grants, and one roster each group."""
    found: set[OperationId] = set()
    groups: set[Group] = set()
    for granted in fold.tree.chain(under):
        if granted.operation is not None:
            found.add(granted.operation)
        if isinstance(granted.to, Group):
            groups.add(granted.to)
    for group in groups:
        found |= _first_rosters(fold, fold.membership.carriers.get(group, set()))
    return found


def _handovers(fold: Fold, root: DeviceKey) -> set[OperationId]:
    """The handovers that show that a key is a root's: the first to each, up to the charter's."""
    found: set[OperationId] = set()
    handed = fold.handovers(root)
    while handed:
        first = min(
            handed,
            key=lambda each: (
                fold.evidence.operations[each.operation].prefix.stamp,
                each.operation,
            ),
        )
        if first.operation in found:
            break
        found.add(first.operation)
        handed = fold.handovers(first.by)
    return found


def _first_rosters(fold: Fold, carriers: Iterable[OperationId]) -> set[OperationId]:
    operations = [fold.evidence.operations[carrier] for carrier in carriers]
    first = min(operations, key=lambda each: (each.prefix.stamp, each.id), default=None)
    return set() if first is None else {first.id}
