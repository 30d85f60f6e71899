"""How a section is listed: who is in it and why, what must be told of each, what is left out.

Whatever anybody says is active now is listed: a resource stands where the most active of its
readings puts it, disputed and quarantined ones included (DESIGN goal 1: nothing is hidden).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from node.ips.codes import ABSENT_UNKNOWN, KNOWN_NONE, NO_INFORMATION, Absence, SectionCode
from node.ips.narrative import narrative, paragraph, strong, table, text
from node.ips.statement import Resource, Statement
from node.ips.wording import codings, plain


class Place(IntEnum):
    """Where a reading puts a resource in its section; the least of several counts."""

    ACTIVE = 0
    PAST = 1
    """Listed apart from what is active."""
    LEFT_OUT = 2
    """Counted in the narrative alone."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """Where one reading belongs, and the word for it when it is counted."""

    place: Place
    word: str


Judge = Callable[[Resource], Judgement]
Cells = Callable[[Statement, Resource], tuple[str, ...]]
"""The cells of a row for one reading of a statement: texts, not yet escaped."""


@dataclass(slots=True)
class Section:
    """A section as the document takes it."""

    code: SectionCode
    entries: list[Statement] = field(default_factory=list)
    parts: list[str] = field(default_factory=list, repr=False)
    """Ready markup."""
    absence: Absence | None = None
    """What to say where there is no entry; a section without one gives an empty reason."""

    def say(self, sentence: str) -> None:
        """Add a sentence of our own words and cleaned texts."""
        self.parts.append(paragraph(text(sentence)))

    @property
    def text(self) -> dict[str, str]:
        """The narrative."""
        return narrative(self.parts)


def judged(statement: Statement, judge: Judge) -> Judgement:
    """Where a statement belongs, by the most active of its readings."""
    return min((judge(reading) for reading in statement.readings), key=lambda found: found.place)


def sorted_out(
    statements: Iterable[Statement], judge: Judge
) -> tuple[list[Statement], list[Statement], Counter[str]]:
    """What is active, what is past, and how many are left out, by the word for it."""
    listed: dict[Place, list[Statement]] = {place: [] for place in Place}
    words: Counter[str] = Counter()
    for statement in statements:
        found = judged(statement, judge)
        listed[found.place].append(statement)
        if found.place is Place.LEFT_OUT:
            words[found.word] += 1
    return listed[Place.ACTIVE], listed[Place.PAST], words


def rows_table(
    caption: str, headings: Sequence[str], statements: Sequence[Statement], cells: Cells
) -> str:
    """A row a statement, with what must be told of it in the last column."""
    rows = [
        [
            *(text(cell) for cell in cells(statement, statement.document)),
            "<br/>".join(remarks(statement, cells)),
        ]
        for statement in statements
    ]
    return table(caption, [*headings, "Remarks"], rows)


def remarks(statement: Statement, cells: Cells) -> list[str]:
    """What must be told of a statement beside its row, as ready markup."""
    found: list[str] = []
    if statement.disputed:
        said = _told(statement, statement.disputed, cells)
        found.append(
            f"{strong('CONFLICT, not settled:')} "
            + text(f"written apart as {said}; what shows is the safer reading")
        )
    if statement.unverified:
        found.append(f"{strong('UNVERIFIED:')} {text(_whose(statement))}")
    elif statement.waiting:
        said = _told(statement, [each.document for each in statement.waiting], cells)
        found.append(
            f"{strong('UNVERIFIED change, not taken in:')} {text(f'{said}; {_whose(statement)}')}"
        )
    found += [text(label) for label in statement.labels]
    if plain(statement.document.get("implicitRules")) or statement.document.get(
        "modifierExtension"
    ):
        found.append(text("the entry has a modifier that changes its meaning: read it there"))
    return found


def _told(statement: Statement, readings: Sequence[Resource], cells: Cells) -> str:
    told = [" · ".join(filter(None, cells(statement, reading))) for reading in readings]
    return "; ".join(f"({number}) {each or 'nothing'}" for number, each in enumerate(told, 1))


def _whose(statement: Statement) -> str:
    authors = ", ".join(dict.fromkeys(each.author for each in statement.waiting))
    return f"written by {authors}, whose access had ended, and waits for a person to accept it"


def left_out(words: Counter[str], noun: str, many: str) -> str:
    """A sentence that counts what is not listed; empty where that is nothing."""
    if not words:
        return ""
    total = sum(words.values())
    counted = ", ".join(f"{count:,} {word}" for word, count in sorted(words.items()))
    return f"Not listed here: {total:,} {noun if total == 1 else many} ({counted})."


def says_none(document: Resource, *elements: str) -> bool:
    """Whether somebody states that there is none, as `no known allergy` does."""
    return any(
        pair in KNOWN_NONE for element in elements for pair in codings(document.get(element))
    )


def says_nothing(document: Resource, *elements: str) -> bool:
    """Whether it states only that no information is there."""
    return any(
        system == ABSENT_UNKNOWN and code in NO_INFORMATION
        for element in elements
        for system, code in codings(document.get(element))
    )


def told_first(statements: Iterable[Statement]) -> list[Statement]:
    """In a fixed order, whatever order they were held in."""
    return sorted(statements, key=lambda statement: (statement.key, statement.lane))
