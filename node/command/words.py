"""Recovery words as a command gets them: from a file or stdin, never from its arguments."""

from pathlib import Path
from typing import Final

import click

from node.command.files import read_text

_TEXT_LENGTH_CHARS_MAX: Final = 4096

recovery_option = click.option(
    "--recovery",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Act as the root: a file with the recovery words, - for stdin.",
)


def read_words(path: Path) -> list[str]:
    """The words in a file or in what a person types: any case, any spacing, numbered or not."""
    parts = read_text(path, _TEXT_LENGTH_CHARS_MAX).lower().split()
    words = (part.lstrip("0123456789.):") for part in parts)
    return [word for word in words if word]


def words_or_none(path: Path | None) -> list[str] | None:
    """The words for `--recovery`, where it was given."""
    return None if path is None else read_words(path)
