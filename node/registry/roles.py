"""What organisations are accredited as: the bits of a role mask, by their names for people.

A bit never changes its meaning: councils sign masks, and patients' policies name them.
"""

from collections.abc import Iterable
from typing import Final

ROLES: Final = {
    "clinic": 1 << 0,
    "hospital": 1 << 1,
    "emergency": 1 << 2,
    "laboratory": 1 << 3,
    "pharmacy": 1 << 4,
    "specialist": 1 << 5,
    "public-health": 1 << 6,
    "relay": 1 << 7,
}
"""Names by which people say them."""
MASK_MAX: Final = (1 << 64) - 1


def role_mask(names: Iterable[str]) -> int:
    """The mask of some roles, or raise ValueError that names those there are."""
    mask = 0
    for name in names:
        if name not in ROLES:
            raise ValueError(f"roles are {', '.join(ROLES)}")
        mask |= ROLES[name]
    return mask


def role_names(mask: int) -> list[str]:
    """The roles of a mask; bits that this version has no name for as `role-N`."""
    known = [name for name, bit in ROLES.items() if mask & bit]
    named = sum(ROLES.values())
    return known + [f"role-{bit}" for bit in range(64) if (mask & ~named) >> bit & 1]
