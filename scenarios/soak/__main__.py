"""`python -m scenarios.soak`, which `make soak` calls: imports killed, fuzzing, random worlds."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.progress import Progress

from scenarios.population.writing import Form
from scenarios.soak import histories, killed_imports
from scenarios.soak.fuzz import working
from scenarios.soak.fuzz.catalogue import TARGETS
from scenarios.soak.home import RunFailed

_RESOURCES_PER_SECOND: Final = 4000
"""What is reckoned with before anything is measured."""
_RESOURCES_EACH: Final = 100

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
seed_option = click.option("--seed", default="1", show_default=True, help="Other inputs.")
patients_option = click.option(
    "--patients", default=10_000, show_default=True, help="Patients of 100 resources each."
)
kills_option = click.option("--kills", default=20, show_default=True, help="Times it is killed.")
inputs_option = click.option(
    "--inputs", default=1_000_000, show_default=True, help="Inputs over all targets."
)
worlds_option = click.option(
    "--worlds", default=10_000, show_default=True, help="Random worlds of five nodes."
)
minutes_option = click.option(
    "--minutes", type=float, default=1e6, help="Stop fuzzing after so long."
)


@click.group(invoke_without_command=True)
@click.pass_context
def soak(context: click.Context) -> None:
    """Long runs. Without a command: all of them."""
    if context.invoked_subcommand is None:
        context.invoke(everything)


@soak.command("imports")
@patients_option
@kills_option
@seed_option
@json_option
def imports(patients: int, kills: int, seed: str, as_json: bool) -> None:
    """Import a made-up population with kills at random points, and compare with a clean run."""
    if not _imports(patients, kills, seed, as_json):
        sys.exit(1)


@soak.command("fuzz")
@inputs_option
@minutes_option
@seed_option
@json_option
@click.option("--target", "only", multiple=True, help="Only this target; may be given again.")
@click.option(
    "--crashes",
    type=click.Path(path_type=Path),
    default=Path("build/fuzz"),
    show_default=True,
    help="Where inputs are saved that did what none may do.",
)
def fuzzing(
    inputs: int, minutes: float, seed: str, as_json: bool, only: tuple[str, ...], crashes: Path
) -> None:
    """Feed changed inputs to every decoder and to the importer, by two processes."""
    if not _fuzz(inputs, minutes, seed, as_json, only, crashes):
        sys.exit(1)


@soak.command("histories")
@worlds_option
@seed_option
@json_option
def random_worlds(worlds: int, seed: str, as_json: bool) -> None:
    """Run random small worlds with every fault on, by two processes."""
    if not _histories(worlds, seed, as_json):
        sys.exit(1)


@soak.command("all")
@worlds_option
@patients_option
@kills_option
@inputs_option
@minutes_option
@seed_option
@json_option
def everything(
    worlds: int = 10_000,
    patients: int = 10_000,
    kills: int = 20,
    inputs: int = 1_000_000,
    minutes: float = 1e6,
    seed: str = "1",
    as_json: bool = False,
) -> None:
    """Fuzz, then import, then let random worlds go wrong."""
    fuzzed = _fuzz(inputs, minutes, seed, as_json, (), Path("build/fuzz"))
    imported = _imports(patients, kills, seed, as_json)
    if not _histories(worlds, seed, as_json) or not imported or not fuzzed:
        sys.exit(1)


@soak.command("replay")
@click.argument("target", type=click.Choice(sorted(TARGETS)))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(target: str, file: Path) -> None:
    """Feed one saved input again; what it raises is shown."""
    one = TARGETS[target]
    one.fuzz_one(file.read_bytes())
    if one.finish is not None:
        one.finish()
    click.echo("nothing was raised")


@soak.command("guided", context_settings={"ignore_unknown_options": True})
@click.argument("target", type=click.Choice(sorted(TARGETS)))
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def guided(target: str, arguments: tuple[str, ...]) -> None:
    """Let atheris look for inputs by coverage; ARGUMENTS are libFuzzer's (needs `.[fuzz]`)."""
    from scenarios.soak.fuzz.guiding import guide

    guide(TARGETS[target], arguments)


