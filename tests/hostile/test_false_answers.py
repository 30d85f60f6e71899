"""Who answers a broken glass with keys of nothing keeps nobody from the chart."""

from clinics import ALL_LANES, Clinic, Make, allergy, level, observation, pair, patient, synced

from node.keystore.secrets import NodeKind
from sync.identifiers import EpochKey
from sync.letter import write_letter
from sync.note import NoteKind, write_note

FOUR_HOURS_MILLISECONDS = 4 * 3600 * 1000


def shared_with_a_relay(a: Clinic, r: Clinic) -> str:
    a.take(patient("p1"), allergy("a1", "p1"), observation("o1", "p1"))
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    level(a, r)
    (chart,) = a.charts()
    return chart


def answer_falsely(r: Clinic, b: Clinic, chart: str, seed: int) -> None:
    """Leave B a letter of the chart with a key that opens nothing."""
    context = r.node.context
    signer = context.identity.signer
    key = EpochKey(bytes([seed]) * 32)
    to = b.node.context.identity.sealing_key
    letter = write_letter(r.charter(chart), (key,), to, signer, bytes([seed + 1]) * 32)
    place = r._charts.find(chart)
    note = write_note(NoteKind.ANSWER, place, letter.encoded(), signer, context.clock())
    with context.store.transaction():
        context.store.waiting_notes.put(b.device, note.encoded())


def test_a_false_answer_keeps_no_true_one_from_counting(clinic: Make) -> None:
    a, b, r = clinic("A"), clinic("B"), clinic("R", NodeKind.RELAY)
    pair(a, b, r)
    chart = shared_with_a_relay(a, r)
    b.node.patients.break_glass(chart, reason="unconscious", seconds=(), holders=())
    for seed in range(4):
        answer_falsely(r, b, chart, 2 * seed)
    synced(b, r)
    synced(b, a)
    for _ in range(3):
        synced(b, a)
    assert "a1" in {one["id"] for one in b.resources()}
    assert len(a.replica(chart).fold.breakings) == 1
    assert a.audit_ok()
    assert b.audit_ok()


def test_after_a_false_answer_the_glass_can_be_broken_later(clinic: Make) -> None:
    a, b, r = clinic("A"), clinic("B"), clinic("R", NodeKind.RELAY)
    pair(a, b, r)
    chart = shared_with_a_relay(a, r)
    b.node.patients.break_glass(chart, reason="unconscious", seconds=(), holders=["R"])
    answer_falsely(r, b, chart, 1)
    synced(b, r)
    for one in (a, b, r):
        one.clock.milliseconds += FOUR_HOURS_MILLISECONDS + 1000
    b.node.patients.break_glass(chart, reason="unconscious", seconds=(), holders=["A"])
    for _ in range(4):
        synced(b, a)
    assert "a1" in {one["id"] for one in b.resources()}
