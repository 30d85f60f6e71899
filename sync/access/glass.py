"""Which break-glasses have an effect, whenever they are looked at; called by the fold.

DESIGN section 6: five an hour, and never by who was removed.
"""

from collections import defaultdict
from typing import NamedTuple

from sync.access.evidence import Evidence
from sync.access.grants import key_is_its_own
from sync.access.membership import Membership
from sync.access.revocations import Revocations
from sync.acts import BreakGlass
from sync.charter import Kind
from sync.clock import stamp_milliseconds
from sync.identifiers import DeviceKey, OperationId, SealingKey

HOUR_MILLISECONDS = 3600 * 1000
BREAKINGS_PER_HOUR_MAX = 5


class Breaking(NamedTuple):
    """A break-glass that has an effect: for whom, to which key, from when, by what."""

    device: DeviceKey
    sealing: SealingKey
    stamp_milliseconds: int
    operation: OperationId


def read_breakings(
    evidence: Evidence, membership: Membership, revocations: Revocations
) -> tuple[Breaking, ...]:
    """Find the break-glasses that give anything: the first good act of an operation each.

    They are taken by stamp, as they say themselves: at most five in any hour. Only a patient's
    chart has a glass: nobody reads an organisation's directory or keys by breaking one.
    """
    if evidence.charter.kind is not Kind.PATIENT:
        return ()
    offered: dict[DeviceKey, dict[OperationId, Breaking]] = defaultdict(dict)
    for written, act in evidence.acts(BreakGlass):
        prefix = written.operation.prefix
        if key_is_its_own(prefix.device, act.sealing, act.sealing_signature):
            breaking = Breaking(
                prefix.device,
                act.sealing,
                stamp_milliseconds(prefix.stamp),
                written.operation.id,
            )
            offered[prefix.device].setdefault(written.operation.id, breaking)
    found: list[Breaking] = []
    for device, breakings in offered.items():
        if not was_removed(membership, revocations, device):
            ordered = sorted(breakings.items(), key=lambda each: (each[1].stamp_milliseconds, each))
            found += in_measure([breaking for _, breaking in ordered])
    return tuple(found)


def was_removed(membership: Membership, revocations: Revocations, device: DeviceKey) -> bool:
    """Whether anything that counts is about a device, or a group that it ever acted for."""
    return bool(revocations.notices.get(device)) or any(
        revocations.removed(grantee) for grantee in membership.grantees(device)
    )


def in_measure(breakings: list[Breaking]) -> list[Breaking]:
    """Of one device's break-glasses in the order of their stamps, five an hour."""
    found: list[Breaking] = []
    for breaking in breakings:
        since = breaking.stamp_milliseconds - HOUR_MILLISECONDS
        if (
            len(found) < BREAKINGS_PER_HOUR_MAX
            or found[-BREAKINGS_PER_HOUR_MAX].stamp_milliseconds <= since
        ):
            found.append(breaking)
    return found
