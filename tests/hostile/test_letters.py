"""Letters: nobody's unasked-for ones may fill a store, stop a session or hide a debt."""

import hashlib

from clinics import ALL_LANES, Clinic, Three, Two, observation, patient, synced
from malice import granted, write_acts

from node.limits import letters_of_pair_max, letters_unexplained_max
from sync.acts import Box, Rekey
from sync.identifiers import EpochKey, SealingKey, epoch_id
from sync.letter import write_letter
from sync.sealing import seal


def stuffed(clinic: Clinic, held_by: Clinic, chart: str, count: int) -> None:
    """Letters by one, put beside a chart that another holds."""
    charter = clinic.charter(chart)
    store = held_by.node.context.store
    signer = clinic.node.context.identity.signer
    with store.transaction():
        for n in range(count):
            to = clinic.node.context.identity.sealing_key
            store.letters.add(
                write_letter(charter, (), to, signer, hashlib.sha256(b"%d" % n).digest())
            )


def test_letters_of_one_grantee_stop_no_session_of_others(three: Three) -> None:
    a, b, c = three
    chart = granted(a, b)
    a.node.grant("all", to="C", lanes=ALL_LANES, rights="append", history=True)
    synced(c, a)
    stuffed(b, a, chart, 4100)  # as if B's node, which was changed, had sent them
    a.node.grant(chart, to="B", lanes=("summary",), rights="read")  # the lane differs again
    a.add(chart, observation("o2", "p1"))
    synced(c, a)
    assert {one["id"] for one in c.resources()} == {"p1", "o1", "o2"}


def test_a_stranger_leaves_no_letters_beside_a_chart(three: Three) -> None:
    """Removed and never paired devices may know a chart's id; that gives them no disk."""
    a, b, c = three
    chart = granted(a, b)
    synced(b, a)
    held = a.node.context.store.letters.count()
    # C holds a copy of the chart in which it and A are live: only C says so.
    from sync.session.session import Session  # noqa: F401

    place = a._charts.find(chart)
    letter = write_letter(
        a.charter(chart),
        (),
        c.node.context.identity.sealing_key,
        c.node.context.identity.signer,
        bytes(32),
    )
    mine = a.node.session(c.device, initiator=False)
    from node.application.syncing.sharing import SharedCharts

    shared = mine._replica
    assert isinstance(shared, SharedCharts)
    shared.take_letters(c.device, place, [letter.encoded()])
    assert a.node.context.store.letters.count() == held


def test_many_epochs_of_one_grantee_keep_nobody_out(three: Three) -> None:
    a, b, c = three
    chart = granted(a, b)
    lane = a.replica(chart).access_lane
    to = a.node.context.identity.sealing_key
    place = a._charts.find(chart)
    for round in range(11):
        acts = []
        for n in range(200):
            key = EpochKey(bytes([round, n]) * 16)
            box = Box(to, seal(key, to, bytes([1 + round, 1 + n]) * 16))
            acts.append(Rekey(lane, 0, epoch_id(place, lane, key), (box,), frozenset(), None))
        write_acts(b, chart, acts)
    synced(b, a)
    a.restart()
    a.node.grant(chart, to="C", lanes=ALL_LANES, rights="append", history=True)
    synced(c, a)
    synced(c, a)
    assert {one["id"] for one in c.resources()} == {"p1", "o1"}


def letters_to_nobody(clinic: Clinic, chart: Clinic, text: str, count: int) -> list[bytes]:
    """Letters to keys that nobody has, each to another."""
    charter = chart.charter(text)
    signer = clinic.node.context.identity.signer
    return [
        write_letter(
            charter,
            (),
            SealingKey(hashlib.sha256(b"%d" % n).digest()),
            signer,
            bytes([n % 256]) * 32,
        ).encoded()
        for n in range(count)
    ]


def test_a_carrier_fills_no_disk_with_letters_to_nobody(three: Three) -> None:
    a, b, c = three
    chart = granted(a, b, rights="relay")
    before = a.node.context.store.letters.count()
    place = a._charts.find(chart)
    session = a.node.session(b.device, initiator=False)
    flood = letters_to_nobody(b, a, chart, 3 * letters_unexplained_max)
    for start in range(0, len(flood), 50):
        session._replica.take_letters(b.device, place, flood[start : start + 50])
    assert a.node.context.store.letters.count() == before + letters_unexplained_max
    # One that the chart explains finds its room all the same, up to a number.
    a.node.grant("all", to="C", lanes=ALL_LANES, rights="append", history=True)
    before = a.node.context.store.letters.count()
    to = c.node.context.identity.sealing_key
    signer = b.node.context.identity.signer
    explained = [
        write_letter(a.charter(chart), (), to, signer, bytes([n]) * 32).encoded() for n in range(60)
    ]
    session._replica.take_letters(b.device, place, explained)
    assert a.node.context.store.letters.count() == before + letters_of_pair_max
    synced(c, a)
    assert {one["id"] for one in c.resources()} == {"p1", "o1"}


def test_a_letter_with_keys_of_nothing_hides_no_true_one_that_follows(two: Two) -> None:
    """A relay writes its own to a new grantee, and honest nodes carry it before the true one."""
    a, b = two
    a.take(patient("p1"), observation("o1", "p1"))
    (chart,) = a.charts()
    place = a._charts.find(chart)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    to = b.node.context.identity.sealing_key
    keys = (EpochKey(bytes(range(32))),)
    false = write_letter(a.charter(chart), keys, to, a.node.context.identity.signer, bytes(32))
    true = a.node.context.store.letters.to(to, place)
    shared = b.node.session(a.device, initiator=False)._replica
    assert shared.take_letters(a.device, place, [false.encoded()]) == 1
    assert shared.take_letters(a.device, place, [one.encoded() for one in true]) == 1
    replica = a.replica(chart)
    lane = replica.access_lane
    listed = [one for one in replica.operations.values() if one.prefix.lane == lane]
    listed.sort(key=lambda one: (one.prefix.instance, one.prefix.sequence))
    assert shared.take(a.device, listed).stored == len(listed)
    synced(b, a)
    assert {one["id"] for one in b.resources()} == {"p1", "o1"}


def test_letters_full_of_keys_of_nothing_fill_no_store(two: Two) -> None:
    a, b = two
    chart = granted(a, b, rights="relay")
    place = a._charts.find(chart)
    to = a.node.context.identity.sealing_key
    signer = b.node.context.identity.signer
    shared = a.node.session(b.device, initiator=False)._replica
    for n in range(2 * letters_of_pair_max):
        keys = tuple(EpochKey(bytes([n, m]) * 16) for m in range(20))
        letter = write_letter(a.charter(chart), keys, to, signer, bytes([n]) * 32)
        shared.take_letters(b.device, place, [letter.encoded()])
    held = a.node.context.store.epoch_keys.of_chart(place)
    assert len(held) < 20 * letters_of_pair_max + 10
    a.add(chart, observation("after", "p1"))
