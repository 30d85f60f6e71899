"""What a shredded chart leaves in the store, table by table: a new table must be accounted for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import ALL_LANES, Clinic, made_clinic, observation, pair, synced
from shredding_ward import HOLD_DAYS, Ward, days, traces

from node.keystore.secrets import NodeKind
from node.store.overrides import Override

FORGOTTEN = frozenset(
    {
        *("attachment_lanes", "attachment_manifests", "attachment_pieces"),
        *("conflicts", "faces", "face_terms", "named", "numbered", "quarantine"),
        *("links", "matching_dismissed", "matching_keys", "matching_pairs", "matching_people"),
        *("sources", "versions", "homes", "lacking", "registry_overrides", "consents"),
        *("glass_reasons", "glass_reasons_told", "access_requests"),
    }
)
"""Tables that say something of a chart's content: a chart that is shredded whole has no row there,
but for the face without a name by which lists show that there was a chart."""

KEPT = {
    "charts": "the chart's id and charter: headers stay",
    "lanes": "random ids, as in the charter",
    "operations": "headers, which verify without bodies",
    "logs": "the ends of logs",
    "epoch_keys": "keys of epochs that are in use since, none that was destroyed",
    "letters": "the access key, sealed to somebody",
    "debts": "vouches that are owed, by operation",
    "entitlements": "who may sync what",
    "noted": "how far the lists are",
    "unsettled": "that lists are to be looked at",
    "shreds": "the record of the shredding",
    "retired_epochs": "which keys never come back",
    "chart_subjects": "whom the access lane names",
    "glass_broken": "that this node broke the glass, and when; the reason goes",
    "glass_watched": "until when a glass is broken",
}
"""Tables with a chart's number that say nothing of its content, and why they stay."""

BY_ROW = {"bodies": "operations.row", "lacking": "operations.row"}
BY_PIECE = {"attachment_contents": "attachment_pieces.id"}
OF_NO_CHART = frozenset(
    {
        *("instances", "settings", "own_instances", "certificates", "peers", "sessions"),
        *("receipts", "standing_rules", "audit", "shred_samples", "_sqlite_migrations"),
        *("spellings", "sounds", "registry_subjects", "registry_snapshots", "registry_facts"),
        *("registry_checkpoints", "registry_aside", "registry_alarms", "outbox"),
        *("proposals", "glass_answers", "notes_waiting", "anchors"),
    }
)
"""Tables of the node itself; of spellings and sounds those go that no other chart has, and of notes
that wait for a peer this node's own requests, which say why."""


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    made = Ward(tmp_path)
    yield made
    for clinic in made.all:
        clinic.crash()


def columns(clinic: Clinic) -> dict[str, set[str]]:
    rows = clinic.node.context.store.database.rows
    tables = [
        name
        for (name,) in rows(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        )
    ]
    return {
        table: {name for (name,) in rows(f"SELECT name FROM pragma_table_info('{table}')")}  # noqa: S608
        for table in tables
    }


def test_every_table_of_the_store_is_accounted_for(ward: Ward) -> None:
    found = columns(ward.a)
    by_chart = {table for table, has in found.items() if has & {"n", "low", "high"}}
    assert by_chart - FORGOTTEN == KEPT.keys(), "say whether a shred empties the new table"
    assert set(found) - by_chart == BY_ROW.keys() | BY_PIECE.keys() | OF_NO_CHART


def rows_of(clinic: Clinic, table: str, has: set[str], n: int) -> int:
    match table:
        case "bodies" | "lacking":
            which = f"row IN (SELECT row FROM operations WHERE n = {n})"  # noqa: S608
        case _ if "n" in has:
            which = f"n = {n}"
        case _:
            which = f"low = {n} OR high = {n}"
    database = clinic.node.context.store.database
    return int(database.value(f"SELECT count(*) FROM {table} WHERE {which}"))  # noqa: S608


