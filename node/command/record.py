"""`satchel record`: writes in one chart."""

from pathlib import Path

import click

from node.client import Upload, calls
from node.command.files import open_file
from node.command.importing import LANES, Tally, show_tally
from node.command.progress import progress_bar
from node.command.reaching import node
from node.command.shape import group

record = group(
    "record", help="Write in one chart.", example="satchel record add 5kq3zr weight.json"
)


@record.command("add", example="satchel record add 5kq3zr weight.json --lane care")
@click.argument("chart")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--lane", type=LANES, help="The lane, instead of the type's own.")
def add(chart: str, file: Path, lane: str | None) -> int:
    """Put the FHIR resources of FILE into CHART, whomever they refer to."""
    tally = Tally()
    with open_file(file) as content, node() as reach, progress_bar("record") as progress:
        call = calls.record_add(chart, str(file), Upload(content), lane=lane)
        tally.add(reach.ask(call, progress))
    show_tally(tally)
    return tally.exit_code()
