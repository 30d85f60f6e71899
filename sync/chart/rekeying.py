"""How a new epoch is announced when it does not fit one operation; used by the author.

AUTHORITY rule 11: a rekey names all revocations that count, "as those of epoch E plus these".
Revocations count for ever and anybody may end their own access, so the list has no bound; nor
have the readers. What is too long for one operation is spread over several.
"""

from collections.abc import Sequence

from sync.access import epochs
from sync.access.fold import Fold
from sync.identifiers import ActId, SealingKey

KNEW_PER_OPERATION_MAX = 1000
"""Revocations that one rekey lists by itself: 17 bytes each."""
BOXES_PER_OPERATION_MAX = 240
"""Boxes that one rekey holds: 116 bytes each, beside the revocations."""
KNEW_PLAIN_MAX = 64
"""Up to so many are simply listed, and refer to no other epoch."""


def knew_from(fold: Fold) -> tuple[ActId | None, list[ActId]]:
    """An earlier rekey to build on (None: on none), and what counts beyond what it knew, sorted."""
    counted = epochs.knew(fold)
    if len(counted) <= KNEW_PLAIN_MAX:
        return None, sorted(counted)
    best: tuple[int, ActId] | None = None
    known: frozenset[ActId] = frozenset()
    for lane in fold.evidence.charter.lane_ids:
        for epoch in epochs.epochs(fold, lane).values():
            if epoch.knew is None or not epoch.knew or not epoch.knew <= counted:
                continue
            rank = (len(epoch.knew), min(epoch.rekeys))
            if best is None or rank > best:
                best, known = rank, epoch.knew
    return None if best is None else best[1], sorted(counted - known)


def portions(
    recipients: Sequence[SealingKey], knew: Sequence[ActId]
) -> tuple[list[Sequence[ActId]], Sequence[ActId], list[Sequence[SealingKey]]]:
    """What earlier operations must tell of `knew`, what the last one tells, and who each boxes.

    There is always one portion of recipients.
    """
    step = KNEW_PER_OPERATION_MAX
    told = [knew[start : start + step] for start in range(0, len(knew), step)] or [()]
    step = BOXES_PER_OPERATION_MAX
    boxed = [recipients[start : start + step] for start in range(0, len(recipients), step)]
    return told[:-1], told[-1], boxed or [()]
