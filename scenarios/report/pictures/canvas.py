"""From a matplotlib figure to SVG within a page: its colours are the page's, so it can be dark.

Deterministic: no dates, no random ids. Text stays text, so it can be searched, copied and read out.
"""

import io
import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Any, Final

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from scenarios.report.given import Given

POINTS_AN_INCH: Final = 72


class Ink:
    """Colours by purpose. What they look like the page's style says; each value is a mark only."""

    TEXT = "#010001"
    SOFT = "#010002"
    LINE = "#010003"
    PAPER = "#010004"
    """What a picture lies on."""
    GOOD = "#010005"
    BAD = "#010006"
    WARN = "#010007"
    MAIN = "#010008"
    FAINT = "#010009"
    DARK = "#01000a"
    LEVELS = ("#010010", "#010011", "#010012", "#010013", "#010014", "#010015")
    """From nothing to everything."""


_NAMES: Final = {
    Ink.TEXT: "text",
    Ink.SOFT: "soft",
    Ink.LINE: "line",
    Ink.PAPER: "card",
    Ink.GOOD: "good",
    Ink.BAD: "bad",
    Ink.WARN: "warn",
    Ink.MAIN: "main",
    Ink.FAINT: "faint",
    Ink.DARK: "dark",
    **{mark: f"level-{number}" for number, mark in enumerate(Ink.LEVELS)},
}
_MARK: Final = re.compile("|".join(map(re.escape, _NAMES)))
_FONT: Final = re.compile(r"(font: [^;\"]*?px) [^;\"]*")
_STYLE: Final = re.compile(r"<defs>\s*<style.*?</style>\s*</defs>", re.DOTALL)
_COMMENT: Final = re.compile(r"<!--.*?-->", re.DOTALL)
_GROUP: Final = re.compile(r"<g id=\"[^\"]*\"")
_SIZE: Final = re.compile(r"<svg [^>]*?viewBox=\"([^\"]*)\"[^>]*>")


@dataclass(frozen=True)
class Canvas:
    """How wide a picture is drawn, in points; a page shows it at about that size."""

    name: str
    width: float
    text: float

    @property
    def narrow(self) -> bool:
        """Whether it is for a phone."""
        return self.width < 600

    def figure(self, height: float) -> Figure:
        """An empty figure of this width and a height in points."""
        return Figure(
            figsize=(self.width / POINTS_AN_INCH, height / POINTS_AN_INCH), layout="constrained"
        )


WIDE: Final = Canvas("wide", 860, 11)
NARROW: Final = Canvas("narrow", 350, 10.5)


def draw(label: str, name: str, canvas: Canvas, make: Callable[[Canvas], Figure]) -> str:
    """Draw a figure and give it as an `<svg>` element that says what it shows."""
    settings: Any = {  # what it may hold differs between versions of matplotlib
        "svg.fonttype": "none",
        "svg.hashsalt": f"{name}/{canvas.name}",
        "svg.id": None,
        "path.simplify": False,
        "text.parse_math": False,
        "font.size": canvas.text,
        "text.color": Ink.TEXT,
        "axes.labelcolor": Ink.SOFT,
        "axes.edgecolor": Ink.LINE,
        "axes.titlesize": canvas.text,
        "axes.titlecolor": Ink.SOFT,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.facecolor": "none",
        "axes.labelsize": canvas.text,
        "xtick.color": Ink.LINE,
        "ytick.color": Ink.LINE,
        "xtick.labelcolor": Ink.SOFT,
        "ytick.labelcolor": Ink.TEXT,
        "xtick.labelsize": canvas.text,
        "ytick.labelsize": canvas.text,
        "grid.color": Ink.LINE,
        "grid.linewidth": 0.6,
        "legend.frameon": False,
        "legend.fontsize": canvas.text,
        "figure.facecolor": "none",
        "savefig.facecolor": "none",
    }
    with matplotlib.rc_context():
        matplotlib.rcdefaults()  # whatever the person who runs it has set
        matplotlib.rcParams.update(settings)
        file = io.StringIO()
        metadata = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        make(canvas).savefig(file, format="svg", metadata=metadata)
    return _inline(file.getvalue(), label, canvas)


def _inline(document: str, label: str, canvas: Canvas) -> str:
    text = document[document.index("<svg") :]
    for pattern in (_STYLE, _COMMENT):
        text = pattern.sub("", text)
    text = _GROUP.sub("<g", text)
    text = _FONT.sub(r"\1 system-ui, sans-serif", text)
    text = _MARK.sub(lambda mark: f"var(--{_NAMES[mark[0]]})", text)
    opening = f'<svg class="{canvas.name}" viewBox="\\1" role="img" aria-label="{escape(label)}">'
    text = _SIZE.sub(opening, text, count=1)
    return "\n".join(line for line in (raw.strip() for raw in text.splitlines()) if line)


# -- axes of time, which several pictures have


def days_since(given: Given, milliseconds: float) -> float:
    """A moment as days since the start."""
    return (milliseconds - given.begins) / 86_400_000


def set_time_axis(axes: Axes, given: Given, canvas: Canvas) -> None:
    """Days or hours since the start, with a few ticks."""
    days = days_since(given, given.ends)
    ticks_max = 5 if canvas.narrow else 10
    steps = [*(hours / 24 for hours in (0.25, 0.5, 1, 2, 3, 6, 12)), 1, 2, 5, 7, 10, 14, 30, 60]
    step = next((one for one in steps if days / one <= ticks_max), days)
    ticks = [step * number for number in range(int(days / step + 0.05) + 1)]
    axes.set_xticks(ticks, [_tick(tick, step) for tick in ticks])
    axes.set_xlim(0, max(days, step / 100))


def _tick(days: float, step: float) -> str:
    if step >= 1:
        return f"day {days:.0f}" if days else "start"
    minutes = round(days * 1440)
    if not minutes:
        return "start"
    return f"{minutes / 60:g} h" if step * 24 >= 1 else f"{minutes} min"