def test_a_chart_that_is_shredded_whole_is_in_no_table_that_says_something_of_it(
    ward: Ward,
) -> None:
    a = ward.a
    twin = a.resource("Patient", "p1")
    a.take({**twin, "id": "twin"})
    large = {**observation("large", "p1"), "note": [{"text": "x" * 120_000}]}
    a.add(ward.chart, large)
    people = a.node.people
    (twins,) = people.duplicates(None, lambda *_: None)
    faces = twins["charts"]
    assert isinstance(faces, list)
    one, other = (str(each["chart"]) for each in faces)
    people.dismiss(one, other, undo=False)
    store = a.node.context.store
    chart = a.charter(ward.chart).chart
    n = store.charts.number(chart)
    has = columns(a)
    full = {table for table in FORGOTTEN if rows_of(a, table, has[table], n)}
    assert {"named", "matching_keys", "matching_pairs", "matching_dismissed"} <= full
    assert {"homes", "versions", "attachment_pieces"} <= full
    ward.shred(*ALL_LANES)
    days(HOLD_DAYS + 2, a)
    left = {table: rows_of(a, table, has[table], n) for table in FORGOTTEN}
    assert left.pop("faces") == 1
    assert left.pop("face_terms") == 1
    assert set(left.values()) == {0}, left
    line = store.faces.of_chart(chart)
    assert line is not None
    assert (line.name, line.birth_date, line.gender, line.resources) == ("", "", "", 0)
    assert store.database.row(
        "SELECT length(spellings), numbers FROM face_terms WHERE n = ?", (n,)
    ) == (0, "")
    assert a.node.doctor(thorough=True)["ok"] is True


GLASS_REASON = "Zebediah Quorn was brought in unconscious by a neighbour"
OVERRIDE_REASON = "the registry was out of reach for weeks after the flood"
REQUEST_REASON = "referred to us for the transplant that was turned down"


def with_reasons(ward: Ward, relay: Clinic) -> None:
    """A relay broke the glass of the chart, C asked A for access to it, A overrode the registry."""
    a, c = ward.a, ward.c
    pair(a, relay)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(relay, a)
    relay.node.patients.break_glass(ward.chart, reason=GLASS_REASON, seconds=(), holders=())
    for clinic in (relay, c):
        clinic.node.patients.request_access(
            ward.chart, holders=["A"], lanes=["care"], rights="read", reason=REQUEST_REASON
        )
    for _ in range(2):
        synced(c, a)
    chart = a.charter(ward.chart).chart
    given = Override(chart, a.clock(), a.device, "B", "stale", OVERRIDE_REASON)
    with a.node.context.store.transaction():
        a.node.context.store.overrides.add(given)


def plain_rows(clinic: Clinic) -> str:
    """All that the store says, with what notes hold in plain words."""
    rows = clinic.node.context.store.database.rows
    return "".join(
        str(value.decode("latin-1") if isinstance(value, bytes) else value)
        for table in columns(clinic)
        for row in rows(f"SELECT * FROM {table}")  # noqa: S608
        for value in row
    )


def test_no_reason_outlives_the_chart_that_it_is_about(ward: Ward, tmp_path: Path) -> None:
    relay = made_clinic(tmp_path / "R", "R", 3, NodeKind.RELAY)
    try:
        with_reasons(ward, relay)
        synced(relay, ward.a)
        synced(relay, ward.a)
        held = {"A": plain_rows(ward.a), "R": plain_rows(relay)}
        assert REQUEST_REASON in held["A"]
        assert OVERRIDE_REASON in held["A"]
        assert GLASS_REASON in held["R"]
        lines = ward.a.node.chart_show(ward.chart)["glass"]
        assert isinstance(lines, list)
        assert lines[0]["why"] == GLASS_REASON

        relay.node.patients.request_access(
            ward.chart, holders=["A"], lanes=["care"], rights="read", reason=REQUEST_REASON
        )
        ward.shred(*ALL_LANES)
        synced(relay, ward.a)
        relay.node.patients.request_access(
            ward.chart, holders=["A"], lanes=["summary"], rights="read", reason=REQUEST_REASON
        )
        days(HOLD_DAYS + 2, ward.a)
        synced(relay, ward.a)  # which holds the reasons still, and hands them over
        days(HOLD_DAYS + 2, relay)

        for clinic in (ward.a, relay):
            left = plain_rows(clinic)
            for reason in (GLASS_REASON, OVERRIDE_REASON, REQUEST_REASON):
                assert reason not in left, (clinic, reason)
                assert traces(clinic, [], [reason.encode()]) == 0
            told = clinic.node.doctor(thorough=True)
            assert told["ok"] is True, told["findings"]
        again = ward.a.node.chart_show(ward.chart)["glass"]
        assert isinstance(again, list)
        assert [line["by"] for line in again] == ["R"]
        assert again[0]["why"] is None
    finally:
        relay.crash()
