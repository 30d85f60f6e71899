"""`satchel record`: writes in one chart."""

from pathlib import Path

import click

from node.client import Upload, calls
from node.command.files import SentFile
from node.command.finding import Found
from node.command.importing import LANES, Sent, Tally, opened, show_tally
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
    """Put the FHIR resources of FILE into CHART, whomever they refer to; `-` is stdin."""
    tally = Tally()
    one = Found(file)
    with opened(one) as content, node() as reach, progress_bar("record", of_bytes=True) as progress:
        upload = Upload(SentFile(file, content, Sent(progress, [one]).moved))
        tally.add(reach.ask(calls.record_add(chart, one.label, upload, lane=lane)))
    show_tally(tally)
    return tally.exit_code()
