"""`satchel init`: makes a home, and shows its recovery words once."""

from pathlib import Path

import click

from node.command.errors import NameUnusable
from node.command.network import network_told, read_network, show_words
from node.command.reaching import home_path, passphrase
from node.command.shape import command
from node.command.telling import print_json, print_line, wants_json, warn
from node.limits import node_name_length_chars_max

_WORDS_A_LINE = 4
_COLUMN_WIDTH = 18


@command("init", example="satchel init --name riverside --kind clinic")
@click.option("--name", required=True, help="What this node is called.")
@click.option(
    "--kind",
    type=click.Choice(["clinic", "relay", "patient"]),
    default="clinic",
    show_default=True,
    help="What it is for.",
)
@click.option(
    "--network",
    "network_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The shared registry to trust; without it there is none.",
)
def init(name: str, kind: str, network_file: Path | None) -> None:
    """Make a node in an empty or new folder.

    Prints its recovery words, once: write them down on paper. They alone bring charts back when
    every device is lost.

    A network FILE is trusted from here on: compare its words with who runs the registry.
    """
    if not 0 < len(name) <= node_name_length_chars_max or not name.isprintable():
        raise NameUnusable(node_name_length_chars_max)
    from node.application.starting import make_node
    from node.home.creation import begin_home
    from node.home.guard import explained
    from node.keystore.secrets import NodeKind

    network = None if network_file is None else read_network(network_file)
    with begin_home(home_path()) as creation:
        secret = passphrase().choose()
        with explained(creation.home):
            made = make_node(creation, name, NodeKind(kind), secret, network=network)
        made["network"] = None if network is None else network_told(network)
        if wants_json():
            print_json(made)
        else:
            _show(made)
        creation.finish()
        if network is not None and not wants_json():
            print_line()
            show_words(network)
    if network is None:
        warn(
            "no shared registry: degraded",
            "`satchel init --network FILE` names one, `network join` later",
        )
    warn(
        "the recovery words are shown this once: write them down on paper",
        "then run `satchel recovery confirm` and type them back",
    )


def _show(made: dict[str, object]) -> None:
    print_line(f"did      {made['did']}")
    print_line(f"peer id  {made['peer_id']}")
    print_line()
    print_line("recovery words")
    words = made["recovery_words"]
    if not isinstance(words, list):
        raise TypeError("recovery words are a list")
    for start in range(0, len(words), _WORDS_A_LINE):
        numbered = [
            f"{place:2}. {word}"
            for place, word in enumerate(words[start : start + _WORDS_A_LINE], start + 1)
        ]
        print_line("".join(text.ljust(_COLUMN_WIDTH) for text in numbered).rstrip())
