"""`satchel demo`: plays the story in a folder that it removes, and judges it."""

import contextlib
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import click

from node.command.shape import command
from node.command.telling import note, print_json, wants_json
from node.exits import ExitCode
from scenarios.demo.errors import KeepFolderUsed
from scenarios.demo.narration import Narrator


@command("demo", example="satchel demo --patients 3 --seed 7")
@click.option("--seed", type=int, default=1, show_default=True, help="Other people, other records.")
@click.option(
    "--patients", type=click.IntRange(1, 200), default=6, show_default=True, help="How many."
)
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Keep the homes, papers and transcripts in a new folder.",
)
def demo(seed: int, patients: int, keep: Path | None) -> ExitCode:
    """Let two clinics disagree, meet through a relay, and shut one of them out.

    Three nodes run on this machine, each a process with a home of its own, over libp2p on loopback.
    All patients are made up. Exits with 1 when anything that is checked does not hold.
    """
    # Late: help and other commands need none of the story.
    from scenarios.demo.story import perform

    with _ended_by_signals(), _stage(keep) as stage:
        with Narrator(silent=wants_json()) as narrator:
            outcome = perform(stage, narrator, seed=seed, patients=patients)
        narrator.conclude(outcome.checks, outcome.seconds)
        if wants_json():
            print_json(outcome.as_json())
        if keep is not None:
            note(f"kept in {stage}; each home's passphrase lies beside it")
    return ExitCode.ALL_TAKEN if outcome.passed else ExitCode.FAILED


@contextlib.contextmanager
def _stage(keep: Path | None) -> Iterator[Path]:
    """A folder for everything: one that is removed at the end, or the one to keep."""
    if keep is None:
        # The space is meant: paths with spaces are usual where people name folders.
        with tempfile.TemporaryDirectory(prefix="satchel demo ") as folder:
            yield Path(folder)
        return
    try:
        keep.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(keep.iterdir()):
            raise KeepFolderUsed(keep)
    except (FileExistsError, NotADirectoryError):
        raise KeepFolderUsed(keep) from None
    yield keep.resolve()


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP end the story as an exception does: processes first, then the folder."""

    def leave(number: int, _frame: FrameType | None) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
