"""How complete each node is over time: all together as a line, each node as a row of shades."""

from itertools import pairwise
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from scenarios.report.given import Given
from scenarios.report.numbers import Numbers
from scenarios.report.pictures.canvas import Canvas, Ink, days_since, set_time_axis
from scenarios.report.pictures.meetings import row_points, set_rows

LEVELS: Final = (0.0, 0.25, 0.5, 0.75, 0.95, 1.0)
"""A share is of the last level that it reaches; the last one is everything."""
_LABELS: Final = ("under 25 %", "from 25 %", "50 %", "75 %", "95 %", "everything")


def draw_completeness(given: Given, numbers: Numbers, canvas: Canvas) -> Figure:
    """Above all nodes together and the worst one, below every node."""
    rows = row_points(given) * len(given.stations)
    top, rest = 120, 150 if canvas.narrow else 110
    sheet = canvas.figure(top + rows + rest)
    upper, lower = sheet.subplots(2, 1, sharex=True, height_ratios=(top, rows + 20))
    _draw_together(upper, given, numbers)
    set_rows(lower, given, canvas)
    set_time_axis(lower, given, canvas)
    _draw_shades(lower, given, numbers)
    handles = [Patch(color=ink, label=_LABELS[number]) for number, ink in enumerate(Ink.LEVELS)]
    sheet.legend(
        handles=handles,
        loc="outside lower left",
        ncols=3 if canvas.narrow else 6,
        handlelength=1.2,
        columnspacing=1.2,
    )
    return sheet


def level_of(share: float) -> int:
    """The number of a share's level."""
    return max(number for number, least in enumerate(LEVELS) if share >= least)


def _draw_together(axes: Axes, given: Given, numbers: Numbers) -> None:
    told = numbers.completeness
    at = [days_since(given, moment) for moment in told.moments]
    worst = [
        min((share for share in shares if share is not None), default=None)
        for shares in zip(*(series.shares for series in told.nodes), strict=True)
    ]
    for values, ink, width in ((worst, Ink.WARN, 1.2), (told.together.shares, Ink.MAIN, 2.2)):
        known = [(x, value * 100) for x, value in zip(at, values, strict=True) if value is not None]
        axes.plot(*zip(*known, strict=True) if known else ([], []), color=ink, linewidth=width)
    axes.set_ylim(0, 104)
    axes.set_yticks((0, 50, 100), ("0 %", "50 %", "100 %"))
    axes.grid(axis="y")
    axes.tick_params(length=0)
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.set_title("thick: all nodes together; thin: who has least")


def _draw_shades(axes: Axes, given: Given, numbers: Numbers) -> None:
    """Boxes as long as a node stays at one level; all boxes of a level are one path."""
    moments = [days_since(given, moment) for moment in numbers.completeness.moments]
    boxes: dict[int, list[tuple[float, float, int]]] = {}
    for row, series in enumerate(numbers.completeness.nodes):
        levels = [None if share is None else level_of(share) for share in series.shares]
        begin = 0
        for number, (one, following) in enumerate(pairwise([*levels, -1])):
            if one != following:
                if one is not None:
                    end = min(number + 1, len(moments) - 1)
                    boxes.setdefault(one, []).append((moments[begin], moments[end], row))
                begin = number + 1
    for level, listed in sorted(boxes.items()):
        points: list[tuple[float, float]] = []
        codes = []
        for left, right, row in listed:
            top, bottom = row - 0.38, row + 0.38
            points += [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
            codes += [Path.MOVETO, Path.LINETO, Path.LINETO, Path.LINETO, Path.CLOSEPOLY]
        axes.add_patch(PathPatch(Path(points, codes), color=Ink.LEVELS[level], linewidth=0))
