"""The chart's banner: what quarantine must not keep from a clinician's eyes.

A quarantined allergy, stop or refutation shows as unverified (DESIGN section 6). The changes are
never merged here; the node puts these lines above the chart.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync.change import ChangeRef
from sync.clock import Stamp
from sync.identifiers import DeviceKey
from sync.merge.document import parse_document
from sync.merge.merged_change import MergedChange, ResourceKey
from sync.merge.policy_table import ALLERGY, FLAG, policy_for


class Warned(StrEnum):
    """Why a quarantined change shows on the banner."""

    ALLERGY = "unverified allergy"
    FLAG = "unverified flag"
    STOP = "unverified stop"
    REFUTATION = "unverified refutation"


@dataclass(frozen=True, slots=True)
class BannerLine:
    """One unverified statement: what it is, of which resource, by whom. No content in the repr."""

    why: Warned
    key: ResourceKey
    ref: ChangeRef
    device: DeviceKey
    practitioner: DeviceKey | None
    stamp: Stamp
    content: bytes

    def __repr__(self) -> str:
        """Show the reason and the reference only."""
        return f"BannerLine({self.why} {self.ref.operation.hex()[-8:]} {self.ref.place})"


def banner(quarantined: Iterable[MergedChange]) -> tuple[BannerLine, ...]:
    """The banner's lines for a chart's quarantined changes, by stamp and reference."""
    unique = {merged.ref: merged for merged in quarantined}
    lines: list[BannerLine] = []
    for merged in sorted(unique.values(), key=lambda each: each.order):
        why = _reason(merged)
        if why is not None:
            lines.append(
                BannerLine(
                    why,
                    merged.key,
                    merged.ref,
                    merged.device,
                    merged.practitioner,
                    merged.stamp,
                    merged.change.content,
                )
            )
    return tuple(lines)


def _reason(merged: MergedChange) -> Warned | None:
    policy = policy_for(merged.change.type)
    document = parse_document(merged.change.content, merged.change.type)
    if document is not None and policy.stopped and policy.has(policy.stopped, document):
        return Warned.STOP
    if document is not None and policy.has(policy.withdrawn, document):
        return Warned.REFUTATION
    if policy is ALLERGY:
        return Warned.ALLERGY
    return Warned.FLAG if policy is FLAG else None
