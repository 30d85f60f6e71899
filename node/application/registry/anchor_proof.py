"""Holds the audit against its anchors: does what is here still lead to the head that a chain has?

Pure of clock and chain: the audit's desk brings the head, with its proof checked.
"""

from collections.abc import Sequence
from typing import NamedTuple

from node.application.registry.anchoring import START, anchored_root
from node.registry.keccak import keccak
from node.store.anchors import AuditAnchor
from node.store.audit import Audit


class CheckedAnchors(NamedTuple):
    """What a head on chain says of the audit."""

    findings: tuple[str, ...]
    """What does not hold, in words; empty where all does."""
    number: int
    """The last entry that the head covers; 0 for none."""
    anchors: int
    """How many anchors lead to the head."""


def check_anchors(audit: Audit, anchors: Sequence[AuditAnchor], head: bytes) -> CheckedAnchors:
    """Fold what the audit is now, and see whether that gives the head.

    Each root is made anew from the audit's own hash at its entry, and each head from the roots:
    nothing that the table of anchors says of them is believed.
    """
    findings: list[str] = []
    broken = audit.first_broken()
    if broken is not None:
        findings.append(f"audit entry {broken} does not follow from those before it")
    newest = audit.root().number
    reached: dict[bytes, tuple[int, int]] = {START: (0, 0)}
    for anchor in anchors:
        audit_hash = audit.hash_at(anchor.number)
        if audit_hash is None:
            findings.append(
                f"entry {anchor.number} was anchored, and the audit ends at entry {newest}: "
                "entries are missing"
            )
            break
        root = anchored_root(anchor.number, audit_hash, anchor.salt)
        after = keccak(anchor.previous + root)
        if root != anchor.root or after != anchor.head:
            findings.append(
                f"the audit up to entry {anchor.number} is not what was anchored: it was "
                "rewritten, or the list of anchors was"
            )
            break
        before = reached.get(anchor.previous)
        if before is not None and anchor.number > before[0]:
            reached[after] = (anchor.number, before[1] + 1)
    found = reached.get(head)
    if found is None and not findings:
        findings.append(
            "the chain has an anchor that this audit does not lead to: the audit was rewritten, "
            "this is an older copy of the home or another copy went on, or anchors were hidden"
        )
    number, count = found or (0, 0)
    return CheckedAnchors(tuple(findings), number, count)
