"""Every measurement runs at the least of sizes and gives whole figures; no time is asserted."""

import json
from pathlib import Path

import pytest
from rich.console import Console

from scenarios.bench.figure import AT_LEAST, AT_MOST, Figure
from scenarios.bench.machine import machine
from scenarios.bench.picture import draw
from scenarios.bench.plan import Bench, Size, benches, measured
from scenarios.bench.telling import tell_figures, tell_machine

_NAMES = [one.name for one in benches(Size.TINY, Path())]


def _bench(name: str, kept: Path) -> Bench:
    return next(one for one in benches(Size.TINY, kept) if one.name == name)


@pytest.mark.parametrize("name", _NAMES)
def test_each_measurement_gives_figures_with_units_targets_and_baselines(
    name: str, tmp_path: Path
) -> None:
    found = measured(_bench(name, tmp_path))
    figures = found.pop("figures")
    assert figures
    assert any(one.ratio is not None for one in figures), "something is beside a baseline"
    for one in figures:
        assert one.value > 0
        assert one.unit
        assert one.reached is not None
        assert (one.baseline is None) == (one.against == "")
    json.dumps({"figures": [one.as_json() for one in figures], "details": found})
    draw(figures, "tiny", tmp_path / "bench.svg")
    assert "<svg" in (tmp_path / "bench.svg").read_text()


def test_every_size_measures_the_same_things() -> None:
    names = {size: {one.name for one in benches(size, Path())} for size in Size}
    assert all(set(_NAMES) <= each for each in names.values())


@pytest.mark.parametrize(
    ("value", "bound", "reached", "of_target"),
    [(4000, AT_LEAST, True, 1.0), (1000, AT_LEAST, False, 0.25), (8000, AT_MOST, False, 0.5)],
)
def test_a_figure_says_whether_its_target_is_reached(
    value: float, bound: str, reached: bool, of_target: float
) -> None:
    figure = Figure("import", value, "resources/s", 4000, bound, 2000, "a plain table")
    assert figure.reached is reached
    assert figure.of_target == of_target
    assert figure.ratio == value / 2000


def test_the_table_says_figure_target_baseline_and_machine(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = Console(width=160)
    tell_machine(machine() | {"busy": True}, console)
    tell_figures([Figure("import", 1234, "resources/s", 4000, AT_LEAST, 2468, "a table")], console)
    said = capsys.readouterr().out
    assert "the machine is busy" in said
    (line,) = [line for line in said.splitlines() if "resources/s" in line]
    assert line.split() == "import ≥ 4,000 1,234 resources/s ✗ 2,468 0.50 a table".split()
