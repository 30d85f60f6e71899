"""`satchel import`: FHIR files into charts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from node.client import Upload, calls
from node.command.errors import CommandError
from node.command.files import Found, find_files, open_file
from node.command.progress import Progress, progress_bar
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import cell, plural, print_json, print_line, print_wrapped, wants_json
from node.exits import ExitCode

LANES = click.Choice(["summary", "care", "sensitive"])


@dataclass
class Tally:
    """What became of the files so far."""

    accepted: int = 0
    unchanged: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)
    charts: set[str] = field(default_factory=set)
    duplicates: int = 0
    """People who may have been here already."""
    seconds: float = 0.0

    def add(self, result: dict[str, Any]) -> None:
        """Take one file's result in."""
        self.accepted += result["accepted"]
        self.unchanged += result["unchanged"]
        self.rejected += result["rejected"]
        self.charts |= set(result["charts"])
        self.duplicates += result["duplicates"]
        self.seconds += float(result["seconds"])

    def reject(self, source: Path, reason: str) -> None:
        """A whole file was not taken."""
        self.rejected.append({"source": str(source), "reason": reason})

    def as_json(self) -> dict[str, object]:
        """What `--json` prints."""
        return {
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "charts": len(self.charts),
            "chart_ids": sorted(self.charts),
            "duplicates": self.duplicates,
            "seconds": round(self.seconds, 3),
        }

    def exit_code(self) -> ExitCode:
        """0 all taken, 3 some rejected, 4 none taken."""
        if not self.rejected:
            return ExitCode.ALL_TAKEN
        return ExitCode.SOME_REJECTED if self.accepted else ExitCode.NONE_TAKEN


@command("import", example="satchel import patients/ --source lab.example.org")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--source", help="The system that named these resources; this organisation if not.")
@click.option("--lane", type=LANES, help="The lane for all of it, instead of each type's own.")
def import_files(paths: tuple[Path, ...], source: str | None, lane: str | None) -> int:
    """Take FHIR R4 files into charts: Bundles, single resources, NDJSON.

    Of a folder, *.json and *.ndjson are taken, sorted. What is taken is durable; what is not is
    listed with the reason.
    """
    found = find_files(paths)
    tally = Tally()
    with node() as reach, progress_bar("import") as progress:
        for place, one in enumerate(found):
            if one.refused:
                tally.reject(one.path, one.refused)
                continue
            moved = _of_many(progress, place, len(found))

            def ask(upload: Upload, label: str, moved: Progress = moved) -> dict[str, Any]:
                call = calls.import_file(label, upload, source=source, lane=lane)
                return reach.ask(call, moved)

            _take(one, tally, ask)
    show_tally(tally)
    return tally.exit_code()


def show_tally(tally: Tally) -> None:
    """What became of the files, as JSON or for a person."""
    if wants_json():
        print_json(tally.as_json())
        return
    taken = f"{plural(tally.accepted, 'resource')} taken"
    if tally.unchanged:
        taken += f" ({tally.unchanged:,} of them unchanged)"
    print_line(f"{taken}, in {plural(len(tally.charts), 'chart')}, {tally.seconds:.1f} s")
    if tally.duplicates:
        people = plural(tally.duplicates, "person", "people")
        print_line(f"{people} may be here already: `satchel duplicates list`")
    if tally.rejected:
        print_line(f"{len(tally.rejected):,} rejected:")
        for one in tally.rejected:
            print_wrapped(f"{cell(one['source'])}: {cell(one['reason'])}", "  ")


def _take(one: Found, tally: Tally, ask: Callable[[Upload, str], dict[str, Any]]) -> None:
    try:
        file = open_file(one.path)
    except CommandError as error:
        tally.reject(one.path, str(error))
        return
    with file:
        tally.add(ask(Upload(file), str(one.path)))


def _of_many(progress: Progress, place: int, files: int) -> Progress:
    """Counts files where there are many, else what is in the one."""
    if files == 1:
        return progress
    return lambda _what, _done, _total: progress("import", place, files)
