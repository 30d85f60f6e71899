"""A timeline: a row a node, a line for each meeting of two; power, faults and clocks marked."""

from collections.abc import Sequence
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, PathPatch
from matplotlib.path import Path

from scenarios.report.given import Given
from scenarios.report.numbers import Numbers
from scenarios.report.pictures.canvas import Canvas, Ink, days_since, set_time_axis

_ROW_POINTS: Final = 24
_ROW_POINTS_MANY: Final = 13
_MANY: Final = 24
_ABOVE: Final = -0.6
"""Where what is no node's, such as the chain's, is marked: over the first row."""
_JOINED_MAX: Final = 1_200
"""With more meetings no line joins the two nodes: each has a tick in its own row."""
_SEGMENTS_MAX: Final = 4_000
"""So many lines at most: with more, those that would lie on each other are drawn once."""
_OUTCOMES: Final = (
    ("nothing", Ink.FAINT, "nothing new", 0.7, (-0.16, 0.16)),
    ("brought", Ink.MAIN, "brought something new", 0.9, (-0.36, 0.0)),
    ("broken", Ink.WARN, "broken off", 1.1, (0.0, 0.36)),
)
"""Outcome, colour, name, width, and from where to where in its row a tick goes."""
_MARKS: Final = (
    ("power", "v", Ink.BAD, "power lost"),
    ("clock", "D", Ink.WARN, "clock wrong or set right"),
    ("fault", "s", Ink.BAD, "another fault"),
    ("incident", "o", Ink.GOOD, "what people did"),
)


def row_points(given: Given) -> int:
    """How high a node's row is."""
    return _ROW_POINTS if len(given.stations) <= _MANY else _ROW_POINTS_MANY


def set_rows(axes: Axes, given: Given, canvas: Canvas) -> None:
    """Name a row for each node, the first on top."""
    rows = len(given.stations)
    size = canvas.text if rows <= _MANY else 8
    longest = 12 if canvas.narrow else 28
    names = [_short(station.name, longest) for station in given.stations]
    axes.set_yticks(range(rows), names, fontsize=size)
    axes.set_ylim(rows - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def are_joined(numbers: Numbers) -> bool:
    """Whether a line joins the two that met, as there are few enough to tell them apart."""
    return len(numbers.encounters) <= _JOINED_MAX


def draw_meetings(given: Given, numbers: Numbers, canvas: Canvas) -> Figure:
    """Draw the whole run."""
    sheet = canvas.figure(row_points(given) * len(given.stations) + (120 if canvas.narrow else 80))
    axes = sheet.subplots()
    set_rows(axes, given, canvas)
    set_time_axis(axes, given, canvas)
    rows = {station.name: row for row, station in enumerate(given.stations)}
    axes.hlines(list(rows.values()), 0, axes.get_xlim()[1], color=Ink.LINE, linewidth=1, zorder=0)
    spans: dict[int, list[tuple[float, float]]] = {}
    for dark in numbers.darks:
        begin, end = days_since(given, dark.begin), days_since(given, dark.end)
        spans.setdefault(rows[dark.node], []).append((begin, end - begin))
    for row, widths in spans.items():
        axes.broken_barh(widths, (row - 0.3, 0.6), color=Ink.DARK, linewidth=0, zorder=1)
    handles: list[Line2D | Patch] = []
    joined = are_joined(numbers)
    for outcome, ink, label, width, reach in _OUTCOMES:
        lines = _segments(given, numbers, rows, outcome, canvas)
        if lines:
            _draw_lines(axes, lines if joined else _ticks(lines, reach), ink, width)
            handles.append(Line2D([], [], color=ink, linewidth=2, label=label))
    if spans:
        handles.append(Patch(color=Ink.DARK, label="off"))
    handles += _draw_marks(axes, given, numbers, rows)
    sheet.legend(
        handles=handles,
        loc="outside upper left",
        ncols=2 if canvas.narrow else 4,
        handlelength=1.2,
        columnspacing=1.2,
    )
    return sheet


def _segments(
    given: Given, numbers: Numbers, rows: dict[str, int], outcome: str, canvas: Canvas
) -> list[tuple[float, int, int]]:
    """Moment and both rows of each meeting; at one place of the paper each pair once."""
    grain = days_since(given, given.ends) / canvas.width
    while True:
        found = {
            (
                round(days_since(given, one.begin) / grain) * grain,
                min(rows[one.one], rows[one.other]),
                max(rows[one.one], rows[one.other]),
            )
            for one in numbers.encounters
            if one.outcome == outcome and one.one in rows and one.other in rows
        }
        if len(found) <= _SEGMENTS_MAX:
            return sorted(found)
        grain *= 2


def _ticks(
    lines: Sequence[tuple[float, int, int]], reach: tuple[float, float]
) -> list[tuple[float, float, float]]:
    ends = {(at, row) for at, upper, lower in lines for row in (upper, lower)}
    return [(at, row + reach[0], row + reach[1]) for at, row in sorted(ends)]


def _draw_lines(
    axes: Axes, lines: Sequence[tuple[float, float, float]], ink: str, width: float
) -> None:
    """All as one path: a page of thousands stays small."""
    points = [(at, row) for at, upper, lower in lines for row in (upper, lower)]
    codes = [Path.MOVETO, Path.LINETO] * len(lines)
    path = Path(points, codes)
    axes.add_patch(PathPatch(path, fill=False, edgecolor=ink, linewidth=width, zorder=2))


def _draw_marks(
    axes: Axes, given: Given, numbers: Numbers, rows: dict[str, int]
) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = []
    for kind, marker, ink, label in _MARKS:
        points = [
            (days_since(given, trouble.at), rows.get(node, _ABOVE))
            for trouble in numbers.troubles
            if trouble.kind == kind
            for node in trouble.nodes
        ]
        if not points:
            continue
        look = {"marker": marker, "markeredgecolor": Ink.PAPER, "markeredgewidth": 0.8}
        axes.plot(
            [at for at, _ in points],
            [row for _, row in points],
            linestyle="none",
            color=ink,
            markersize=7,
            zorder=4,
            clip_on=False,
            **look,  # type: ignore[arg-type]  # properties of a line by name
        )
        handles.append(
            Line2D([], [], linestyle="none", color=ink, markersize=7, label=label, **look)  # type: ignore[arg-type]  # the same
        )
    return handles


def _short(name: str, longest: int) -> str:
    return name if len(name) <= longest else f"{name[: longest - 5]}…{name[-4:]}"
