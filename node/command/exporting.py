"""`satchel export`: charts as FHIR, their original bytes, or as patient summaries."""

import os
import sys
from collections.abc import Callable, Generator
from contextlib import nullcontext
from pathlib import Path
from typing import Final

import click

from node.client import calls
from node.client.calls import Result
from node.command.errors import OutputFailed
from node.command.files import flush_name
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import note, plural, print_bytes, print_json, wants_json, warn
from node.exits import ExitCode

STDOUT: Final = Path("-")

Pieces = Generator[bytes, None, Result]


@command("export", example="satchel export --chart 5kq3zr --format ips -o summary.json")
@click.option("--chart", metavar="ID", help="One chart, by its id or the beginning of it.")
@click.option("--all", "every", is_flag=True, help="Every chart and the directory (the default).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "bundle", "ips"]),
    default="ndjson",
    show_default=True,
    help="A resource a line, one Bundle, or a chart's International Patient Summary a line.",
)
@click.option("--history", is_flag=True, help="Every version, not only the present ones.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="Instead of stdout (which is -).",
)
def export(
    chart: str | None, every: bool, form: str, history: bool, output: Path | None
) -> ExitCode:
    """Write what charts hold as FHIR, in the bytes that were taken in.

    A bundle is of type collection, with --history of type history. A summary lists what is active,
    marks what is disputed or unverified, and says what is not known.
    """
    if chart is not None and every:
        raise click.UsageError("--chart and --all exclude each other")
    if form == "ips" and history:
        raise click.UsageError("--format ips and --history exclude each other")
    to_stdout = output is None or output == STDOUT
    # A bar would go over what a person reads from the same terminal.
    silent = to_stdout and sys.stdout.isatty()
    bar = nullcontext(_quiet) if silent else progress_bar("export")
    with node() as reach, bar as progress:
        call = calls.export(chart, form=form, history=history)
        pieces = reach.pieces(call, progress)
        if output is None or to_stdout:
            counted = _drain(pieces, print_bytes)
            size_bytes = lines = None
        else:
            size_bytes, lines, counted = _write(output, pieces)
    return _tell(output, size_bytes, lines, counted, form)


def _tell(
    output: Path | None, size_bytes: int | None, lines: int | None, counted: Result, form: str
) -> ExitCode:
    if lines is not None and wants_json():
        told = {"file": str(output), "bytes": size_bytes, "lines": lines}
        apart = {name: counted.get(name, 0) for name in ("left_out", "not_here")}
        print_json({**told, **apart, "missing": counted.get("missing", [])})
    elif lines is not None:
        note(f"wrote {plural(lines, 'line')} to {output}")
    left_out = counted.get("left_out", 0)
    if left_out and form == "ips":
        warn(f"left out {plural(left_out, 'chart')} of which this node can read nothing")
    elif left_out:
        warn(
            f"left out {plural(left_out, 'version')} that cannot be read as FHIR",
            "`satchel chart history` names the operations",
        )
    return _tell_missing(counted)


def _tell_missing(counted: Result) -> ExitCode:
    """Name what is not exported because its content is not here yet; the exit code says so too."""
    not_here = counted.get("not_here", 0)
    if not not_here:
        return ExitCode.ALL_TAKEN
    warn(
        f"left out {plural(not_here, 'version')} of which the content is not here yet",
        "sync with a node that has it, and export again",
    )
    for line in counted.get("missing", []):
        note(f"not here yet: {line['resource']} in chart {line['chart']}")
    return ExitCode.INCOMPLETE


def _quiet(_what: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""


def _drain(pieces: Pieces, take: Callable[[bytes], object]) -> Result:
    """Give every piece on; returns what the node counted."""
    while True:
        try:
            piece = next(pieces)
        except StopIteration as ended:
            counted: Result = ended.value or {}
            return counted
        take(piece)


class _Tally:
    """Counts what is written."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self.size_bytes = self.lines = 0

    def take(self, piece: bytes) -> None:
        self._write(piece)
        self.size_bytes += len(piece)
        self.lines += piece.count(b"\n")


def _write(output: Path, pieces: Pieces) -> tuple[int, int, Result]:
    """Write a file that others cannot read, whole or not at all; what was there stays till then.

    A device or a pipe is written to as it is: it is nobody's to replace.
    """
    try:
        target = output.resolve()
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                tally = _Tally(file.write)
                counted = _drain(pieces, tally.take)
        else:
            tally, counted = _replace(target, pieces)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputFailed(output, (error.strerror or "unknown").lower()) from None
    return tally.size_bytes, tally.lines, counted


def _replace(target: Path, pieces: Pieces) -> tuple[_Tally, Result]:
    """Write beside the target, then take its place."""
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            tally = _Tally(file.write)
            counted = _drain(pieces, tally.take)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(target)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    flush_name(target)
    return tally, counted
