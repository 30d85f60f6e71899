"""Figures for a person: a table on the terminal; `python -m scenarios.bench` prints it."""

from collections.abc import Iterable, Mapping

from rich.console import Console
from rich.table import Table

from scenarios.bench.figure import AT_LEAST, Figure, rounded


def tell_machine(machine: Mapping[str, object], console: Console) -> None:
    """What it was measured on; a warning where others are at work there."""
    console.print(
        f"{machine['cores']} cores, {machine['processor']}, {machine['memory_gibibytes']} GiB, "
        f"{machine['system']}, Python {machine['python']}, load {machine['load']}",
        highlight=False,
    )
    if machine["busy"]:
        console.print(
            "the machine is busy: rates by the clock are too low, and p99 too high; "
            "processor time moves less"
        )


def tell_figures(figures: Iterable[Figure], console: Console) -> None:
    """A line a figure: target, figure, baseline, ratio."""
    table = Table(box=None, pad_edge=False)
    table.add_column("figure")
    table.add_column("wanted", justify="right")
    table.add_column("measured", justify="right")
    table.add_column("")
    table.add_column("baseline", justify="right")
    table.add_column("ratio", justify="right")
    table.add_column("of")
    for one in figures:
        table.add_row(
            one.name,
            wanted(one),
            f"{number(one.value)} {one.unit}",
            {True: "✓", False: "✗", None: ""}[one.reached],
            "" if one.baseline is None else number(one.baseline),
            "" if one.ratio is None else f"{one.ratio:.2f}",
            one.against,
        )
    console.print(table, highlight=False)


def wanted(figure: Figure) -> str:
    """The target with its direction."""
    if figure.target is None:
        return ""
    return f"{'≥' if figure.bound == AT_LEAST else '≤'} {number(figure.target)}"


def number(value: float) -> str:
    """A number as short as it says something."""
    short = rounded(value)
    return f"{short:,.0f}" if short >= 100 else f"{short:,.3g}"
