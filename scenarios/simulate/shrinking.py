"""Finds the fewest faults with which a failing run still fails, by delta debugging.

Zeller, Hildebrandt: Simplifying and isolating failure-inducing input, 2002.
"""

from collections.abc import Callable, Sequence

Fails = Callable[[frozenset[str]], bool]
RUNS_MAX = 120


def fewest(faults: Sequence[str], fails: Fails, runs_max: int = RUNS_MAX) -> tuple[str, ...]:
    """A subset that still fails and of which, within the runs allowed, none can be left out.

    `fails` runs the scenario with some faults only.
    """
    kept = list(faults)
    runs = 0

    def failing(some: Sequence[str]) -> bool:
        nonlocal runs
        runs += 1
        return runs <= runs_max and fails(frozenset(some))

    if failing([]):
        return ()
    parts = 2
    while len(kept) >= 2 and runs < runs_max:
        size = max(1, len(kept) // parts)
        pieces = [kept[start : start + size] for start in range(0, len(kept), size)]
        for piece in pieces:
            rest = [fault for fault in kept if fault not in piece]
            if failing(piece):
                kept, parts = piece, 2
                break
            if rest and failing(rest):
                kept, parts = rest, max(parts - 1, 2)
                break
        else:
            if size == 1:
                break
            parts = min(len(kept), parts * 2)
    return tuple(kept)
