"""`satchel simulate`: runs one scenario file, or searches its seeds for one that fails."""

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from node.command.shape import command
from node.command.telling import note, print_json, wants_json
from node.exits import ExitCode

if TYPE_CHECKING:
    from scenarios.plan.scenario import Scenario


@command("simulate", example="satchel simulate scenarios/library/earthquake.toml --seed 7")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--seed", type=int, default=1, show_default=True, help="Another run of the same.")
@click.option("--until", metavar="TIME", help="End at a moment of it, such as '2d 6h'.")
@click.option(
    "--nodes", multiple=True, metavar="N|GROUP=N", help="With so many nodes; may be said again."
)
@click.option("--real", is_flag=True, help="With a process a node, over libp2p.")
@click.option("--random", "at_random", is_flag=True, help="A small world that the seed makes.")
@click.option("--faults", metavar="NAME,…", help="Let only these of its faults happen.")
@click.option(
    "--search",
    type=click.IntRange(1),
    metavar="N",
    help="Try N seeds from --seed on, until one fails; then find the fewest faults.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write a page with pictures, its numbers as JSON, and the history there.",
)
@click.option(
    "--processes",
    type=click.IntRange(1, 64),
    help="How many at once, of seeds or of parts that never meet.",
)
def simulate(
    file: Path | None,
    seed: int,
    until: str | None,
    nodes: tuple[str, ...],
    real: bool,
    at_random: bool,
    faults: str | None,
    search: int | None,
    report: Path | None,
    processes: int | None,
) -> ExitCode:
    """Run a disaster of many nodes in virtual time, and check what must hold.

    The nodes are whole ones: only their clocks, randomness, network, power and disks are made up.
    The same file, seed and version give the same digest. Exits with 1 when a check does not hold.
    """
    # Late: help and other commands need none of the simulator.
    from scenarios.plan.reading import read_scenario
    from scenarios.plan.scaling import lasting, scaled
    from scenarios.simulate.islands import islands_of

    if (file is None) != at_random:
        raise click.UsageError("name a scenario file, or say --random")
    scenario = None if file is None else read_scenario(file)
    if scenario is not None and until is not None:
        scenario = lasting(scenario, until)
    if scenario is not None:
        scenario = scaled(scenario, nodes)
    what = "--random" if file is None else str(file)
    for option, values in (("--until", [until] if until else []), ("--nodes", nodes)):
        what += "".join(f" {option} '{value}'" for value in values)
    if search is not None and report is not None:
        raise click.UsageError("a report is of one run: leave out --search or --report")
    if search is not None:
        return _search(scenario, what, seed, search, processes)
    if scenario is not None and not (real or faults) and len(islands_of(scenario)) > 1:
        replay = f"satchel simulate {what} --seed {seed}"
        return _run_islands(scenario, seed, processes, report, replay)
    keep = None if faults is None else frozenset(filter(None, faults.split(",")))
    replay = f"satchel simulate {what} --seed {seed}" + " --real" * real
    replay += "" if faults is None else f" --faults '{faults}'"
    return _run(scenario, seed, keep, real=real, report=report, replay=replay)


def _run(
    scenario: "Scenario | None",
    seed: int,
    keep: frozenset[str] | None,
    *,
    real: bool,
    report: Path | None,
    replay: str,
) -> ExitCode:
    from scenarios.real.running import run_really
    from scenarios.report.of_run import given_of
    from scenarios.report.watching import Watching
    from scenarios.report.writing import require_report, write_report
    from scenarios.simulate.random_history import random_scenario
    from scenarios.simulate.running import run_scenario

    if report is not None:
        require_report(report)
    chosen = scenario or random_scenario(seed)
    watching: list[Watching] = []
    began = time.monotonic()
    with _bar() as progress:
        task = progress.add_task(chosen.scenario.title[:40], total=1.0, done="")

        def passed(share: float, acts: int) -> None:
            progress.update(task, completed=share, done=f"{acts} acts")

        if real:
            run = run_really(chosen, seed, passed, keep)
        else:
            watch = None if report is None else lambda world: watching.append(Watching(world))
            run = run_scenario(chosen, seed, passed, keep, watch=watch)
    told = run.as_json(time.monotonic() - began)
    if report is not None:
        seen = watching[0].events if watching else None
        told["report"] = str(write_report(given_of(run, replay, seen), report))
    if wants_json():
        print_json(told)
    else:
        _tell(told, chosen.scenario.lasts)
    return ExitCode.ALL_TAKEN if run.passed else ExitCode.FAILED


