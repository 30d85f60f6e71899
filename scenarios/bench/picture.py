"""A picture of a run: each figure beside its target, and beside its baseline; an SVG file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure as Sheet

from scenarios.bench.figure import Figure
from scenarios.bench.telling import number, wanted

_REACHED: Final = "#2a7f62"
_MISSED: Final = "#c4572c"
_BESIDE: Final = "#4a6fa5"
_ROW_INCHES: Final = 0.32
_WIDTH_INCHES: Final = 15.0


def draw(figures: Sequence[Figure], title: str, file: Path) -> None:
    """Draw to a file; its ending says the format."""
    height = 1.6 + _ROW_INCHES * len(figures)
    sheet = Sheet(figsize=(_WIDTH_INCHES, height), layout="constrained")
    left, right = sheet.subplots(1, 2, sharey=True, width_ratios=(1, 1))
    sheet.suptitle(title, fontsize=10, x=0.01, ha="left")
    rows = list(range(len(figures)))
    left.set_yticks(rows, [one.name for one in figures], fontsize=8)
    left.invert_yaxis()
    _targets(left, figures)
    _baselines(right, figures)
    for axes in (left, right):
        axes.axvline(1, color="black", linewidth=0.8)
        axes.spines[["top", "right"]].set_visible(False)
        axes.tick_params(axis="x", labelsize=8)
        axes.set_xlim(axes.get_xlim()[0], axes.get_xlim()[1] * 6)  # room for what is said
    sheet.savefig(file)


def _targets(axes: Axes, figures: Sequence[Figure]) -> None:
    axes.set_xscale("log")
    axes.set_title("times the target: right of the line is reached", fontsize=9)
    for row, one in enumerate(figures):
        if one.of_target is None:
            axes.text(1, row, f"  {number(one.value)} {one.unit}", va="center", fontsize=7)
            continue
        axes.barh(row, one.of_target - 1, left=1, color=_REACHED if one.reached else _MISSED)
        label = f"{number(one.value)} {one.unit} ({wanted(one)})"
        _beside(axes, row, one.of_target, label)


def _baselines(axes: Axes, figures: Sequence[Figure]) -> None:
    axes.set_xscale("log")
    axes.set_title("times the baseline of the same run", fontsize=9)
    for row, one in enumerate(figures):
        if one.ratio is None:
            continue
        axes.barh(row, one.ratio - 1, left=1, color=_BESIDE)
        told = f"{one.ratio:.2g} × {one.against}"
        _beside(axes, row, one.ratio, told)


def _beside(axes: Axes, row: int, end: float, label: str) -> None:
    """A label where no bar is: behind the end of one to the right, else right of the line."""
    axes.annotate(
        label,
        (max(end, 1), row),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7,
    )
