"""What a command prints: results as JSON or tables on stdout, messages on stderr.

Everything that came from records is stripped of control characters before a terminal sees it.
"""

import os
import shutil
import sys
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Final

import click

from node.api.events import json_text
from node.command.shape import shared_of
from node.failure import Account

_WIDTH_MIN: Final = 40
_WIDTH_USUAL: Final = 80
_GAP: Final = "  "
_JOINERS: Final = frozenset("\u200c\u200d")
"""Persian and the scripts of India spell with these."""
_WIDTHLESS: Final = frozenset({"Mn", "Me", "Cf"})
"""Marks above and below letters, vowel signs of Thai among them, and joiners."""
_UNSHOWN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def wants_json() -> bool:
    """Whether `--json` was given."""
    return shared_of(click.get_current_context()).json


def print_json(value: object) -> None:
    """One line of JSON: data."""
    print_bytes(json_text(value).encode(errors="backslashreplace") + b"\n")


def print_line(text: str = "") -> None:
    """One line for a person: data."""
    print_bytes(text.encode(errors="replace") + b"\n")


def print_bytes(data: bytes) -> None:
    """Data as it is."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def warn(message: str, hint: str | None = None) -> None:
    """A message beside the data; silent in JSON, where the result says it too."""
    if not wants_json():
        _say(f"satchel: warning: {message}")
        if hint:
            _say(f"satchel: hint: {hint}")


def note(message: str) -> None:
    """A message that is no fault."""
    if not wants_json():
        _say(f"satchel: {message}")


def tell_failure(account: Account, *, as_json: bool) -> None:
    """An error with its hint, on stderr."""
    if as_json:
        _say(json_text({"error": account.as_json()}))
        return
    _say(f"satchel: error: {clean(account.message)}")
    if account.hint:
        _say(f"satchel: hint: {clean(account.hint)}")


def print_table(
    headings: Sequence[str], rows: Iterable[Sequence[object]], *, flexible: int | None = None
) -> None:
    """Aligned columns that fit the terminal; the `flexible` one gives way when they do not."""
    texts = [[cell(value) for value in row] for row in rows]
    widths = [max(width(text) for text in column) for column in zip(headings, *texts, strict=True)]
    room = terminal_width() - len(_GAP) * (len(widths) - 1)
    if flexible is not None and sum(widths) > room:
        others = sum(widths) - widths[flexible]
        widths[flexible] = max(8, room - others)
    for line in [list(headings), *texts]:
        fitted = [fit(text, wide) for text, wide in zip(line, widths, strict=True)]
        print_line(_GAP.join(fitted).rstrip())


def network_lines(words: Sequence[str] | None) -> list[str]:
    """A network's fingerprint in words, for people to compare; says so where there is none."""
    if words is None:
        return [f"{'network':<14}no shared registry: degraded"]
    half = (len(words) + 1) // 2
    return [
        f"{'network':<14}{' '.join(cell(word) for word in words[:half])}",
        f"{'':<14}{' '.join(cell(word) for word in words[half:])}",
    ]


def print_wrapped(text: str, indent: str = "") -> None:
    """A text for a person, over as many lines as it needs, those after the first set in."""
    wrapped = textwrap.wrap(
        text,
        terminal_width(),
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_on_hyphens=False,
    )
    for line in wrapped:
        print_line(line)


def cell(value: object) -> str:
    """A value as one safe piece of a line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(cell(item) for item in value)
    return clean(value if isinstance(value, str) else str(value))


def clean(text: str) -> str:
    """A text fit for a line of a terminal: control and direction-changing characters go."""
    kept = (
        character
        for character in text
        if character in _JOINERS
        or character in "\t\n\r"
        or unicodedata.category(character) not in _UNSHOWN
    )
    return " ".join("".join(kept).split())


def short(identity: object) -> str:
    """The beginning of a long id, as much as commands take for the whole."""
    return cell(identity)[:16]


def fit(text: str, columns: int) -> str:
    """A text in exactly so many columns of a terminal, cut with an ellipsis where it is longer."""
    if width(text) > columns:
        kept = ""
        for character in text:
            if width(kept + character) > columns - 1:
                break
            kept += character
        text = kept + "…"
    return text + " " * (columns - width(text))


def width(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(
        0
        if unicodedata.category(character) in _WIDTHLESS
        else 1 + (unicodedata.east_asian_width(character) in "WF")
        for character in text
    )


def terminal_width() -> int:
    """Columns to fill: 80 where nobody looks, so that what is written to files is alike."""
    if not sys.stdout.isatty() and "COLUMNS" not in os.environ:
        return _WIDTH_USUAL
    return max(_WIDTH_MIN, shutil.get_terminal_size((_WIDTH_USUAL, 24)).columns)


def plural(count: int, noun: str, many: str | None = None) -> str:
    """A count with its noun."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def _say(text: str) -> None:
    """A line on stderr; when that has gone there is nobody to tell."""
    try:
        click.echo(text, err=True)
    except OSError:
        return
