"""Hostile peers: whatever arrives, a session raises nothing but SessionError, keeps what it had,
and ends.
"""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
from session_worlds import CHARTS, DEVICES, steps, worlds, write_world

from sync.digest import Place
from sync.errors import SessionError
from sync.identifiers import InstanceId, SealingKey
from sync.operation import Operation, read_operation
from sync.session import Session
from sync.wire.message import (
    Ack,
    Close,
    Compare,
    Deposit,
    Difference,
    End,
    ForkIds,
    Hello,
    Letters,
    LogVector,
    Message,
    Operations,
    PlaceVector,
    Reply,
)
from sync.wire.message_codec import decode_message, encode_message
from sync.wire.run import begin_run, record_of

World = tuple[list[Operation], list[MemoryReplica]]

VICTIM, PEER = Device(1), Device(2)


def verified(replica: MemoryReplica) -> bool:
    for log in replica.logs.values():
        for name, held in log.items():
            assert read_operation(held.header, held.signature, held.body).id == name
    return True


def mutate(kind: int, at: int, frame: bytes) -> list[bytes]:
    place = at % max(1, len(frame))
    match kind:
        case 0:
            return [frame[:place] + bytes([frame[place] ^ (1 + at % 255)]) + frame[place + 1 :]]
        case 1:
            return []
        case 2:
            return [frame, frame]
        case 3:
            return [frame[:place]]
        case 4:
            return [frame + frame[:place]]
        case _:
            return [frame]


@given(
    worlds(2),
    st.booleans(),
    st.dictionaries(st.integers(0, 12), st.tuples(st.integers(0, 6), st.integers(0, 100_000))),
)
@settings(max_examples=300)
def test_mutated_frames_never_do_harm(
    world: World, victim_calls: bool, mutations: dict[int, tuple[int, int]]
) -> None:
    victim, peer = world[1]
    before = victim.held()
    union = before | peer.held()
    sessions = pair(victim, peer) if victim_calls else pair(peer, victim)
    honest, hostile = sessions if victim_calls else sessions[::-1]
    held_back: list[bytes] = []
    count = 0
    try:
        for _ in range(400):
            moved = False
            while (frame := honest.next_frame()) is not None:
                hostile.receive(frame)
                moved = True
            while (frame := hostile.next_frame()) is not None:
                kind, at = mutations.get(count, (7, 0))
                count += 1
                moved = True
                if kind == 6:
                    held_back.append(frame)
                    continue
                for bad in mutate(kind, at, frame):
                    honest.receive(bad)
                while held_back and kind != 6:
                    honest.receive(held_back.pop())
            if not moved:
                break
        else:
            pytest.fail("the session does not end")
    except SessionError:
        pass
    honest.receive_end()
    assert before <= victim.held() <= union
    assert verified(victim)
    finish(*pair(victim, peer, nonce=3))
    assert victim.held() == union


def shorts_of(data: st.DataObject, session: Session) -> st.SearchStrategy[bytes]:
    """Names of places that the victim may know, and others."""
    context = session._context
    known = [bytes(8)]
    if context is not None:
        known += [
            context.names.place(Place(chart, lane))
            for chart in CHARTS
            for lane in (ACCESS_LANE, CARE_LANE)
        ]
    return st.sampled_from(known) | st.binary(min_size=8, max_size=8)


def vectors(shorts: st.SearchStrategy[bytes]) -> st.SearchStrategy[PlaceVector]:
    instances = st.sampled_from([device.instance() for device in DEVICES]) | st.just(
        InstanceId(b"?" * 16)
    )
    linear = st.builds(LogVector, instances, st.integers(1, 1 << 40), st.just(b"h" * 8))
    new = st.builds(LogVector, instances, st.just(0), st.just(b""))
    listed = st.builds(
        LogVector,
        instances,
        st.integers(0, 9),
        st.just(b""),
        st.lists(shorts, max_size=3).map(b"".join),
    )
    return st.builds(
        PlaceVector,
        shorts,
        st.lists(linear | new | listed, max_size=3).map(tuple),
        st.lists(shorts, max_size=2).map(b"".join),
    )


