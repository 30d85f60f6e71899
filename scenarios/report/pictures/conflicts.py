"""How many conflicts were open when."""

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from scenarios.report.given import Given
from scenarios.report.numbers import Numbers
from scenarios.report.pictures.canvas import Canvas, Ink, days_since, set_time_axis


def draw_conflicts(given: Given, numbers: Numbers, canvas: Canvas) -> Figure:
    """Steps over time."""
    sheet = canvas.figure(170)
    axes = sheet.subplots()
    steps = numbers.conflicts.steps
    at = [0.0, *(days_since(given, step.at) for step in steps), days_since(given, given.ends)]
    counts = [0, *(step.open for step in steps)]
    counts.append(counts[-1])
    axes.fill_between(at, counts, step="post", color=Ink.WARN, alpha=0.25, linewidth=0)
    axes.step(at, counts, where="post", color=Ink.WARN, linewidth=2)
    axes.set_ylim(0, max(counts) * 1.1 + 0.5)
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.grid(axis="y")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    set_time_axis(axes, given, canvas)
    return sheet
