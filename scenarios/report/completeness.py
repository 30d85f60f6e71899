"""How much of what a node is to have it has, over time."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from scenarios.report.acts import Acts, Span
from scenarios.report.given import Given

MOMENTS: int = 240
"""Of how many moments the shares are told."""


@dataclass(frozen=True)
class Series:
    """One node, at each moment: how many acts it is to have, and how many of these it has."""

    node: str
    expected: list[int]
    held: list[int]

    @property
    def shares(self) -> list[float | None]:
        """0 to 1; None while it is to have nothing."""
        return [
            None if not all_of_them else there / all_of_them
            for there, all_of_them in zip(self.held, self.expected, strict=True)
        ]


@dataclass(frozen=True)
class Completeness:
    """The moments, the nodes, and all nodes taken together."""

    moments: list[int]
    nodes: list[Series]
    together: Series


def completeness_of(given: Given, acts: Acts, moments: int = MOMENTS) -> Completeness:
    """Count at evenly spaced moments, the first and the last of the run included."""
    grid = grid_of(given.begins, given.ends, moments)
    names = [station.name for station in given.stations]
    expected = {name: [0] * (len(grid) + 1) for name in names}
    held = {name: [0] * (len(grid) + 1) for name in names}
    for act, node, span in acts.expected(given):
        if node not in expected:
            continue
        _count(expected[node], grid, span)
        for there in acts.held.get((act.number, node), ()):
            _count(held[node], grid, _both(span, there))
    nodes = [
        Series(name, list(accumulate(expected[name][:-1])), list(accumulate(held[name][:-1])))
        for name in names
    ]
    return Completeness(grid, nodes, _together(nodes, len(grid)))


def grid_of(begins: int, ends: int, moments: int) -> list[int]:
    """So many moments from the begin to the end, both included."""
    return [begins + (ends - begins) * step // (moments - 1) for step in range(moments)]


def _count(changes: list[int], grid: Sequence[int], span: Span) -> None:
    """Add one at the moments within a span: its begin is within, its end is not."""
    begin = bisect_left(grid, span[0])
    end = len(grid) if span[1] is None else bisect_left(grid, span[1])
    if begin < end:
        changes[begin] += 1
        changes[end] -= 1


def _both(one: Span, other: Span) -> Span:
    ends = [end for end in (one[1], other[1]) if end is not None]
    return max(one[0], other[0]), min(ends) if ends else None


def _together(nodes: Sequence[Series], moments: int) -> Series:
    return Series(
        "together",
        [sum(series.expected[moment] for series in nodes) for moment in range(moments)],
        [sum(series.held[moment] for series in nodes) for moment in range(moments)],
    )
