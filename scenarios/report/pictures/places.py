"""A map: places where they are, the roads and links between them, and the routes of mules."""

import math
from collections import Counter
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scenarios.report.given import Given, Way
from scenarios.report.numbers import Numbers
from scenarios.report.pictures.canvas import Canvas, Ink
from scenarios.report.telling import counted

_HEIGHT_MOST: Final = 380
_BEND: Final = 0.12
"""How far the way of who travels bends aside, as a share of its length."""
_UNDER_TEXT: Final[dict[str, Any]] = {
    "facecolor": Ink.PAPER,
    "edgecolor": "none",
    "pad": 1,
    "alpha": 0.85,
}


def has_map(given: Given) -> bool:
    """Whether there are two places apart: else there is nothing to see."""
    return len({(place.east_km, place.north_km) for place in given.places}) > 1


def draw_map(given: Given, numbers: Numbers, canvas: Canvas) -> Figure:
    """The size of a place is what was written there, the width of a link what crossed it."""
    east = [place.east_km for place in given.places]
    north = [place.north_km for place in given.places]
    wide, high = max(east) - min(east), max(north) - min(north)
    room = max(wide, high, 0.001)
    shape = max(0.35, min(1.0 if canvas.narrow else 0.55, high / room))
    sheet = canvas.figure(min(_HEIGHT_MOST, canvas.width * shape + 40))
    axes = sheet.subplots()
    axes.set_axis_off()
    axes.set_aspect("equal", adjustable="datalim")
    axes.margins(0.28 if canvas.narrow else 0.14, 0.18)
    at = {place.name: (place.east_km, place.north_km) for place in given.places}
    crossed = _crossed(given, numbers)
    for way in given.ways:
        _draw_way(axes, at, way, crossed)
    written = _written(given)
    most = max(written.values(), default=0) or 1
    for place in given.places:
        size = 60 + 420 * written[place.name] / most
        axes.scatter(
            [place.east_km],
            [place.north_km],
            s=size,
            color=Ink.MAIN,
            edgecolors=Ink.PAPER,
            linewidths=1.5,
            zorder=3,
        )
        rightmost = wide > 0 and place.east_km > min(east) + wide * 0.6
        axes.annotate(
            f"{place.name}\n{_who(given, place.name)}",
            (place.east_km, place.north_km),
            xytext=((-1 if rightmost else 1) * (math.sqrt(size) / 2 + 5), 0),
            textcoords="offset points",
            ha="right" if rightmost else "left",
            va="center",
            linespacing=1.25,
            bbox=_UNDER_TEXT,
            zorder=4,
        )
    _draw_scale(axes, room, min(east), min(north) - 0.14 * room)
    return sheet


def _draw_way(
    axes: Axes,
    at: dict[str, tuple[float, float]],
    way: Way,
    crossed: Counter[frozenset[str]],
) -> None:
    (x1, y1), (x2, y2) = at[way.one], at[way.other]
    moved = crossed[frozenset((way.one, way.other))]
    travels = way.mule is not None
    axes.annotate(
        "",
        (x1, y1),
        (x2, y2),
        arrowprops={
            "arrowstyle": "-",
            "linestyle": (0, (5, 3)) if travels else "solid",
            "linewidth": 1.6 if travels else 1 + math.log10(1 + moved),
            "color": Ink.WARN if travels else Ink.FAINT,
            "shrinkA": 0,
            "shrinkB": 0,
            "connectionstyle": f"arc3,rad={_BEND if travels else 0.0}",
        },
        zorder=1 + travels,
    )
    label = f"{way.mule} carries" if travels else way.link
    bend = _BEND / 2 if travels else 0.0
    axes.annotate(
        label,
        ((x1 + x2) / 2 + bend * (y1 - y2), (y1 + y2) / 2 - bend * (x1 - x2)),
        ha="center",
        va="center",
        color=Ink.SOFT,
        bbox=_UNDER_TEXT,
        zorder=2,
    )


def _crossed(given: Given, numbers: Numbers) -> Counter[frozenset[str]]:
    """Operations received between two places."""
    home = {station.name: station.place for station in given.stations}
    found: Counter[frozenset[str]] = Counter()
    for one in numbers.encounters:
        found[frozenset((home.get(one.one, ""), home.get(one.other, "")))] += one.operations
    return found


def _written(given: Given) -> Counter[str]:
    home = {station.name: station.place for station in given.stations}
    return Counter(home.get(event["node"], "") for event in given.of("act"))


def _who(given: Given, place: str) -> str:
    there = Counter(one.kind for one in given.stations if one.place == place)
    words = {"clinic": "node", "relay": "relay", "patient": "patient's node"}
    return ", ".join(
        counted(there[kind], word, None if kind != "patient" else "patients' nodes")
        for kind, word in words.items()
        if there[kind]
    )


def _draw_scale(axes: Axes, room: float, east: float, north: float) -> None:
    """A bar of a round number of kilometres, about a fifth of the map."""
    power = 10 ** math.floor(math.log10(room / 4))
    long = next(power * step for step in (5, 2, 1) if power * step <= room / 4)
    axes.plot([east, east + long], [north, north], color=Ink.SOFT, linewidth=1.5)
    axes.annotate(
        f"{long:g} km",
        (east + long / 2, north),
        xytext=(0, 4),
        textcoords="offset points",
        ha="center",
        color=Ink.SOFT,
    )
