"""How a command finds its home, its passphrase and its node."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from node.command.shape import shared_of
from node.home.creation import open_home
from node.home.layout import locate_home
from node.home.passphrase import PassphraseSource, passphrase_source

if TYPE_CHECKING:
    from pathlib import Path

    from node.running.reach import Reach


def home_path() -> "Path":
    """`--home`, else SATCHEL_HOME, else the platform's folder."""
    return locate_home(shared_of(click.get_current_context()).home, os.environ)


def passphrase() -> PassphraseSource:
    """`--passphrase-file`, else SATCHEL_PASSPHRASE_FILE, else a person."""
    return passphrase_source(shared_of(click.get_current_context()).passphrase_file, os.environ)


@contextmanager
def node() -> "Iterator[Reach]":
    """The node of the home: joined where one runs, else started for the length of the `with`."""
    from node.running.reach import Reach

    home = open_home(home_path())
    with Reach(home, passphrase().read) as reach:
        yield reach
