"""Notes ride at a session's end, whatever is shared, and nothing is answered to them."""

import pytest
from replica_in_memory import Device, MemoryReplica, Rights, chart_of, finish, pair, run

from sync.errors import LimitError, NoteError, SessionError
from sync.identifiers import operation_id
from sync.limits import note_words_length_chars_max
from sync.note import (
    NoteKind,
    Request,
    StatedKey,
    parse_note,
    parse_request,
    parse_sealed_words,
    parse_stated_key,
    seal_words,
    write_note,
)
from sync.sealing import Opener
from sync.wire.message import Notes
from sync.wire.message_codec import decode_message, encode_message

ONE, TWO = Device(1), Device(2)


def replicas() -> tuple[MemoryReplica, MemoryReplica]:
    rights = Rights()
    return MemoryReplica(ONE, rights), MemoryReplica(TWO, rights)


def note(kind: NoteKind = NoteKind.GLASS, author: Device = ONE) -> bytes:
    payload = StatedKey(author.opener.public, b"s" * 64).encoded()
    return write_note(kind, chart_of(9), payload, author.signer, 1_790_000_000_000).encoded()


def test_a_note_arrives_though_nothing_is_shared_and_is_not_sent_again() -> None:
    one, two = replicas()
    one.to_note = [note()]

    sessions = pair(one, two)
    finish(*sessions)

    assert [taken.encoded() for taken in two.notes_taken] == [note()]
    assert one.to_note == []
    assert sessions[0].outcome.notes_sent == sessions[1].outcome.notes_received == 1
    assert len(finish(*pair(one, two, 1)).frames) == 2, "and then one round trip is enough"


def test_both_sides_may_have_notes_in_one_session() -> None:
    one, two = replicas()
    one.to_note, two.to_note = [note()], [note(author=TWO)]
    finish(*pair(one, two))
    assert [taken.author for taken in two.notes_taken] == [ONE.key]
    assert [taken.author for taken in one.notes_taken] == [TWO.key]


def test_a_forged_note_is_counted_and_left_out_and_the_session_goes_on() -> None:
    one, two = replicas()
    forged = bytearray(note())
    forged[-1] ^= 1
    one.to_note = [bytes(forged), note()]
    sessions = pair(one, two)
    finish(*sessions)
    assert len(two.notes_taken) == 1
    assert sessions[1].outcome.refused["note"] == 1


def test_a_cut_before_the_acknowledgement_offers_the_note_again() -> None:
    one, two = replicas()
    one.to_note = [note()]
    seen: list[int] = []

    class Cut(Exception):
        pass

    def cut() -> None:
        seen.append(1)
        if two.notes_taken:
            raise Cut

    with pytest.raises(Cut):
        run(*pair(one, two), on_frame=cut)
    assert one.to_note == [note()]
    finish(*pair(one, two, 1))
    assert one.to_note == []


def test_notes_out_of_turn_end_the_session() -> None:
    one, two = replicas()
    mine, theirs = pair(one, two)
    frame = mine.next_frame()
    assert frame is not None
    theirs.receive(frame)
    with pytest.raises(SessionError, match="out of turn"):
        theirs.receive(encode_message(Notes((note(),))))


def test_a_frame_without_a_note_is_no_message() -> None:
    assert decode_message(encode_message(Notes((note(),)))) == Notes((note(),))
    with pytest.raises(SessionError):
        decode_message(encode_message(Notes(())))


def test_every_changed_byte_of_a_note_is_refused() -> None:
    whole = note()
    for place in range(len(whole)):
        changed = bytearray(whole)
        changed[place] ^= 1
        with pytest.raises(NoteError):
            parse_note(bytes(changed))


def test_words_are_read_by_those_they_are_sealed_to_and_nobody_else() -> None:
    reader, other = Opener(b"r" * 32), Opener(b"o" * 32)
    about = operation_id(b"an operation")
    payload = seal_words("unconscious, no papers", about, (reader.public,), bytes(range(88)))
    found = parse_sealed_words(payload)
    assert found.about == about
    assert found.open((other, reader)) == "unconscious, no papers"
    assert found.open((other,)) is None
    assert b"unconscious" not in payload
    with pytest.raises(LimitError):
        seal_words("x" * (note_words_length_chars_max + 1), about, (), bytes(56))


def test_payloads_of_another_kind_are_refused() -> None:
    key = StatedKey(ONE.opener.public, b"s" * 64)
    request = Request(key, b"roster", ("summary", "care"), 7, "referred")
    assert parse_stated_key(key.encoded()) == key
    assert parse_request(request.encoded()) == request
    for read in (parse_request, parse_sealed_words):
        with pytest.raises(NoteError):
            read(key.encoded())
    with pytest.raises(NoteError):
        parse_stated_key(request.encoded())
