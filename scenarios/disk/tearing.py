"""What is left of bytes that no flush has covered; `Disk` asks when the power goes.

As SQLite, a disk is taken at its word in one thing: a write damages no byte outside it (SQLite
calls it powersafe overwrite). Within, sectors arrive in any order, halved, as zeros, as anything.
"""

import random
from typing import Final

SECTOR_BYTES: Final = 512
TAILS: Final = ("cut", "zeros", "old bytes", "garbage", "sectors")


def torn(before: bytes, after: bytes, begin: int, draws: random.Random) -> tuple[bytes, int, str]:
    """A file between two states of it that agree up to `begin`.

    Gives it, how many of its first bytes are as in `after`, and what the rest is.
    """
    how = draws.choice(TAILS)
    end = max(begin, len(after))
    cut = draws.choice((draws.randint(begin, end), draws.randint(begin, end), end))
    head = after[:cut]
    match how:
        case "cut":
            left = head
        case "zeros":
            left = head + bytes(len(after) - len(head))
        case "old bytes":
            left = head + before[cut:]
        case "garbage":
            noise = draws.randbytes(min(SECTOR_BYTES, len(after) - len(head)))
            left = head + noise + after[len(head) + len(noise) :]
        case _:
            left = _sectors(before, after, begin, draws)
    return left, _agreement(left, after), how


def _sectors(before: bytes, after: bytes, begin: int, draws: random.Random) -> bytes:
    """Each sector arrived or did not."""
    left = bytearray(after)
    for at in range(begin, len(after), SECTOR_BYTES):
        if draws.random() < 0.5:
            end = min(at + SECTOR_BYTES, len(after))
            left[at:end] = before[at:end].ljust(end - at, b"\0")
    return bytes(left)


def _agreement(one: bytes, other: bytes) -> int:
    """How many first bytes two have in common."""
    if one == other:
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def torn_page(before: bytes, after: bytes, draws: random.Random) -> bytes:
    """A page that was being written over: some sectors of the new one, then the old, or noise.

    The first sector arrives whole: in page 1 it has the salt that the key needs.
    """
    cut = SECTOR_BYTES * draws.randint(1, len(after) // SECTOR_BYTES)
    rest = before[cut:].ljust(len(after) - cut, b"\0")
    if rest and draws.random() < 0.5:
        rest = draws.randbytes(SECTOR_BYTES) + rest[SECTOR_BYTES:]
    return after[:cut] + rest
