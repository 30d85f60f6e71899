"""Two fresh homes come to hold the same; a stranger learns nothing; a relay reads nothing."""

from pathlib import Path

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Three,
    Two,
    Wire,
    allergy,
    bundles,
    exported,
    level,
    observation,
    patient,
    synced,
)


def assert_same(a: Clinic, b: Clinic) -> None:
    for history in (False, True):
        for form in ("ndjson", "bundle"):
            mine = exported(a, form=form, history=history)
            assert mine == exported(b, form=form, history=history)
            assert mine


def test_a_made_up_population_is_exported_alike_after_one_sync(two: Two) -> None:
    a, b = two
    for place, content in enumerate(bundles(1, 4)):
        taken = a.node.import_file(f"p{place}.json", content)
        assert taken["rejected"] == []
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    outcome, _ = synced(b, a)
    assert outcome.resources_received == len(exported(a, history=True))
    assert_same(a, b)
    assert a.charts() == b.charts()
    assert a.audit_ok()
    assert b.audit_ok()


def test_what_both_write_after_it_reaches_the_other(two: Two) -> None:
    a, b = two
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    (chart,) = a.charts()
    a.add(chart, observation("from-a", "p1"))
    b.add(chart, allergy("from-b", "p1"))
    synced(a, b)
    assert_same(a, b)
    assert {one["id"] for one in a.resources()} == {"p1", "from-a", "from-b"}
    outcome, _ = synced(a, b)
    assert (outcome.ops_sent, outcome.ops_received, outcome.round_trips) == (0, 0, 1)


def test_a_node_without_a_grant_gets_zeros_and_holds_nothing(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"), observation("o1", "p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    for holder in (a, b):
        for outcome in synced(c, holder) + synced(holder, c):
            assert (outcome.ops_sent, outcome.ops_received) == (0, 0)
            assert (outcome.resources_sent, outcome.resources_received) == (0, 0)
    assert c.chart_ids() == []
    assert c.everything_written() == set()
    assert exported(c) == []
    database = c.node.context.store.database
    for table in ("charts", "operations", "letters", "epoch_keys"):
        assert database.value(f"SELECT count(*) FROM {table}") == 0  # noqa: S608 (names above)


def stranger_traffic(a: Clinic, c: Clinic) -> list[tuple[bool, int]]:
    wire = Wire()
    synced(c, a, wire=wire)
    synced(a, c, wire=wire)
    return [(first, len(frame)) for first, frame in wire.frames]


def test_a_strangers_traffic_does_not_tell_what_is_held(three: Three) -> None:
    a, b, c = three
    before = stranger_traffic(a, c)
    for content in bundles(2, 3):
        a.node.import_file("p", content)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(a, b)
    assert stranger_traffic(a, c) == before


def raw_files(folder: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


def encodings(text: str) -> list[bytes]:
    return [text.encode(coding) for coding in ("utf-8", "utf-16-le", "utf-16-be")]


def test_a_relay_carries_everything_and_its_files_hold_no_name(carried: Three) -> None:
    a, b, r = carried
    for content in bundles(3, 4):
        a.node.import_file("p", content)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    got, _ = synced(r, a)
    assert (got.resources_received, got.resources_sent) == (0, 0)
    synced(b, r)
    assert_same(a, b)
    assert exported(r) == []
    assert r.audit_ok()
    names = {
        str(part)
        for one in a.resources()
        if one["resourceType"] == "Patient"
        for name in one["name"]
        for part in [name["family"], *name["given"]]
        if len(str(part).encode()) >= 4
    }
    assert len(names) >= 4
    read = raw_files(r.path)
    assert (r.path / "store.satchel-wal").exists() or len(read) > 100_000
    for name in names:
        for needle in encodings(name):
            assert needle not in read
    shown = repr(r.node.charts()) + repr(r.node.chart_show(r.chart_ids()[0]))
    assert not any(name in shown for name in names)


def test_the_search_for_names_in_files_finds_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    for place, needle in enumerate(encodings("Okafor")):
        (tmp_path / "deep" / f"{place}-wal").write_bytes(b"..." + needle)
    assert all(needle in raw_files(tmp_path) for needle in encodings("Okafor"))


def test_two_clinics_that_never_meet_agree_through_a_relay(carried: Three) -> None:
    a, b, r = carried
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(r, a)
    synced(r, b)
    (chart,) = b.charts()
    a.add(chart, observation("o1", "p1"))
    b.add(chart, observation("o2", "p1"))
    for one, other in ((a, r), (b, r), (a, r)):
        synced(one, other)
    assert_same(a, b)
    assert {"o1", "o2"} <= {one["id"] for one in a.resources()}


def test_three_clinics_come_to_rest_and_agree(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    a.node.grant("all", to="C", lanes=ALL_LANES, history=True)
    level(a, b, c)
    (chart,) = a.charts()
    for place, one in enumerate((a, b, c)):
        one.add(chart, observation(f"o{place}", "p1"))
    level(a, b, c)
    assert_same(a, b)
    assert_same(a, c)


@pytest.mark.parametrize("lanes", [("summary",), ("care",), ("summary", "sensitive")])
def test_only_granted_lanes_cross(two: Two, lanes: tuple[str, ...]) -> None:
    a, b = two
    a.take(patient("p1"), observation("o1", "p1"))
    (chart,) = a.charts()
    a.node.record_add(
        chart,
        "s",
        b'{"resourceType":"Condition","id":"s1","subject":{"reference":"Patient/p1"}}',
        lane="sensitive",
    )
    a.node.grant("all", to="B", lanes=lanes, history=True)
    synced(b, a)
    expected = {"summary": "p1", "care": "o1", "sensitive": "s1"}
    assert {one["id"] for one in b.resources()} == {expected[lane] for lane in lanes}
    held = {operation.prefix.lane for operation in b.replica(chart).operations.values()}
    charter = b.charter(chart)
    assert held == {charter.lane("access"), *(charter.lane(lane) for lane in lanes)}
