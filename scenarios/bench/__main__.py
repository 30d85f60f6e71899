"""`python -m scenarios.bench`, which `make bench` runs: it measures, tells, and draws a picture."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from scenarios.bench.figure import Figure
from scenarios.bench.machine import machine
from scenarios.bench.picture import draw
from scenarios.bench.plan import Size, benches, measured
from scenarios.bench.telling import tell_figures, tell_machine

_NAMES = [bench.name for bench in benches(Size.LARGE, Path())]


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.option("--quick", "size", flag_value=Size.QUICK, help="Small, in about a minute.")
@click.option("--large", "size", flag_value=Size.LARGE, help="200,000 records, 100,000 resources.")
@click.option("--only", multiple=True, type=click.Choice(_NAMES), help="This one, and no other.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("build/bench"),
    help="Where bench.json and bench.svg are written.",
)
def bench(size: str | None, only: tuple[str, ...], out: Path) -> None:
    """Measure import, first sync, writing, search, disk, memory and proofs, beside baselines."""
    console = Console(width=None if Console().is_terminal else 160)
    out.mkdir(parents=True, exist_ok=True)
    wanted = Size(size) if size else Size.USUAL
    on = machine()
    tell_machine(on, console)
    found: dict[str, dict[str, Any]] = {}
    figures: list[Figure] = []
    for one in benches(wanted, out / "kept"):
        if only and one.name not in only:
            continue
        console.print(f"measuring {one.name} …", highlight=False)
        found[one.name] = measured(one)
        figures += found[one.name].pop("figures")
    at = datetime.now(UTC)
    tell_figures(figures, console)
    told = {
        "at": at.isoformat(timespec="seconds"),
        "size": str(wanted),
        "machine": on | {"load_at_the_end": machine()["load"]},
        "figures": [one.as_json() for one in figures],
        "details": found,
    }
    (out / "bench.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    title = f"satchel, {at:%Y-%m-%d %H:%M} UTC, {on['cores']} cores, load {on['load']}"
    draw(figures, title, out / "bench.svg")
    console.print(f"written to {out}/bench.json and {out}/bench.svg", highlight=False)


if __name__ == "__main__":
    bench()
