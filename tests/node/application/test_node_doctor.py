"""Doctor: what can be derived again it repairs, what cannot it names; peers bring bodies back."""

from collections.abc import Callable
from typing import Any

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Make,
    Two,
    allergy,
    exported,
    level,
    observation,
    patient,
    synced,
)

from node.errors import DamagedDatabase, ForeignDatabase
from sync.charter import ACCESS
from sync.identifiers import ChartId, OperationId, chart_text, operation_text

LARGE = 300_000


def levels(examined: dict[str, Any]) -> list[str]:
    return [str(line["level"]) for line in examined["findings"]]


def told(examined: dict[str, Any]) -> str:
    return "\n".join(str(line["what"]) for line in examined["findings"])


def everything(clinic: Clinic) -> dict[str, object]:
    """All tables that are derived, but ids that may be given anew and what only waits."""
    store = clinic.node.context.store
    rows = store.database.rows
    return {
        **{chart_text(one): store.condition.snapshot(one) for one in clinic.node._charts.ids()},
        "logs": rows("SELECT * FROM logs ORDER BY n, lane, instance"),
        "clocks": rows("SELECT n, clock FROM charts ORDER BY n"),
        "pieces": rows("SELECT n, lane, name, held FROM attachment_pieces ORDER BY 1, 2, 3"),
        "lanes": rows("SELECT n, lane FROM attachment_lanes ORDER BY n, lane"),
        "homes": rows("SELECT * FROM homes ORDER BY name"),
        "people": rows("SELECT * FROM matching_keys ORDER BY key, n"),
        "named": sorted(rows("SELECT text, n FROM named JOIN spellings USING (spelling)")),
        "numbered": rows("SELECT * FROM numbered ORDER BY form, n, kind"),
    }


