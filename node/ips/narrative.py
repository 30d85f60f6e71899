"""XHTML for people, made of texts that are escaped here and nowhere else. Sections call it.

Only elements and attributes that FHIR allows in a narrative; nothing of a record becomes markup.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from node.ips.wording import plain

_OPENING: Final = '<div xmlns="http://www.w3.org/1999/xhtml" lang="en" xml:lang="en">'


def text(value: str) -> str:
    """A text as XHTML shows it: no control or direction-changing characters, all markup escaped."""
    return escape(plain(value), quote=True)


def strong(value: str) -> str:
    """A text that must be seen."""
    return f"<b>{text(value)}</b>"


def paragraph(markup: str) -> str:
    """A paragraph of ready markup."""
    return f"<p>{markup}</p>"


def table(caption: str, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of cells of ready markup under headings that are texts; empty columns go."""
    listed = list(rows)
    shown = [place for place in range(len(headings)) if any(row[place] for row in listed)]
    head = "".join(f"<th>{text(headings[place])}</th>" for place in shown)
    lines = ("".join(f"<td>{row[place]}</td>" for place in shown) for row in listed)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    said = f"<caption>{text(caption)}</caption>" if caption else ""
    return f"<table>{said}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def narrative(parts: Iterable[str]) -> dict[str, str]:
    """A FHIR Narrative of ready markup."""
    return {"status": "generated", "div": f"{_OPENING}{''.join(parts)}</div>"}
