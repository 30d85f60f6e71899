"""`satchel export`: charts as FHIR, their original bytes."""

import os
from collections.abc import Iterator
from pathlib import Path

import click

from node.client import calls
from node.command.errors import OutputFailed
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import note, plural, print_bytes, print_json, wants_json


@command("export", example="satchel export --chart 5kq3zr --format bundle -o chart.json")
@click.option("--chart", metavar="ID", help="One chart, by its id or the beginning of it.")
@click.option("--all", "every", is_flag=True, help="Every chart and the directory (the default).")
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "bundle"]),
    default="ndjson",
    show_default=True,
    help="A resource a line, or one Bundle.",
)
@click.option("--history", is_flag=True, help="Every version, not only the present ones.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help="Instead of stdout."
)
def export(chart: str | None, every: bool, form: str, history: bool, output: Path | None) -> None:
    """Write what charts hold as FHIR, in the bytes that were taken in."""
    if chart is not None and every:
        raise click.UsageError("--chart and --all exclude each other")
    with node() as reach:
        pieces = reach.pieces(calls.export(chart, form=form, history=history))
        if output is None:
            for piece in pieces:
                print_bytes(piece)
            return
        size_bytes, lines = _write(output, pieces)
    if wants_json():
        print_json({"file": str(output), "bytes": size_bytes, "lines": lines})
    else:
        note(f"wrote {plural(lines, 'line')} to {output}")


def _write(output: Path, pieces: Iterator[bytes]) -> tuple[int, int]:
    """Write a file that others cannot read, whole or not at all."""
    fresh = output.with_name(f".{output.name}.{os.getpid()}.new")
    size_bytes = lines = 0
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OutputFailed(output, (error.strerror or "unknown").lower()) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            for piece in pieces:
                file.write(piece)
                size_bytes += len(piece)
                lines += piece.count(b"\n")
        fresh.replace(output)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise OutputFailed(output, (error.strerror or "unknown").lower()) from None
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise
    return size_bytes, lines