def messages(
    shorts: st.SearchStrategy[bytes], world: list[Operation]
) -> st.SearchStrategy[Message]:
    joined = st.lists(shorts, max_size=4).map(b"".join)
    many = st.lists(vectors(shorts), max_size=3).map(tuple)
    flag = st.booleans()
    spelled = st.sampled_from(
        [operation.prefix.chart + operation.prefix.lane for operation in world]
    )
    where = shorts | spelled | st.just(b"")
    runs = st.lists(
        st.builds(
            lambda at, operations: begin_run(at, operations[0]).with_records(
                map(record_of, operations)
            ),
            where,
            st.lists(st.sampled_from(world), min_size=1, max_size=3),
        ),
        max_size=2,
    ).map(tuple)
    bundles = st.lists(
        st.tuples(where, st.lists(st.binary(max_size=9), max_size=2).map(tuple)), max_size=2
    ).map(tuple)
    ids = st.builds(ForkIds, shorts, st.just(DEVICES[0].instance()), joined)
    return st.one_of(
        st.builds(Difference, st.lists(shorts, max_size=6).map(b"".join), flag),
        st.builds(Compare, many, joined, flag, flag),
        st.builds(Reply, many, flag),
        ids,
        st.builds(Letters, bundles),
        st.builds(Operations, runs),
        st.builds(Deposit, runs),
        st.builds(Ack, st.integers(0, 5000)),
        st.builds(End, flag),
        st.builds(Close, st.binary(max_size=80), st.integers(0, 64)),
    )


@given(st.data(), st.booleans())
@settings(max_examples=300)
def test_any_messages_in_any_state_end_in_session_error_or_nothing(
    data: st.DataObject, victim_calls: bool
) -> None:
    world = write_world(data.draw(st.lists(steps, max_size=8)))
    rights = Rights()
    for chart in CHARTS:
        rights.live[chart] = {device.key for device in DEVICES}
    victim, peer = (MemoryReplica(device, rights) for device in DEVICES[:2])
    for operation in world[::2]:
        victim.keep(operation)
    before = victim.held()
    sessions = pair(victim, peer) if victim_calls else pair(peer, victim)
    session, other = sessions if victim_calls else sessions[::-1]
    had_finished = False
    try:
        for _ in range(data.draw(st.integers(1, 6))):
            _pass_honest_frames(session, other, data.draw(st.integers(0, 4)))
            had_finished = session.finished
            message = data.draw(messages(shorts_of(data, session), world))
            session.receive(encode_message(message))
    except SessionError:
        assert session.next_frame() is None
        assert session.finished == had_finished
    assert before <= victim.held() <= {operation.id for operation in world}


def _pass_honest_frames(session: Session, other: Session, count: int) -> None:
    """Bring the victim some way into a session by a peer that keeps to the protocol."""
    for _ in range(count):
        frame = session.next_frame()
        if frame is not None:
            with suppress(SessionError):  # what was slipped in may have confused this one
                other.receive(frame)
        answer = other.next_frame()
        if answer is not None:
            session.receive(answer)


def hello(**changes: object) -> Hello:
    fields = {
        "versions": (1,),
        "frame_size_bytes": 256 * 1024,
        "credit_bytes": 1024 * 1024,
        "nonce": b"p" * 16,
        "sealing": PEER.opener.public,
        "registry": None,
        "access_root": b"?" * 32,
        "content_root": b"?" * 32,
        "deposits": False,
    }
    return Hello(**{**fields, **changes})  # type: ignore[arg-type] # by name


@pytest.fixture
def victim() -> MemoryReplica:
    """Shares one chart with the peer and holds an operation in its access and care lanes."""
    rights = Rights()
    rights.live[chart_of(1)] = {VICTIM.key, PEER.key}
    replica = MemoryReplica(VICTIM, rights)
    for lane in (ACCESS_LANE, CARE_LANE):
        replica.append(Place(chart_of(1), lane))
    return replica


def greeted(victim: MemoryReplica) -> tuple[Session, list[bytes]]:
    """The victim's session as responder after our hello, and the places that it listed."""
    session = pair(MemoryReplica(PEER, victim.rights), victim)[1]
    session.receive(encode_message(hello()))
    listed: list[bytes] = []
    while (frame := session.next_frame()) is not None:
        message = decode_message(frame)
        if isinstance(message, Difference):
            listed += [message.payload[at : at + 8] for at in range(0, len(message.payload), 16)]
    return session, listed


def run_by(device: Device, where: bytes, start: int = 0) -> Operations:
    place = Place(chart_of(1), ACCESS_LANE)
    first = device.write(place, 0, None)
    log = [first]
    while len(log) <= start:
        log.append(device.write(place, len(log), log[-1].id))
    return Operations((begin_run(where, log[start]).with_records([record_of(log[start])]),))


Attack = Callable[[list[bytes]], list[Message]]

