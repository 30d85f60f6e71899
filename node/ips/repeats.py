"""What was done or measured many times: by its code, the newest first. Sections of such call it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from node.ips.statement import Resource, Statement
from node.ips.wording import codings, concept, day

When = Callable[[Resource], str]


@dataclass(frozen=True, slots=True)
class Repeats:
    """Statements of one code, the newest first."""

    newest: Statement
    earlier: tuple[Statement, ...]

    def told(self, date: Callable[[Resource], str]) -> str:
        """How many earlier ones there are, and since when; empty where there are none."""
        if not self.earlier:
            return ""
        first = day(date(self.earlier[-1].document))
        word = "on" if len(self.earlier) == 1 else "since"
        return f"{len(self.earlier):,} earlier" + (f", {word} {first}" if first else "")


def by_code(statements: Iterable[Statement], when: When) -> list[Repeats]:
    """Statements by code, those of the newest dates first; what has no code stands by itself.

    What is disputed or in quarantine stands by itself too: it must be seen, old or not.
    """
    grouped: dict[object, list[Statement]] = {}
    for statement in statements:
        alone = statement.disputed or statement.waiting or statement.unverified
        name = None if alone else _code(statement.document)
        grouped.setdefault(name or statement.key, []).append(statement)
    found: list[Repeats] = []
    for listed in grouped.values():
        listed.sort(key=lambda one: (when(one.document), one.key), reverse=True)
        found.append(Repeats(listed[0], tuple(listed[1:])))
    found.sort(key=lambda one: (_named(one.newest), one.newest.key))
    found.sort(key=lambda one: when(one.newest.document)[:10], reverse=True)
    return found


def _code(document: Resource) -> object:
    value = document.get("code")
    first = next(codings(value), None)
    return first or concept(value).lower()


def _named(statement: Statement) -> str:
    return concept(statement.document.get("code")).lower()
