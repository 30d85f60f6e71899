"""`satchel simulate`: runs one scenario file, and says whether everything held."""

import sys
import time
from pathlib import Path

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from node.command.shape import command
from node.command.telling import note, print_json, wants_json
from node.exits import ExitCode


@command("simulate", example="satchel simulate scenarios/library/earthquake.toml --seed 7")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--seed", type=int, default=1, show_default=True, help="Another run of the same.")
def simulate(file: Path, seed: int) -> ExitCode:
    """Run a disaster of many nodes in virtual time, and check what must hold.

    The nodes are whole ones: only their clocks, randomness, network, power and disks are made up.
    The same file, seed and version give the same digest. Exits with 1 when a check does not hold.
    """
    # Late: help and other commands need none of the simulator.
    from scenarios.plan.reading import read_scenario
    from scenarios.simulate.running import run_scenario

    scenario = read_scenario(file)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[acts]} acts"),
    )
    quiet = wants_json() or not sys.stderr.isatty()
    began = time.monotonic()
    with Progress(*columns, TimeElapsedColumn(), transient=True, disable=quiet) as progress:
        task = progress.add_task(scenario.scenario.title[:40], total=1.0, acts=0)
        run = run_scenario(
            scenario, seed, lambda share, acts: progress.update(task, completed=share, acts=acts)
        )
    seconds = time.monotonic() - began
    if wants_json():
        print_json(run.as_json(seconds))
    else:
        _tell(run.as_json(seconds), scenario.scenario.lasts)
    return ExitCode.ALL_TAKEN if run.passed else ExitCode.FAILED


def _tell(run: dict[str, object], lasts: int) -> None:
    checks = run["checks"]
    assert isinstance(checks, list)
    for check in checks:
        mark = "ok  " if check["passed"] else "FAIL"
        click.echo(f"{mark} {check['name']}: {check['detail']}")
    days = lasts / 86_400_000
    note(
        f"{run['scenario']}: seed {run['seed']}, {run['nodes']} nodes, {days:g} days in"
        f" {run['seconds']} s, {run['acts']} acts, {run['sessions']} sessions"
    )
    note(f"digest {run['digest']}")