def _run_islands(
    scenario: "Scenario", seed: int, processes: int | None, report: Path | None, replay: str
) -> ExitCode:
    """Run a scenario whose parts never meet, a process a part; the digest is of all together."""
    from scenarios.report.of_run import joined
    from scenarios.report.writing import require_report, write_report
    from scenarios.simulate.islands import run_islands

    if report is not None:
        require_report(report)
    began = time.monotonic()
    with _bar() as progress:
        task = progress.add_task(scenario.scenario.title[:40], total=1.0, done="")
        run = run_islands(
            scenario,
            seed,
            lambda share, acts: progress.update(task, completed=share, done=f"{acts} acts"),
            processes,
            report=report is not None,
        )
    told = run.as_json(time.monotonic() - began)
    if report is not None:
        told["report"] = str(write_report(joined(run, replay), report))
    if wants_json():
        print_json(told)
    else:
        _tell(told, scenario.scenario.lasts)
    return ExitCode.ALL_TAKEN if run.passed else ExitCode.FAILED


def _search(
    scenario: "Scenario | None", what: str, first: int, count: int, processes: int | None
) -> ExitCode:
    from scenarios.simulate.searching import search

    began, tried = time.monotonic(), 0
    failed = None
    with _bar() as progress:
        task = progress.add_task("seeds", total=count, done="")
        for each in search(scenario, range(first, first + count), processes=processes):
            tried += 1
            progress.update(task, completed=tried, done=f"{tried} seeds")
            if not each.passed:
                failed = each
                break
    seconds = time.monotonic() - began
    told: dict[str, object] = {
        "scenario": what if scenario is None else scenario.scenario.title,
        "first_seed": first,
        "tried": tried,
        "passed": failed is None,
        "seconds": round(seconds, 3),
    }
    if failed is not None:
        told |= {"seed": failed.seed, "failed": list(failed.failed), "detail": failed.detail}
        told["replay"] = _shrunk(scenario, what, failed.seed, failed.failed)
    if wants_json():
        print_json(told)
    elif failed is None:
        note(f"{tried} seeds from {first} on, all hold, in {seconds:.0f} s")
    else:
        click.echo(f"FAIL seed {failed.seed}: {failed.detail}")
        click.echo(f"replay: {told['replay']}")
    return ExitCode.ALL_TAKEN if failed is None else ExitCode.FAILED


def _shrunk(scenario: "Scenario | None", what: str, seed: int, names: tuple[str, ...]) -> str:
    """The one command that shows a failure again, with the fewest faults that still fail."""
    from scenarios.simulate.random_history import random_scenario
    from scenarios.simulate.searching import faults_of, try_seed
    from scenarios.simulate.shrinking import fewest

    def fails(keep: frozenset[str]) -> bool:
        return bool(set(try_seed(scenario, seed, keep).failed) & set(names))

    note("looking for the fewest faults with which it still fails")
    happened = faults_of(scenario or random_scenario(seed), seed)
    kept = ",".join(fewest(happened, fails))
    return f"satchel simulate {what} --seed {seed} --faults '{kept}'"


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[done]}"))
    quiet = wants_json() or not sys.stderr.isatty()
    return Progress(*columns, TimeElapsedColumn(), transient=True, disable=quiet)


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
    if "report" in run:
        note(f"report {run['report']}")
