"""How a command finds its home, its passphrase and its node."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, NoReturn

import click

from node.command.shape import shared_of
from node.errors import StorageFailed
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
    """The node of the home: joined where one runs, else started for the length of the `with`.

    That one of our own could not write down at its end what was read, as on a full disk, is told
    after the command has shown it.
    """
    from node.running.reach import Reach

    home = open_home(home_path())
    with ExitStack() as stack:
        yield stack.enter_context(Reach(home, passphrase().read))
        ending = stack.pop_all()
        try:
            ending.close()
        except StorageFailed as error:
            click.get_current_context().call_on_close(partial(_fail, error))


def _fail(error: StorageFailed) -> NoReturn:
    raise error
