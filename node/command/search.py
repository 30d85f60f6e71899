"""`satchel search`: finds charts by what a patient is called or numbered."""

import click

from node.client import calls
from node.command.chart import print_charts
from node.command.reaching import node
from node.command.shape import command


@command("search", example='satchel search "nakato 1984"')
@click.argument("text")
def search(text: str) -> None:
    """Find charts by name, identifier, phone number or birth date."""
    with node() as reach:
        found = reach.ask(calls.search(text))
    print_charts(found, "nobody found")
