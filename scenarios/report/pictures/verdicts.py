"""What the registry answered, by the age of its evidence."""

from typing import Final

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scenarios.report.given import Given
from scenarios.report.numbers import Numbers
from scenarios.report.pictures.canvas import Canvas, Ink

_INKS: Final = {"allow": Ink.GOOD, "degraded": Ink.WARN, "deny": Ink.BAD}


def draw_verdicts(given: Given, numbers: Numbers, canvas: Canvas) -> Figure:
    """One stacked bar a class of age."""
    verdicts = numbers.verdicts
    sheet = canvas.figure(220)
    axes = sheet.subplots()
    below = [0] * len(verdicts.classes)
    for answer, counts in verdicts.answers.items():
        if any(counts):
            ink = _INKS.get(answer, Ink.SOFT)
            axes.bar(range(len(counts)), counts, bottom=below, color=ink, label=answer)
            below = [one + more for one, more in zip(below, counts, strict=True)]
    names = verdicts.classes
    if canvas.narrow:
        names = [name.replace(" ", "\n", 1) for name in names]
    axes.set_xticks(range(len(names)), names)
    axes.tick_params(length=0)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(axis="y")
    axes.set_axisbelow(True)
    axes.spines["left"].set_visible(False)
    sheet.legend(loc="outside upper left", ncols=4, handlelength=1.2)
    return sheet