ATTACKS: dict[str, tuple[str, Attack]] = {
    "a second hello": ("out of turn", lambda _: [hello()]),
    "operations before anything was compared": (
        "out of turn",
        lambda listed: [run_by(PEER, listed[0])],
    ),
    "an end before the comparison": ("out of turn", lambda _: [End(False)]),
    "a close in the middle": ("out of turn", lambda _: [Close(b"", 1)]),
    "a deposit in the middle": ("out of turn", lambda _: [Deposit(())]),
    "a reply from the comparer": ("out of turn", lambda _: [Reply((), True)]),
    "an acknowledgement of nothing": ("not sent", lambda _: [Ack(1)]),
    "an acknowledgement of zero": ("not sent", lambda _: [Ack(0)]),
    "a comparison that goes on for ever": (
        "without an item",
        lambda _: [Compare((), b"", False, False)],
    ),
    "wants of what was not listed": ("not listed", lambda _: [Compare((), b"?" * 8, True, False)]),
    "the same want twice": ("twice", lambda listed: [Compare((), listed[0] * 2, True, False)]),
    "a vector of what was not listed": (
        "not listed",
        lambda _: [Compare((PlaceVector(b"?" * 8, (), b""),), b"", True, False)],
    ),
    "a want of what it describes": (
        "that it holds",
        lambda listed: [Compare((PlaceVector(listed[0], (), b""),), listed[0], True, False)],
    ),
    "a log described twice": (
        "twice",
        lambda listed: [
            Compare(
                (PlaceVector(listed[0], (LogVector(VICTIM.instance(), 1, b"h" * 8),) * 2, b""),),
                b"",
                True,
                False,
            )
        ],
    ),
    "level and yet not": (
        "none differs",
        lambda listed: [Compare((), listed[0], True, True)],
    ),
    "operations of a place that it said was level": (
        "not asked for",
        lambda listed: [Compare((), b"", True, False), run_by(PEER, listed[0])],
    ),
    "operations of a listed place spelled out": (
        "not asked for",
        lambda _: [
            Compare((), b"", True, False),
            run_by(PEER, chart_of(1) + ACCESS_LANE),
        ],
    ),
    "a run that leaves a gap": (
        "gap",
        lambda listed: [
            Compare((PlaceVector(listed[0], (), b""),), b"", True, False),
            run_by(PEER, listed[0], start=1),
        ],
    ),
    "a frame without operations": (
        "no operation",
        lambda listed: [Compare((), listed[0], True, False), Operations(())],
    ),
    "a run without operations": (
        "no operation",
        lambda listed: [
            Compare((PlaceVector(listed[0], (), b""),), b"", True, False),
            Operations((run_by(PEER, listed[0]).runs[0].with_records([]),)),
        ],
    ),
    "a frame without letters": (
        "no letter",
        lambda listed: [Compare((), listed[0], True, False), Letters(((b"?" * 8, ()),))],
    ),
    "ids of a log that was not compared": (
        "not compared",
        lambda listed: [
            Compare((), listed[0], True, False),
            ForkIds(listed[0], VICTIM.instance(), b""),
        ],
    ),
    "an end that denies its forks": (
        "truly",
        lambda listed: [Compare((), listed[0], True, False), End(True)],
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_broken_rule_ends_the_session_with_its_reason(name: str, victim: MemoryReplica) -> None:
    reason, attack = ATTACKS[name]
    session, listed = greeted(victim)
    before = victim.everything()
    *opening, last = [encode_message(message) for message in attack(listed)]
    for frame in opening:
        session.receive(frame)
    with pytest.raises(SessionError, match=reason):
        session.receive(last)
    assert victim.everything() == before
    assert session.next_frame() is None
    assert not session.finished
    with pytest.raises(SessionError, match="after the session's end"):
        session.receive(last)


def comparing(victim: MemoryReplica) -> tuple[Session, list[bytes]]:
    """The victim's session as initiator, its one place told of by us with another digest.

    Gives the place, and one more that only we claim to have.
    """
    session = pair(victim, MemoryReplica(PEER, victim.rights))[0]
    assert session.next_frame() is not None
    session.receive(encode_message(hello()))
    assert session._context is not None
    shared = session._context.names.place(Place(chart_of(1), ACCESS_LANE))
    claimed = session._context.names.place(Place(chart_of(2), ACCESS_LANE))
    elements = b"".join(short + b"d" * 8 for short in sorted((shared, claimed)))
    session.receive(encode_message(Difference(elements, True)))
    while session.next_frame() is not None:
        pass
    return session, [shared, claimed]


def asks(place: bytes, log: LogVector) -> Message:
    return Reply((PlaceVector(place, (log,), b""),), True)


ATTACKS_ON_THE_COMPARER: dict[str, tuple[str, Attack]] = {
    "operations before the reply": ("out of turn", lambda places: [run_by(PEER, places[0])]),
    "a second list of places": ("out of turn", lambda _: [Difference(b"", True)]),
    "a comparison from the lister": ("out of turn", lambda _: [Compare((), b"", True, False)]),
    "a reply that goes on for ever": ("without an item", lambda _: [Reply((), False)]),
    "an ask for a place that was not described": (
        "not told of",
        lambda places: [asks(places[1], LogVector(VICTIM.instance(), 0, b""))],
    ),
    "an ask for a log that was not described": (
        "not told of",
        lambda places: [asks(places[0], LogVector(PEER.instance(), 0, b""))],
    ),
    "operations of a place by a name that was not described": (
        "not asked for",
        lambda places: [Reply((), True), run_by(PEER, places[1])],
    ),
    "operations of a place that was not wanted": (
        "not asked for",
        lambda _: [Reply((), True), run_by(PEER, chart_of(3) + ACCESS_LANE)],
    ),
    "an end that speaks of forks": ("out of turn", lambda _: [Reply((), True), End(True)]),
    "places of a reply out of order": (
        "ascending",
        lambda places: [
            Reply((PlaceVector(places[0], (), b""),), False),
            Reply((PlaceVector(bytes(8), (), b""),), True),
        ],
    ),
}


@pytest.mark.parametrize("name", ATTACKS_ON_THE_COMPARER)
def test_a_lister_that_breaks_a_rule_ends_the_session_with_its_reason(
    name: str, victim: MemoryReplica
) -> None:
    reason, attack = ATTACKS_ON_THE_COMPARER[name]
    session, places = comparing(victim)
    before = victim.everything()
    *opening, last = [encode_message(message) for message in attack(places)]
    for frame in opening:
        session.receive(frame)
    with pytest.raises(SessionError, match=reason):
        session.receive(last)
    assert victim.everything() == before
    assert session.next_frame() is None


def test_a_lister_asks_for_a_forked_log_by_its_ids_only(victim: MemoryReplica) -> None:
    place = Place(chart_of(1), ACCESS_LANE)
    assert victim.keep(VICTIM.write(place, 0, None, b"another first"))
    session, places = comparing(victim)
    with pytest.raises(SessionError, match="forked log"):
        session.receive(encode_message(asks(places[0], LogVector(VICTIM.instance(), 1, b"h" * 8))))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"versions": (2,)}, "no version"),
        ({"frame_size_bytes": 1024}, "too small"),
        ({"credit_bytes": 1024}, "too small"),
        ({"sealing": SealingKey(bytes(32))}, "no key"),
        ({"nonce": bytes([0, VICTIM.number]).ljust(16, b"n")}, "our own nonce"),
        ({"versions": (1,) * 9}, "malformed"),
    ],
)
def test_a_hello_that_does_not_fit_ends_the_session(
    victim: MemoryReplica, changes: dict[str, object], reason: str
) -> None:
    session = pair(MemoryReplica(PEER, victim.rights), victim)[1]
    with pytest.raises(SessionError, match=reason):
        session.receive(encode_message(hello(**changes)))


