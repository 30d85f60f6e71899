"""The attachment stage: any two holdings come level, links may break, and lies change nothing."""

import random
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    SUMMARY_LANE,
    Device,
    Rights,
    chart_of,
    finish,
    pair,
    run,
)
from shelf_in_memory import ShelvedReplica

from sync.attachment_manifest import sign_manifest
from sync.attachment_piece import named
from sync.digest import Place
from sync.errors import SessionError
from sync.limits import credit_bytes_max, frame_size_bytes_max
from sync.wire.attachment_message import Fragment, Manifests, Marked, Pieces, PlaceMarks, Wants
from sync.wire.message import Message
from sync.wire.message_codec import decode_message, encode_message

A, B, C = Device(1), Device(2), Device(3)
CHART = chart_of(0)
CARE, SUMMARY = Place(CHART, CARE_LANE), Place(CHART, SUMMARY_LANE)


def shared(*devices: Device) -> list[ShelvedReplica]:
    """Replicas of one chart that all may have, with its first access operation."""
    rights = Rights()
    rights.live[CHART] = {device.key for device in devices}
    replicas = [ShelvedReplica(device, rights) for device in devices]
    first = replicas[0].append(Place(CHART, ACCESS_LANE))
    for replica in replicas[1:]:
        replica.keep(first)
    return replicas


def sealed(*sizes: int, seed: int = 0) -> list[bytes]:
    draw = random.Random(f"{seed} {sizes}")
    return [draw.randbytes(size) for size in sizes]


def leveled(one: ShelvedReplica, two: ShelvedReplica) -> None:
    mine, theirs = pair(one, two)
    finish(mine, theirs)
    assert one.attachments.state() == two.attachments.state()
    assert mine.outcome.level
    assert theirs.outcome.level


@given(
    st.lists(st.lists(st.integers(16, 2000), min_size=1, max_size=12), max_size=4),
    st.lists(st.lists(st.integers(16, 2000), min_size=1, max_size=12), max_size=4),
    st.integers(0, 100),
    st.sampled_from([1024, 4096, 128 * 1024]),
)
def test_whatever_pieces_two_replicas_hold_they_come_level(
    mine: list[list[int]], theirs: list[list[int]], seed: int, frame_size_bytes: int
) -> None:
    a, b = shared(A, B)
    draw = random.Random(seed)
    for number, (replica, sizes) in enumerate([(a, s) for s in mine] + [(b, s) for s in theirs]):
        place = draw.choice([CARE, SUMMARY])
        operation = replica.append(place)
        replica.attach(operation, sealed(*sizes, seed=number))
        other = b if replica is a else a
        if draw.random() < 0.5 and other.keep(operation):
            for manifest in replica.attachments.listed[place].values():
                if manifest.operation == operation.id:
                    other.attachments.listed[place][manifest.name] = manifest
                    for piece in manifest.pieces:
                        if draw.random() < 0.5:
                            got = replica.attachments.pieces[place][piece.name]
                            other.attachments.pieces[place][piece.name] = got
    one, two = pair(a, b)
    one.frame_size_bytes = two.frame_size_bytes = frame_size_bytes
    finish(one, two)
    assert a.attachments.state() == b.attachments.state()
    assert one.outcome.level
    assert one.outcome.pieces_sent == two.outcome.pieces_received
    again, _ = pair(a, b)
    other_side = pair(a, b)[1]
    assert len(finish(again, other_side).frames) == 2


def test_replicas_that_differ_in_a_piece_alone_notice_and_a_known_gap_costs_nothing() -> None:
    a, b, c = shared(A, B, C)
    operation = a.append(CARE)
    first, second = a.attach(operation, sealed(300, 400))
    leveled(a, b)
    del b.attachments.pieces[CARE][second.name]
    leveled(a, b)
    for replica in (b, c):
        replica.attachments.pieces[CARE].pop(first.name, None)
    leveled(b, c)  # neither has it: they agree, in one round trip from now on
    assert len(finish(*pair(b, c)).frames) == 2
    leveled(a, c)


def test_a_piece_that_two_lists_name_crosses_once() -> None:
    a, b = shared(A, B)
    pieces = sealed(300, 400, 500)
    a.attach(a.append(CARE), pieces[:2])
    a.attach(a.append(CARE), pieces[1:])
    mine, theirs = pair(a, b)
    finish(mine, theirs)
    assert (mine.outcome.pieces_sent, theirs.outcome.pieces_received) == (3, 3)
    assert a.attachments.state() == b.attachments.state()


def test_without_attachments_no_byte_more_is_said_but_a_flag() -> None:
    a, b = shared(A, B)
    a.append(CARE)
    mine, theirs = pair(a, b)
    finish(mine, theirs)
    assert mine.outcome.round_trips == 3
    assert (mine.outcome.pieces_sent, theirs.outcome.pieces_received) == (0, 0)


def test_attachments_cost_two_round_trips_more() -> None:
    a, b = shared(A, B)
    a.attach(a.append(CARE), sealed(300))
    for one, two in ((a, b), (b, a)):
        mine, theirs = pair(one, two)
        finish(mine, theirs)
        assert mine.outcome.round_trips == theirs.outcome.round_trips == 5
        operation = a.append(CARE)
        a.attach(operation, sealed(400))


def test_large_pieces_cross_in_parts_within_the_credit() -> None:
    a, b = shared(A, B)
    a.attach(a.append(CARE), sealed(*[270_000] * 20))
    mine, theirs = pair(a, b)
    in_flight = 0

    def look() -> None:
        nonlocal in_flight
        in_flight = max(in_flight, mine._outbox.in_flight_bytes)

    transcript = run(mine, theirs, on_frame=look)
    assert mine.finished
    assert theirs.finished
    assert a.attachments.state() == b.attachments.state()
    assert max(len(frame) for _, frame in transcript.frames) <= frame_size_bytes_max
    assert in_flight <= credit_bytes_max