def _imports(patients: int, kills: int, seed: str, as_json: bool) -> bool:
    seconds = patients * _RESOURCES_EACH / _RESOURCES_PER_SECOND
    # A killed run takes half of a clean one; what is there already goes faster.
    click.echo(
        f"about {seconds * (2 + kills * 0.5) / 60:.0f} minutes for {patients} patients of "
        f"{_RESOURCES_EACH} resources, {kills} kills and two exports of each home",
        err=True,
    )
    with tempfile.TemporaryDirectory(prefix="satchel soak ") as folder:
        try:
            done = killed_imports.run(
                Path(folder),
                patients=patients,
                resources_each=_RESOURCES_EACH,
                kills=kills,
                seed=seed,
                form=Form.BULK,
            )
        except RunFailed as error:
            click.echo(f"imports: {error}", err=True)
            return False
    if as_json:
        click.echo(json.dumps({"imports": done.as_json()}))
    else:
        for name, figure in done.as_json().items():
            click.echo(f"{name.replace('_', ' '):<28}{figure}")
    return done.equal


def _histories(worlds: int, seed: str, as_json: bool) -> bool:
    first = int(seed) if seed.isdigit() else 1
    with _bar(worlds, "random worlds") as progress:
        done = histories.run(worlds, first, progress=progress)
    if as_json:
        click.echo(json.dumps({"histories": done.as_json()}))
        return not done.failed
    click.echo(
        f"{done.worlds} worlds from seed {first} in {done.seconds:.0f} s: {done.acts} acts, "
        f"{done.received} operations received, {len(done.failed)} failed; digest {done.digest}"
    )
    for each in done.failed:
        click.echo(f"  seed {each.seed}: {each.detail}\n    {histories.replay(each)}")
    return not done.failed


def _fuzz(
    inputs: int, minutes: float, seed: str, as_json: bool, only: tuple[str, ...], crashes: Path
) -> bool:
    unknown = sorted(set(only) - TARGETS.keys())
    if unknown:
        raise click.BadParameter(f"no target {', '.join(unknown)}", param_hint="--target")
    chosen = {name: target for name, target in TARGETS.items() if not only or name in only}
    with _bar(inputs) as progress:
        done = working.run(
            chosen,
            inputs=inputs,
            seed=seed,
            folder=crashes,
            seconds_max=minutes * 60,
            progress=progress,
        )
    if as_json:
        click.echo(json.dumps({"fuzz": done.as_json()}))
    else:
        _tell(done)
    return done.passed


@contextmanager
def _bar(total: int, what: str = "fuzzing") -> Iterator[working.Progress]:
    """A bar where a person looks."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda fed: None
        return
    with Progress(console=console, transient=True) as shown:
        task = shown.add_task(what, total=total)
        yield lambda fed: shown.update(task, completed=fed)


def _tell(done: working.FuzzRun) -> None:
    click.echo(f"{'target':<18}{'inputs':>10}{'a second':>10}{'slowest':>10}")
    for name, one in done.targets.items():
        rate = one["inputs"] / max(one["seconds"], 0.001)
        slowest = f"{one['slowest_seconds'] * 1000:.0f} ms"
        click.echo(f"{name:<18}{one['inputs']:>10.0f}{rate:>10.0f}{slowest:>10}")
    held = " and ".join(f"{size:.0f} MB" for size in done.resident_megabytes_max)
    click.echo(
        f"{done.inputs} inputs in {done.seconds:.0f} s, {done.inputs_per_second} a second; "
        f"at most {held} of memory; {len(done.crashes)} crashes"
    )
    for crash in done.crashes:
        click.echo(f"  {crash.what}\n    {crash.replay}")


if __name__ == "__main__":
    soak()