def test_an_unsorted_or_endless_list_of_places_ends_the_session(victim: MemoryReplica) -> None:
    element = b"p" * 16
    for payload, last in ((element * 2, True), (b"", False), (b"p" * 15, True)):
        session = pair(victim, MemoryReplica(PEER, victim.rights))[0]
        assert session.next_frame() is not None
        session.receive(encode_message(hello()))
        with pytest.raises(SessionError, match="list of places"):
            session.receive(encode_message(Difference(payload, last)))


def test_an_operation_that_does_not_verify_is_named_and_those_before_it_stay() -> None:
    rights = Rights()
    rights.live[chart_of(1)] = {VICTIM.key, PEER.key}
    victim, peer = MemoryReplica(VICTIM, rights), MemoryReplica(PEER, rights)
    good = [peer.append(Place(chart_of(1), ACCESS_LANE)) for _ in range(5)]
    forged = Operation(
        good[3].prefix, good[3].header, bytes(64), good[3].body_hash, good[3].body_size_bytes, b"x"
    )
    peer.logs[Place(chart_of(1), ACCESS_LANE), PEER.instance()][good[3].id] = forged
    with pytest.raises(SessionError, match="bafy"):
        finish(*pair(victim, peer))
    assert victim.held() == {operation.id for operation in good[:3]}


def test_a_quota_stops_a_log_and_never_skips() -> None:
    rights = Rights()
    rights.live[chart_of(1)] = {VICTIM.key, PEER.key}
    victim, peer = MemoryReplica(VICTIM, rights), MemoryReplica(PEER, rights)
    log = [peer.append(Place(chart_of(1), ACCESS_LANE)) for _ in range(5)]
    victim.quota = 3
    session, _ = sessions = pair(victim, peer)
    finish(*sessions)
    assert victim.held() == {operation.id for operation in log[:3]}
    assert session.outcome.refused == {"refused": 2}
    assert session.outcome.level is False
