"""Small pieces of HTML; every text that comes from outside is escaped here."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Html:
    """Text that is markup already."""

    text: str


Content = str | Html


def element(name: str, *content: Content, **attributes: str) -> Html:
    """An element; attributes are written with `_` for nothing after a name of Python's own."""
    named = "".join(
        f' {key.strip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value
    )
    return Html(f"<{name}{named}>{joined(content).text}</{name}>")


def joined(content: Iterable[Content]) -> Html:
    """Pieces in a row."""
    return Html("".join(one.text if isinstance(one, Html) else escape(one) for one in content))


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    title: str
    kind: str = ""
    """`number`, `when`, or nothing."""
    named: bool = True
    """On a phone its title stands before each cell."""


def table(columns: Sequence[Column], rows: Iterable[Sequence[Content]]) -> Html:
    """A table; on a phone each row becomes a short list of its own."""
    head = element(
        "tr", *(element("th", column.title, class_=column.kind, scope="col") for column in columns)
    )
    body = [
        element(
            "tr",
            *(
                element(
                    "td",
                    cell,
                    class_=column.kind,
                    data_name=column.title if column.named and number else "",
                )
                for number, (column, cell) in enumerate(zip(columns, row, strict=True))
            ),
        )
        for row in rows
    ]
    whole = element("table", element("thead", head), element("tbody", *body), class_="stacked")
    return element("div", whole, class_="table")