@pytest.fixture
def full(two: Two) -> tuple[Clinic, Clinic]:
    """Two clinics with the same charts, a conflict, something in quarantine, and an attachment."""
    a, b = two
    for number, name in enumerate(("Ngozi Adeyemi", "Amina Hassan", "Ravi Kumar")):
        a.take(patient(f"p{number}", name), observation(f"o{number}", f"p{number}"))
    a.take(patient("p3", "Ngozi Adeyemi"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = [str(one["chart"]) for one in a.node.search("hassan")]
    large = observation("large", "p1")
    a.add(chart, {**large, "note": [{"text": "x" * LARGE}]})
    a.add(chart, patient("p1", "Amina Balogun"))
    b.add(chart, patient("p1", "Amina Okafor"))
    level(a, b)
    (other,) = [str(one["chart"]) for one in a.node.search("kumar")]
    a.node.revoke(other, from_="B")
    b.add(other, allergy("late", "p2"))
    synced(a, b)
    for one in two:
        one.node.people.duplicates(None, lambda *_: None)
        assert len(one.conflicts()) == 1
    assert len(a.quarantined()) == 1
    return a, b


DAMAGE = {
    "no lists": "DELETE FROM faces",
    "a list of a chart that is gone": "UPDATE faces SET n = 900 WHERE n = 2",
    "a count": "UPDATE faces SET conflicts = conflicts + 1 WHERE n = 2",
    "no worklist": "DELETE FROM conflicts",
    "no quarantine": "DELETE FROM quarantine",
    "half of the search index": "DELETE FROM named WHERE n > 2",
    "spellings": "DELETE FROM spellings WHERE spelling % 2",
    "versions of nothing": "UPDATE versions SET row = row + 100000 WHERE n = 3",
    "versions not noted": "DELETE FROM noted",
    "noted too far": "UPDATE noted SET row = 100000",
    "homes of nobody": "INSERT INTO homes VALUES (77, 900)",
    "people without keys": "DELETE FROM matching_people WHERE n = 2",
    "log ends": "UPDATE logs SET length = length + 1",
    "log heads": "UPDATE logs SET heads = zeroblob(36)",
    "no log ends": "DELETE FROM logs",
    "ends of no log": "INSERT INTO logs SELECT n, lane, 900, 1, zeroblob(36) FROM logs LIMIT 1",
    "clocks behind": "UPDATE charts SET clock = clock - 1000",
    "clocks ahead": "UPDATE charts SET clock = clock + 1000000000",
    "a piece that is not here": "DELETE FROM attachment_contents WHERE id = 1",
    "a piece that is not wanted": "UPDATE attachment_pieces SET held = 0",
    "no lanes of attachments": "DELETE FROM attachment_lanes",
    "entitlements of nobody": "UPDATE entitlements SET n = n + 900",
}

DEEP_DAMAGE = {
    "a wrong name": "UPDATE faces SET name = 'Somebody Else' WHERE n = 2",
    "a wrong birth date": "UPDATE faces SET birth_date = '1900-01-01' WHERE n = 2",
    "a missing version": "DELETE FROM versions WHERE n = 2 AND row ="
    " (SELECT max(row) FROM versions WHERE n = 2)",
    "a missing source": "DELETE FROM sources",
    "another's person": "UPDATE matching_people SET person ="
    " (SELECT person FROM matching_people WHERE n = 3) WHERE n = 2",
}


def test_what_is_derived_is_repaired(full: Two) -> None:
    a, b = full
    before = everything(a)
    database = a.node.context.store.database
    for what, damage in DAMAGE.items():
        database.rows("PRAGMA foreign_keys = OFF")
        assert database.write(damage) > 0, what
        database.rows("PRAGMA foreign_keys = ON")
        a.node._charts.forget_all()
        examined = a.node.doctor()
        assert ("repaired" in levels(examined), examined["ok"]) == (True, True), what
        if what == "a piece that is not here":
            assert "pieces of large resources are not here yet" in told(examined)
            level(a, b)
        assert everything(a) == before, what
        assert "repaired" not in levels(a.node.doctor()), what
    assert "repaired" not in levels(a.node.doctor(thorough=True))
    assert a.audit_ok()


def test_what_only_contents_tell_is_repaired_when_thorough(full: Two) -> None:
    a, _ = full
    before = everything(a)
    for what, damage in DEEP_DAMAGE.items():
        assert a.node.context.store.database.write(damage) > 0, what
        examined = a.node.doctor(thorough=True)
        assert (levels(examined).count("repaired") > 0, examined["ok"]) == (True, True), what
        assert everything(a) == before, what
    assert "repaired" not in levels(a.node.doctor(thorough=True))


def test_a_sound_store_is_left_as_it_is(full: Two) -> None:
    for one in full:
        before = everything(one)
        for thorough in (False, True):
            examined = one.node.doctor(thorough=thorough)
            assert (examined["ok"], "repaired" in levels(examined)) == (True, False), told(examined)
        assert everything(one) == before


def content_operations(clinic: Clinic, chart: ChartId) -> list[OperationId]:
    store = clinic.node.context.store
    access = store.charts.lanes(chart)[ACCESS]
    return [
        one.id
        for one in store.operations.of_chart(chart)
        if one.prefix.lane != access and one.prefix.device == clinic.device
    ]


def garble(clinic: Clinic, operation: OperationId, how: str) -> None:
    statement = {
        "changed": "UPDATE bodies SET body = zeroblob(length(body))"
        " WHERE row = (SELECT row FROM operations WHERE id = ?)",
        "cut": "UPDATE bodies SET body = substr(body, 1, 40)"
        " WHERE row = (SELECT row FROM operations WHERE id = ?)",
        "header": "UPDATE operations SET header = zeroblob(200) WHERE id = ?",
    }[how]
    assert clinic.node.context.store.database.write(statement, (operation,)) == 1
    clinic.node._charts.forget_all()


@pytest.mark.parametrize("how", ["changed", "cut"])
@pytest.mark.parametrize("place", [0, 1, -1])
def test_a_damaged_body_is_named_and_comes_back_with_the_next_sync(
    full: Two, how: str, place: int
) -> None:
    a, b = full
    whole, history = exported(a), exported(a, history=True)
    chart = a.node._charts.find(str(a.node.search("balogun")[0]["chart"]))
    victim = content_operations(a, chart)[place]
    garble(a, victim, how)
    verified = a.node.audit_verify()
    assert verified["ok"] is False
    assert operation_text(victim) in str(verified["findings"])
    examined = a.node.doctor(thorough=True)
    assert examined["ok"] is False
    assert operation_text(victim) in told(examined)
    assert len(exported(a)) >= len(whole) - 2, "the rest of the chart is read"
    a.node.record_add(chart_text(chart), "test", b'{"resourceType":"Basic","code":{"text":"x"}}')
    level(a, b)
    assert set(exported(a)) >= set(whole)
    assert set(exported(a, history=True)) >= set(history)
    assert exported(a) == exported(b) or len(a.quarantined()) == 1
    assert a.node.doctor(thorough=True)["ok"] is True
    assert a.audit_ok()
    outcomes = synced(a, b)
    assert [one.ops_received for one in outcomes] == [0, 0]


def test_a_body_that_nobody_has_stays_named_and_stops_nothing(clinic: Make) -> None:
    a = clinic("A")
    a.take(patient("p1"), patient("p2"), observation("o1", "p2"))
    chart = a.node._charts.ids()[0]
    victim = content_operations(a, chart)[-1]
    garble(a, victim, "changed")
    for _ in range(2):
        examined = a.node.doctor(thorough=True)
        assert examined["ok"] is False
        assert operation_text(victim) in told(examined)
        a.restart()
    a.take(patient("p3"))
    assert "p3" in {one["id"] for one in a.resources()}


def test_a_damaged_header_is_named_and_other_charts_go_on(full: Two) -> None:
    a, _ = full
    chart = a.node._charts.find(str(a.node.search("balogun")[0]["chart"]))
    victim = content_operations(a, chart)[1]
    garble(a, victim, "header")
    examined = a.node.doctor(thorough=True)
    assert examined["ok"] is False
    assert operation_text(victim) in told(examined)
    assert chart_text(chart) in told(examined)
    hints = [str(one["hint"]) for one in examined["findings"] if one["level"] == "error"]  # type: ignore[attr-defined]  # JSON
    assert any("put the store back from a copy" in hint for hint in hints)
    assert a.node.audit_verify()["ok"] is False
    a.take(patient("p9"))
    assert a.node.search("okafor")


def test_a_damaged_piece_is_wanted_again(full: Two) -> None:
    a, b = full
    whole = exported(a)
    a.node.context.store.database.write(
        "UPDATE attachment_contents SET content = zeroblob(length(content))"
    )
    assert a.node.audit_verify()["ok"] is False
    examined = a.node.doctor(thorough=True)
    assert "pieces of attachments" in told(examined)
    level(a, b)
    assert set(exported(a)) >= set(whole)
    assert a.audit_ok()


def each_page(clinic: Clinic, look: Callable[[int], None], step: int) -> int:
    """Damage one page of the database after the other; says how many there are."""
    clinic.node.context.store.checkpoint()
    clinic.close()
    path = clinic.node.context.store.database.path
    sound = path.read_bytes()
    pages = range(0, len(sound) // 4096, step)
    for page in pages:
        damaged = bytearray(sound)
        damaged[page * 4096 + 1000] ^= 1
        for kept in path.parent.glob(path.name + "-*"):
            kept.unlink()
        path.write_bytes(damaged)
        look(page)
    path.write_bytes(sound)
    clinic.open()
    return len(pages)


def test_a_damaged_page_is_always_noticed_and_what_it_costs_is_named(full: Two) -> None:
    a, _ = full
    ids = {operation_text(one) for held in a.node._charts.ids()
           for one in content_operations(a, held)}  # fmt: skip
    named = 0

    def look(_page: int) -> None:
        nonlocal named
        try:
            a.open()
        except (DamagedDatabase, ForeignDatabase):
            return
        examined = a.node.doctor()
        assert examined["ok"] is False
        assert a.node.audit_verify()["ok"] is False
        named += any(one in told(examined) for one in ids)
        a.crash()

    assert each_page(a, look, 6) > 12
    assert named > 0
    assert a.node.doctor(thorough=True)["ok"] is True
