"""What the checkers rest on: who had what when, and names in every byte that crosses."""

import random
from types import SimpleNamespace
from typing import Any, cast

import pytest

from scenarios.checking.watch import Arrived, Watch
from scenarios.checking.wire import LETTERS_MIN, WireSearch, names_within, runs_of_letters
from scenarios.engine.member import Member


class Table:
    """The operations of a store, by row."""

    def __init__(self) -> None:
        self.kept: list[tuple[int, bytes]] = []

    def add(self, *ids: bytes) -> None:
        for identity in ids:
            self.kept.append((len(self.kept) + 1, identity))

    def rows(self, statement: str, parameters: tuple[int]) -> list[tuple[int, bytes]]:
        if "row = ?" in statement:
            return [one for one in self.kept if one[0] == parameters[0]]
        return [one for one in self.kept if one[0] > parameters[0]]


def watched(*names: str) -> tuple[Watch, dict[str, Table]]:
    tables = {name: Table() for name in names}
    members: dict[str, Any] = {
        name: SimpleNamespace(
            node=SimpleNamespace(
                context=SimpleNamespace(store=SimpleNamespace(database=tables[name]))
            )
        )
        for name in names
    }
    return Watch(cast("dict[str, Member]", members)), tables


def met(at: int) -> dict[str, Any]:
    return {"kind": "met", "a": "x", "b": "y", "at": at}


ONE, TWO, THREE = (bytes([number]) * 36 for number in (1, 2, 3))


def test_what_came_before_is_what_an_author_had_seen() -> None:
    watch, tables = watched("x", "y")
    tables["x"].add(ONE)
    watch.note({"kind": "meet", "a": "x", "b": "y", "at": 5})
    tables["y"].add(ONE, TWO)
    watch.note(met(9))
    two = watch.tick("y", TWO)
    assert two is not None
    assert watch.had("y", ONE, two)
    assert not watch.had("x", TWO, two)
    assert watch.arrived("y", ONE) == Arrived(9, "x", 5)
    assert watch.arrived("x", TWO) is None
    assert watch.figures() == {"x": 1, "y": 2}


def test_what_a_disk_lost_was_seen_until_then_and_nobody_says_what_was_seen_by_it() -> None:
    watch, tables = watched("x", "y")
    tables["x"].add(ONE, TWO)
    watch.note(met(3))
    before = watch.tick("x", TWO)
    assert before is not None
    tables["x"].kept.pop()
    watch.note({"kind": "reopened", "node": "x", "at": 4})
    tables["x"].add(THREE)
    watch.note(met(6))
    three = watch.tick("x", THREE)
    assert three is not None
    assert watch.had("x", ONE, three)
    assert not watch.had("x", TWO, three)
    tables["x"].add(TWO)
    watch.note(met(8))
    assert watch.tick("x", TWO) is None, "it came back: what its author had seen is not known"
    assert watch.had("x", ONE, three)


def test_a_store_that_lost_nothing_goes_on_where_it_was() -> None:
    watch, tables = watched("x", "y")
    tables["x"].add(ONE)
    watch.note(met(3))
    first = watch.tick("x", ONE)
    tables["x"].add(TWO)
    watch.note({"kind": "reopened", "node": "x", "at": 4})
    assert watch.tick("x", ONE) == first
    assert watch.tick("x", TWO) is not None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_a_name_is_found_in_any_bytes_whatever_lies_around_it(encoding: str) -> None:
    draws = random.Random(7)
    names = {"Kamorita", "Shendarbexnol"}
    for number in range(200):
        name = "Kamorita" if number % 2 else "SHENDARBEXNOL"
        before, after = draws.randbytes(number % 9), draws.randbytes(number % 5)
        found = names_within(runs_of_letters(before + name.encode(encoding) + after), names)
        assert len(found) == 1, number


def test_no_name_is_found_where_there_is_none() -> None:
    noise = random.Random(3).randbytes(1 << 20)
    assert names_within(runs_of_letters(noise), {"Kamorita"}) == set()
    assert names_within(runs_of_letters(b"Kamori-ta kamorit"), {"Kamorita"}) == set()
    assert all(len(run) >= LETTERS_MIN for run in runs_of_letters(noise))


def test_frames_and_log_lines_are_looked_at_and_counted() -> None:
    wire = WireSearch()
    wire.frame(b"\x00\x01Kamorita\xff")
    wire.frame(b"nothing")
    assert (wire.frames, wire.size_bytes) == (2, 18)
    assert names_within(wire.on_wires, {"Kamorita"}) == {"Kamorita"}
    assert not wire.in_logs
