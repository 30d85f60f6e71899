"""`satchel import`: FHIR files into charts."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import click

from node.client import Upload, calls
from node.command.errors import CommandError
from node.command.files import STANDARD, SentFile, open_file, standard_input
from node.command.finding import Found, find_files
from node.command.progress import Progress, progress_bar
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import cell, plural, print_json, print_line, print_wrapped, wants_json
from node.exits import ExitCode
from node.limits import import_rejections_listed_max

LANES = click.Choice(["summary", "care", "sensitive"])


@dataclass
class Tally:
    """What became of the files so far."""

    accepted: int = 0
    unchanged: int = 0
    rejected_count: int = 0
    rejected: list[dict[str, str]] = field(default_factory=list)
    """The first of them, up to a limit: there may be millions."""
    charts: set[str] = field(default_factory=set)
    duplicates: int = 0
    """People who may have been here already."""
    seconds: float = 0.0

    def add(self, result: dict[str, Any]) -> None:
        """Take one file's result in."""
        self.accepted += result["accepted"]
        self.unchanged += result["unchanged"]
        self.rejected_count += result["rejected_count"]
        self.rejected += result["rejected"][: import_rejections_listed_max - len(self.rejected)]
        self.charts |= set(result["charts"])
        self.duplicates += result["duplicates"]
        self.seconds += float(result["seconds"])

    def reject(self, source: str, reason: str) -> None:
        """A whole file was not taken."""
        self.rejected_count += 1
        if len(self.rejected) < import_rejections_listed_max:
            self.rejected.append({"source": source, "reason": reason})

    def as_json(self) -> dict[str, object]:
        """What `--json` prints."""
        return {
            "accepted": self.accepted,
            "unchanged": self.unchanged,
            "rejected": self.rejected,
            "rejected_count": self.rejected_count,
            "charts": len(self.charts),
            "chart_ids": sorted(self.charts),
            "duplicates": self.duplicates,
            "seconds": round(self.seconds, 3),
        }

    def exit_code(self) -> ExitCode:
        """0 all taken, 3 some rejected, 4 none taken."""
        if not self.rejected_count:
            return ExitCode.ALL_TAKEN
        return ExitCode.SOME_REJECTED if self.accepted else ExitCode.NONE_TAKEN


@command("import", example="satchel import patients/ --source lab.example.org")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE…")
@click.option("--source", help="The system that named these resources; this organisation if not.")
@click.option("--lane", type=LANES, help="The lane for all of it, instead of each type's own.")
def import_files(paths: tuple[Path, ...], source: str | None, lane: str | None) -> int:
    """Take FHIR R4 files into charts: Bundles, single resources, NDJSON, gzip of any.

    A file may be larger than memory; `-` is stdin. Of a folder and the folders in it, *.json,
    *.ndjson and *.gz are taken, files of Patients first. What is taken is durable; what is not is
    listed with the reason, up to 1,000 of them.
    """
    found = find_files(paths)
    tally = Tally()
    with node() as reach, progress_bar("import", of_bytes=True) as progress:
        sent = Sent(progress, found)
        for one in found:
            if one.refused:
                tally.reject(one.label, one.refused)
                continue
            try:
                with opened(one) as file:
                    upload = Upload(SentFile(one.path, file, sent.moved))
                    call = calls.import_file(one.label, upload, source=source, lane=lane)
                    tally.add(reach.ask(call))
            except CommandError as error:
                tally.reject(one.label, str(error))
    show_tally(tally)
    return tally.exit_code()


class Sent:
    """How many bytes of all files were sent; the node lets no more come than it has taken in."""

    def __init__(self, progress: Progress, found: list[Found]) -> None:
        """Begin at none."""
        sizes = [one.size_bytes for one in found if not one.refused]
        known = [size for size in sizes if size is not None]
        self._total_bytes = sum(known) if len(known) == len(sizes) else None
        self._progress = progress
        self._bytes = 0

    def moved(self, size_bytes: int) -> None:
        """So many more."""
        self._bytes += size_bytes
        self._progress("import", self._bytes, self._total_bytes)


@contextmanager
def opened(one: Found) -> Iterator[BinaryIO]:
    """A file for the length of a `with`; stdin stays open. Raises FileMissing, FileRefused."""
    if one.path == STANDARD:
        yield standard_input()
        return
    # What came out of a folder was judged there: a link that was put in its place since is not.
    with open_file(one.opened or one.path, follow=not one.in_folder) as file:
        yield file


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
    if not tally.rejected_count:
        return
    print_line(f"{tally.rejected_count:,} rejected:")
    for one in tally.rejected:
        print_wrapped(f"{cell(one['source'])}: {cell(one['reason'])}", "  ")
    if tally.rejected_count > len(tally.rejected):
        print_line(f"  and {tally.rejected_count - len(tally.rejected):,} more")
