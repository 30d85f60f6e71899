"""How late what was written reaches each place: the median, the 95th percentile, the worst."""

from typing import Final

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter, NullLocator

from scenarios.report.given import Given
from scenarios.report.numbers import Numbers
from scenarios.report.pictures.canvas import Canvas, Ink

_TICKS: Final = (
    (0.1, "0.1 s"),
    (1, "1 s"),
    (10, "10 s"),
    (60, "1 min"),
    (600, "10 min"),
    (3_600, "1 h"),
    (3 * 3_600, "3 h"),
    (6 * 3_600, "6 h"),
    (12 * 3_600, "12 h"),
    (86_400, "1 d"),
    (2 * 86_400, "2 d"),
    (4 * 86_400, "4 d"),
    (8 * 86_400, "8 d"),
    (16 * 86_400, "16 d"),
    (30 * 86_400, "30 d"),
)
_LEAST: Final = 0.05


def draw_delays(given: Given, numbers: Numbers, canvas: Canvas) -> Figure:
    """One row a place; time grows by powers."""
    delays = [delay for delay in numbers.delays if delay.arrived]
    sheet = canvas.figure(26 * len(delays) + (90 if canvas.narrow else 70))
    axes = sheet.subplots()
    axes.set_xscale("log")
    for row, delay in enumerate(delays):
        assert delay.median_seconds is not None, "what arrived has a delay"
        assert delay.late_seconds is not None, "what arrived has a delay"
        assert delay.worst_seconds is not None, "what arrived has a delay"
        median, late, worst = (
            max(_LEAST, value)
            for value in (delay.median_seconds, delay.late_seconds, delay.worst_seconds)
        )
        axes.plot([median, late], [row, row], color=Ink.MAIN, linewidth=5, solid_capstyle="butt")
        axes.plot([late, worst], [row, row], color=Ink.FAINT, linewidth=2)
        axes.plot([median], [row], "o", color=Ink.MAIN, markersize=9, markeredgecolor=Ink.PAPER)
        axes.plot([worst], [row], "|", color=Ink.BAD, markersize=12, markeredgewidth=2.5)
    names = [f"{delay.place} (carries)" if delay.carried else delay.place for delay in delays]
    axes.set_yticks(range(len(delays)), names)
    axes.set_ylim(len(delays) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)
    least, most = axes.get_xlim()
    first = max((at for at, _ in _TICKS if at <= least), default=_TICKS[0][0])
    last = min((at for at, _ in _TICKS if at >= most), default=_TICKS[-1][0])
    axes.set_xlim(min(first, least), max(last, most))
    ticks = [(at, name) for at, name in _TICKS if first <= at <= last]
    ticks = ticks[:: 1 + len(ticks) // (5 if canvas.narrow else 10)]
    axes.set_xticks([at for at, _ in ticks], [name for _, name in ticks])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    sheet.legend(
        handles=[
            Line2D([], [], marker="o", linestyle="none", color=Ink.MAIN, label="median"),
            Line2D([], [], color=Ink.MAIN, linewidth=5, label="to 95 %"),
            Line2D([], [], color=Ink.BAD, marker="|", linestyle="none", markeredgewidth=2.5,
                   markersize=11, label="worst"),
        ],
        loc="outside upper left",
        ncols=3,
        handlelength=1.4,
    )  # fmt: skip
    return sheet
