"""Limits: a peer is held to them, and what is beyond our own waits for the next session."""

import pytest
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    Device,
    MemoryReplica,
    Rights,
    chart_of,
    finish,
    pair,
)

from sync.digest import Place
from sync.errors import SessionError
from sync.identifiers import InstanceId
from sync.session.difference import SortedListFinder
from sync.session.places import SharedPlaces
from sync.session.replica import Stage
from sync.session.short import ShortNames
from sync.session.vectors import VectorReader, pieces
from sync.wire.message import Hello, LogVector, PlaceVector


def clinics(charts: int) -> tuple[MemoryReplica, MemoryReplica]:
    """Two replicas that share charts, each with something in every lane that the other lacks."""
    rights = Rights()
    one, two = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    for number in range(charts):
        rights.live[chart_of(number)] = {one.device.key, two.device.key}
        for replica in (one, two):
            for lane in (ACCESS_LANE, CARE_LANE):
                replica.append(Place(chart_of(number), lane))
    return one, two


def sessions_until_level(one: MemoryReplica, two: MemoryReplica) -> int:
    """How many sessions it takes; each must bring something."""
    union = one.held() | two.held()
    for nonce in range(50):
        held = len(one.held()) + len(two.held())
        first, second = pair(one, two, nonce)
        first.frame_size_bytes = second.frame_size_bytes = 1024
        finish(first, second)
        if one.held() == two.held() == union:
            return nonce + 1
        assert len(one.held()) + len(two.held()) > held
        assert first.outcome.level is second.outcome.level is False
    raise AssertionError("never level")


def test_vectors_beyond_the_limit_wait_for_the_next_session(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sync.session.comparer.vector_logs_max", 8)
    assert sessions_until_level(*clinics(6)) > 1


def test_a_session_that_has_sent_its_share_leaves_the_rest_to_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, two = clinics(2)
    for _ in range(60):
        one.append(Place(chart_of(1), CARE_LANE), b"b" * 1000)
    monkeypatch.setattr("sync.session.outbox.session_size_bytes_max", 60_000)
    assert sessions_until_level(one, two) > 1


def test_places_beyond_the_limit_take_their_turn_in_later_sessions(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one, _ = clinics(9)
    monkeypatch.setattr("sync.session.places.shared_places_max", 3)
    seen = set()
    for nonce in range(40):
        names = names_of(nonce)
        places = SharedPlaces(one, Device(2).key, Stage.ACCESS, names)
        shorts = [short for short, _ in places.elements()]
        assert len(shorts) == 3
        seen |= {places[short] for short in shorts}
    assert len(seen) == 9


def names_of(nonce: int) -> ShortNames:
    hello = Hello((1,), 1, 1, bytes([nonce]) * 16, Device(1).opener.public, None, b"", b"", False)
    return ShortNames(b"s" * 32, hello, hello)


def test_a_list_of_places_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.session.difference.shared_places_max", 2)
    one, _ = clinics(1)
    finder = SortedListFinder(SharedPlaces(one, Device(2).key, Stage.ACCESS, names_of(0)))
    elements = b"".join(bytes([number]) * 16 for number in range(3))
    assert finder.heard(elements[:32], False) is None
    with pytest.raises(SessionError, match="over the limit"):
        finder.heard(elements[32:], True)


def vector(place: int, logs: int = 1, ids: bytes | None = None) -> PlaceVector:
    head = b"h" * 8 if ids is None else b""
    return PlaceVector(
        bytes([place]) * 8,
        tuple(LogVector(InstanceId(bytes([at]) * 16), 3, head, ids) for at in range(logs)),
        b"",
    )


def test_vectors_over_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.session.vectors.vector_logs_max", 5)
    reader = VectorReader()
    reader.add([vector(1), vector(2)])
    with pytest.raises(SessionError, match="too many logs"):
        reader.add([vector(3)])
    with pytest.raises(SessionError, match="too many logs"):
        VectorReader().add([vector(1, logs=5)])


def test_ids_over_the_limit_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.session.vectors.fork_ids_max", 4)
    reader = VectorReader()
    reader.add([vector(1, ids=bytes(32))])
    with pytest.raises(SessionError, match="too many operations"):
        reader.add([vector(2, ids=bytes(8))])


def test_vectors_out_of_order_are_refused() -> None:
    with pytest.raises(SessionError, match="ascending"):
        VectorReader().add([vector(2), vector(1)])


@pytest.mark.parametrize("frame_size_bytes", [1024, 4096, 100_000])
def test_vectors_cross_in_pieces_and_come_back_whole(frame_size_bytes: int) -> None:
    ids = bytes(range(256)) * 40
    sent = [
        vector(1, logs=3),
        vector(2, logs=2, ids=ids),
        vector(3)._replace(letters=ids[:8000]),
        PlaceVector(bytes([4]) * 8, (), b""),
    ]
    reader = VectorReader()
    for piece in pieces(sent, frame_size_bytes):
        reader.add(piece)
    assert list(reader.places) == [found.place for found in sent]
    for found in sent:
        assert tuple(reader.places[found.place].logs.values()) == found.logs
    assert len(reader.places[sent[2].place].letters) == len(set(range(0, 256, 8)))
