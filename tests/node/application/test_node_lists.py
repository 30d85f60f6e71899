"""Lists and indexes that follow each write say what going through the whole chart would say."""

import contextlib
import json
import random
from collections.abc import Iterator

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Make,
    Resource,
    Two,
    allergy,
    level,
    observation,
    patient,
    synced,
)
from derived_rows import assert_lists_are_right

from node.application.content import decoded
from node.application.errors import NothingToRevoke

STATUSES = ("final", "amended", "corrected", "entered-in-error")


@pytest.fixture
def a(clinic: Make) -> Clinic:
    return clinic("A")


def some_write(draw: random.Random) -> Resource:
    match draw.randrange(5):
        case 0:
            named = draw.choice(["Diallo", "Traore", "Keita"])
            return {**patient("p1"), "name": [{"family": named}], "active": draw.random() < 0.5}
        case 1:
            criticality = draw.choice(["low", "high", "unable-to-assess"])
            return {**allergy(f"a{draw.randrange(2)}", "p1"), "criticality": criticality}
        case _:
            status = draw.choice(STATUSES)
            value = {"value": draw.randrange(5), "unit": "x"}
            one = observation(f"o{draw.randrange(4)}", "p1")
            return {**one, "status": status, "valueQuantity": value}


@pytest.mark.parametrize("seed", range(12))
def test_lists_follow_concurrent_writes_syncs_revocations_and_restarts(two: Two, seed: int) -> None:
    a, b = two
    draw = random.Random(seed)
    a.take(patient("p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=ALL_LANES[: draw.randint(1, 3)], history=True)
    level(a, b)
    for _ in range(draw.randint(10, 25)):
        clinic = draw.choice(two)
        match draw.randrange(8):
            case 0:
                synced(a, b)
            case 1:
                synced(a, b, settle=False)
            case 2:
                clinic.close()
                clinic.open()
            case 3 if draw.random() < 0.2:
                with contextlib.suppress(NothingToRevoke):
                    a.node.revoke(chart, from_="B")
            case 4:
                for conflict in clinic.conflicts()[:1]:
                    clinic.node.conflict_resolve(conflict, choose=1)
            case _:
                content = some_write(draw)
                clinic.node.record_add(chart, "test", as_json(content))
    for clinic in two:
        clinic.node.settle()
        assert_lists_are_right(clinic)


def as_json(resource: Resource) -> bytes:
    return json.dumps(resource).encode()


def writes(count: int) -> Iterator[Resource]:
    draw = random.Random(7)
    for _ in range(count):
        yield some_write(draw)


def test_a_write_opens_nothing_but_the_resource_that_it_changes(
    a: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    a.take(patient("p1"), *(observation(f"x{n}", "p1") for n in range(50)))
    (chart,) = a.charts()
    a.close()
    a.open()
    monkeypatch.setattr(
        a.node._charts, "replica", lambda _: pytest.fail("the whole chart was opened")
    )
    for content in writes(20):
        a.add(chart, content)


def test_a_key_that_comes_late_brings_what_it_opens_into_the_lists(two: Two) -> None:
    a, b = two
    a.take(patient("p1"), observation("o1", "p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=["summary", "care"])  # no history of care
    level(a, b)
    before = b.node.charts()[0]["resources"]
    a.node.grant(chart, to="B", lanes=["summary", "care"], history=True)
    level(a, b)
    assert int(str(b.node.charts()[0]["resources"])) == int(str(before)) + 1
    assert_lists_are_right(b)


def test_a_number_that_no_decimal_holds_makes_a_document_unreadable_and_raises_nothing() -> None:
    assert decoded(b'{"resourceType":"Patient","x":1e9999999999999999999}') == {}