@settings(max_examples=40)
@given(st.integers(0, 60))
def test_a_link_cut_anywhere_loses_no_finished_piece(cut_at: int) -> None:
    a, b = shared(A, B)
    a.attach(a.append(CARE), sealed(*[200_000] * 8))
    mine, theirs = pair(a, b)
    frames = 0

    def lose() -> None:
        nonlocal frames
        frames += 1
        if frames > cut_at:
            raise ConnectionError

    with suppress(ConnectionError):
        run(mine, theirs, on_frame=lose)
    theirs.receive_end()
    kept = set(b.attachments.pieces[CARE])
    one, two = pair(a, b, nonce=1)
    finish(one, two)
    assert two.outcome.pieces_received == 8 - len(kept)
    assert a.attachments.state() == b.attachments.state()


def test_who_is_not_entitled_gets_nothing_and_learns_nothing() -> None:
    a, b = shared(A, B)
    a.attach(a.append(CARE), sealed(500))
    stranger = ShelvedReplica(C, a.rights)
    before = [len(frame) for _, frame in finish(*pair(stranger, a)).frames]
    a.attach(a.append(CARE), sealed(900, 1000))
    assert [len(frame) for _, frame in finish(*pair(stranger, a)).frames] == before
    assert stranger.attachments.state() == ({}, {})
    leveled(a, b)


# -- lies


def tampered(a: ShelvedReplica, b: ShelvedReplica, change: Callable[[Message], Message]) -> str:
    """Run a session in which what A says is changed; the reason for which B refuses it."""
    mine, theirs = pair(a, b)
    silent = 0
    while silent < 2:
        silent += 1
        while (frame := mine.next_frame()) is not None:
            silent = 0
            try:
                theirs.receive(encode_message(change(decode_message(frame))))
            except SessionError as error:
                return str(error)
        while (frame := theirs.next_frame()) is not None:
            silent = 0
            mine.receive(frame)
    return ""


def in_pieces(change: Callable[[Fragment], Fragment]) -> Callable[[Message], Message]:
    def changed(message: Message) -> Message:
        if not isinstance(message, Pieces):
            return message
        return Pieces(tuple(change(one) for one in message.fragments))

    return changed


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda f: f._replace(content=b"x" + f.content[1:]), "not what it was named by"),
        (lambda f: f._replace(name=b"n" * 32), "not asked for"),
        (lambda f: f._replace(place=b"elsewher"), "not asked for"),
        (lambda f: f._replace(offset=f.offset + 1), "not asked for"),
        (lambda f: f._replace(size_bytes=f.size_bytes - 1), "do not fit together"),
        (lambda f: f._replace(size_bytes=f.size_bytes + 1), "within another"),
        (lambda f: f._replace(size_bytes=1 << 20), "malformed"),
        (lambda f: f._replace(content=b""), "do not fit together"),
    ],
)
def test_pieces_that_are_not_as_asked_end_the_session_and_leave_nothing(
    change: Callable[[Fragment], Fragment], reason: str
) -> None:
    a, b = shared(A, B)
    a.attach(a.append(CARE), sealed(700, 800))
    assert reason in tampered(a, b, in_pieces(change))
    assert b.attachments.state()[1] == {}
    leveled(a, b)


def test_a_piece_twice_is_refused_the_second_time() -> None:
    a, b = shared(A, B)
    a.attach(a.append(CARE), sealed(700))

    def twice(message: Message) -> Message:
        return Pieces(message.fragments * 2) if isinstance(message, Pieces) else message

    assert "not asked for" in tampered(a, b, twice)
    assert a.attachments.state() == b.attachments.state()


GARBAGE = (named(sealed(700, seed=9)[0]),)
UNKNOWN = A.write(CARE, 0, None, b"never sent", life=3)


@pytest.mark.parametrize("lie", ["not signed so", "by another device", "of an unknown operation"])
def test_a_manifest_that_is_not_the_word_on_a_held_operation_brings_nothing(lie: str) -> None:
    a, b = shared(A, B)
    operation = a.append(CARE)
    a.attach(operation, sealed(700))
    signed = sign_manifest(operation, GARBAGE, A.signer).encoded
    forged = {
        "not signed so": signed[:-1] + bytes([signed[-1] ^ 1]),
        "by another device": sign_manifest(operation, GARBAGE, C.signer).encoded,
        "of an unknown operation": sign_manifest(UNKNOWN, GARBAGE, A.signer).encoded,
    }[lie]

    def changed(message: Message) -> Message:
        if not isinstance(message, Manifests):
            return message
        return Manifests(tuple((where, (forged,)) for where, _ in message.bundles))

    mine, theirs = pair(a, b)
    silent = 0
    while silent < 2:
        silent += 1
        for sender, receiver in ((mine, theirs), (theirs, mine)):
            while (frame := sender.next_frame()) is not None:
                silent = 0
                receiver.receive(encode_message(changed(decode_message(frame))))
    assert theirs.outcome.refused["manifest"] == 1
    assert theirs.outcome.level is False
    assert b.attachments.state() == ({}, {})
    leveled(a, b)


def test_asking_for_what_was_never_told_ends_the_session() -> None:
    a, b = shared(A, B)
    a.attach(a.append(CARE), sealed(700))

    def greedy(message: Message) -> Message:
        if isinstance(message, Wants) and message.last:
            return Wants((PlaceMarks(b"elsewher", (Marked(b"manifest", b"\xff"),)),), True)
        return message

    assert "not compared" in tampered(a, b, greedy)
