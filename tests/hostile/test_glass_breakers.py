"""What somebody gets who breaks glass without measure, forges, replays, or asks for more."""

import dataclasses

import pytest
from clinics import ALL_LANES, Clinic, Three, Two, Wire, allergy, observation, patient, synced
from malice import keep, write_acts

from node.limits import glass_answers_per_hour_max
from sync.acts import BreakGlass, Grant
from sync.charter import CARE, SUMMARY
from sync.grantee import RIGHTS_BY_NAME, Device
from sync.identifiers import parse_chart_text
from sync.note import NoteKind, StatedKey, write_note

HOUR_MILLISECONDS = 3600 * 1000
SECRET = {
    "resourceType": "Observation",
    "id": "secret",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "75622-1"}], "text": "HIV 1 and 2"},
    "subject": {"reference": "Patient/p1"},
}


def a_chart(a: Clinic) -> str:
    a.take(patient("p1"), allergy("a1", "p1"), observation("o1", "p1"), SECRET)
    (chart,) = a.charts()
    return chart


def ids(one: Clinic) -> set[str]:
    return {str(each["id"]) for each in one.resources()}


def broke(b: Clinic, chart: str) -> None:
    b.node.patients.break_glass(chart, reason="an emergency", seconds=(), holders=())


def ask(b: Clinic, a: Clinic, chart: str, at_milliseconds: int | None = None) -> bytes:
    """Leave a GLASS note for A, whatever this node's own limits are."""
    context = b.node.context
    identity = context.identity
    key = StatedKey(identity.sealing_key, identity.sealing_key_signature)
    at = b.clock() if at_milliseconds is None else at_milliseconds
    note = write_note(
        NoteKind.GLASS, parse_chart_text(chart), key.encoded(), identity.signer, at
    ).encoded()
    context.store.waiting_notes.put(a.device, note)
    return note


def answers(a: Clinic, b: Clinic) -> int:
    return len(a.node.context.store.waiting_notes.of_peer(b.device))


def test_a_flood_of_broken_glass_is_answered_five_times_an_hour(two: Two) -> None:
    a, b = two
    chart = a_chart(a)
    for _ in range(40):
        ask(b, a, chart)
    synced(b, a)
    assert answers(a, b) == glass_answers_per_hour_max
    for one in (a, b):
        one.clock.milliseconds += HOUR_MILLISECONDS
    synced(b, a)
    ask(b, a, chart)
    synced(b, a)
    assert answers(a, b) == 1


def test_the_sixth_break_glass_of_a_device_within_an_hour_gives_nothing(two: Two) -> None:
    a, b = two
    chart = a_chart(a)
    a.node.grant("all", to="B", lanes=ALL_LANES, rights="relay")
    synced(b, a)
    identity = b.node.context.identity
    act = BreakGlass(identity.sealing_key, identity.sealing_key_signature)
    for _ in range(8):
        write_acts(b, chart, [act])
    synced(b, a)
    listed = a.node.chart_show(chart)["glass"]
    assert isinstance(listed, list)
    assert [line["counted"] for line in listed] == [True] * 5 + [False] * 3


def test_neither_care_nor_the_sensitive_lane_opens(two: Two) -> None:
    a, b = two
    chart = a_chart(a)
    broke(b, chart)
    for _ in range(6):
        synced(b, a)
    assert ids(b) == {"p1", "a1"}
    replica = b.replica(chart)
    summary = replica.charter.lane(SUMMARY)
    held = {lane for lane, _ in replica.keyring.held.values()}
    assert held == {replica.access_lane, summary}
    content = {one.prefix.lane for one in replica.operations.values()} - {replica.access_lane}
    assert content == {summary}, "not even as ciphertext"


def test_a_break_glass_gives_no_right_to_write_or_to_grant(three: Three) -> None:
    a, b, c = three
    chart = a_chart(a)
    broke(b, chart)
    for _ in range(4):
        synced(b, a)
    assert b.refused(chart, allergy("b1", "p1"))
    identity = c.node.context.identity
    care = b.replica(chart).charter.lane(CARE)
    write_acts(
        b,
        chart,
        [
            Grant(
                Device(c.device),
                frozenset({care}),
                RIGHTS_BY_NAME["read"],
                sealing=identity.sealing_key,
                sealing_signature=identity.sealing_key_signature,
            )
        ],
        under=a.replica(chart).charter.grant_ids()[0],
    )
    synced(b, a)
    fold = a.replica(chart).fold
    assert not fold.was_granted(c.device)
    assert not fold.was_granted(b.device)


def test_an_old_or_a_foreign_note_is_not_answered(three: Three) -> None:
    a, b, c = three
    chart = a_chart(a)
    ask(b, a, chart, b.clock() - 5 * HOUR_MILLISECONDS)
    ask(b, a, chart, b.clock() + HOUR_MILLISECONDS)
    note = ask(b, c, chart)
    synced(b, a)
    assert answers(a, b) == 0
    c.node.context.store.waiting_notes.put(a.device, note)  # B's, brought by C
    synced(c, a)
    assert answers(a, b) == answers(a, c) == 0


def test_an_answer_that_nobody_waits_for_begins_no_chart(two: Two) -> None:
    a, b = two
    chart = a_chart(a)
    ask(b, a, chart)  # without having written it down
    synced(b, a)
    synced(b, a)
    assert b.chart_ids() == []


def test_a_removed_device_is_written_no_letter(two: Two) -> None:
    a, b = two
    chart = a_chart(a)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    a.node.revoke("all", from_="B", lost=True)
    ask(b, a, chart)
    synced(b, a)
    assert answers(a, b) == 0


def test_the_directory_has_no_glass(two: Two) -> None:
    a, b = two
    a.take({"resourceType": "Organization", "id": "org", "name": "District hospital"})
    (directory,) = a.chart_ids()
    ask(b, a, directory)
    synced(b, a)
    assert answers(a, b) == 0
    a.node.grant("all", to="B", lanes=ALL_LANES, rights="relay")
    synced(b, a)
    identity = b.node.context.identity
    write_acts(b, directory, [BreakGlass(identity.sealing_key, identity.sealing_key_signature)])
    for _ in range(3):
        synced(b, a)
    assert "org" not in ids(b)


def test_a_break_glass_dated_to_come_gives_nothing_yet(two: Two) -> None:
    a, b = two
    chart = a_chart(a)
    a.node.grant("all", to="B", lanes=ALL_LANES, rights="relay")
    synced(b, a)
    author = b._charts.author(b._charts.find(chart))
    later = author.pen.now_milliseconds + 24 * HOUR_MILLISECONDS
    author.pen = dataclasses.replace(author.pen, now_milliseconds=later)
    identity = b.node.context.identity
    act = BreakGlass(identity.sealing_key, identity.sealing_key_signature)
    author.break_glass(act, author.replica.fold.live_grants(b.device)[0].id)
    keep(b, author)
    for _ in range(3):
        synced(b, a)
    assert "p1" not in ids(b)


@pytest.mark.parametrize("known", [True, False])
def test_what_crosses_is_the_same_whether_the_chart_is_known_or_not(two: Two, known: bool) -> None:
    """The session that brings the note says nothing of what became of it."""
    a, b = two
    chart = a_chart(a) if known else "a" * 51 + "q"
    if not known:
        a_chart(a)
    ask(b, a, chart)
    wire = Wire()
    synced(b, a, wire=wire)
    assert [len(frame) for first, frame in wire.frames if not first] == _LENGTHS


_LENGTHS = [136, 4, 243]
"""A's hello, its acknowledgement and its close."""
