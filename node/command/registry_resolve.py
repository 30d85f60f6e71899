"""`satchel registry resolve`: a DID's document, and how much of it is proven."""

import click

from node.client import chain_calls
from node.command.reaching import node
from node.command.shape import command
from node.command.telling import cell, note, print_json, print_line, wants_json


@command(
    "resolve",
    example="satchel registry resolve did:ethr:0x3b0bc51ab9de1e5b7b6e34e5b960285805c41736\n"
    "satchel registry resolve did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK",
)
@click.argument("did", metavar="DID")
@click.option("--url", metavar="URL", help="The chain's endpoint; else the network file's.")
def resolve(did: str, url: str | None) -> None:
    """Print the document of DID, a did:key or a did:ethr, with ?versionId=BLOCK as of a block.

    Who owns a did:ethr is proven under the chain's newest block; its keys and services are events,
    which a chain cannot prove: they are as its endpoint tells them.
    """
    with node() as reach:
        found = reach.ask(chain_calls.registry_resolve(did, url))
    if wants_json():
        print_json(found)
        return
    import json

    if found["metadata"].get("deactivated"):
        note("this DID was deactivated")
    print_line(json.dumps(found["document"], indent=2, ensure_ascii=False))
    if found["chain"] is None:
        note("a did:key says everything itself; no chain was asked")
    else:
        block, when = cell(found["as_of_block"]), cell(found["as_of_time"])
        note(f"as of block {block}, {when}, by {cell(found['chain'])}")
        note("proven: the owner; told: keys, delegates, services")
