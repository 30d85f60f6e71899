"""Letters: handed over before a new chart's operations, carried by relays, never twice."""

from replica_in_memory import (
    ACCESS_LANE,
    Device,
    MemoryReplica,
    Rights,
    chart_of,
    finish,
    pair,
)

from sync.charter import Charter, Kind, Root, draw_charter
from sync.digest import Place
from sync.identifiers import ChartId, EpochKey, OrganisationAddress
from sync.letter import open_letter, parse_letter, write_letter
from sync.wire.message import Letters, Message, Operations
from sync.wire.message_codec import decode_message

CLINIC, RELAY, OTHER = Device(1), Device(2), Device(3)


def charter() -> Charter:
    root = Root(Device(9).key, Device(9).opener.public)
    return draw_charter(OrganisationAddress(b"o" * 20), root, Kind.PATIENT, None, bytes(range(48)))


def letter_to(device: Device, number: int = 0) -> bytes:
    ephemeral = bytes([device.number, number]).ljust(32, b"e")
    key = EpochKey(b"k" * 32)
    letter = write_letter(charter(), (key,), device.opener.public, CLINIC.signer, ephemeral)
    return letter.encoded()


def three() -> tuple[MemoryReplica, MemoryReplica, MemoryReplica, ChartId]:
    rights = Rights()
    chart = charter().chart
    rights.live[chart] = {CLINIC.key, RELAY.key, OTHER.key}
    clinic, relay, other = (MemoryReplica(device, rights) for device in (CLINIC, RELAY, OTHER))
    clinic.append(Place(chart, ACCESS_LANE))
    clinic.held_letters[chart] = [letter_to(RELAY), letter_to(OTHER)]
    return clinic, relay, other, chart


def messages(frames: list[tuple[bool, bytes]]) -> list[Message]:
    return [decode_message(frame) for _, frame in frames]


def test_letters_come_before_a_new_charts_operations_whoever_calls() -> None:
    for clinic_calls in (True, False):
        clinic, relay, _, chart = three()
        sides = (clinic, relay) if clinic_calls else (relay, clinic)
        said = messages(finish(*pair(*sides)).frames)
        kinds = [type(message) for message in said if isinstance(message, Letters | Operations)]
        assert kinds[0] is Letters
        assert Operations in kinds
        assert sorted(relay.held_letters[chart]) == sorted(clinic.held_letters[chart])


def test_a_relay_hands_over_letters_that_it_cannot_open() -> None:
    clinic, relay, other, chart = three()
    finish(*pair(clinic, relay))
    session, _ = sessions = pair(relay, other)
    finish(*sessions)
    assert session.outcome.letters_sent == 2
    own = next(
        letter
        for letter in map(parse_letter, other.held_letters[chart])
        if letter.to == OTHER.opener.public
    )
    assert open_letter(own, OTHER.opener).charter == charter()


def test_a_chart_that_differs_sends_only_new_letters() -> None:
    clinic, relay, _, chart = three()
    finish(*pair(clinic, relay))
    clinic.append(Place(chart, ACCESS_LANE))
    clinic.held_letters[chart].append(letter_to(Device(4)))
    relay.held_letters[chart].append(letter_to(Device(5)))
    first, second = pair(relay, clinic, nonce=1)
    finish(first, second)
    assert (first.outcome.letters_sent, second.outcome.letters_sent) == (1, 1)
    assert sorted(relay.held_letters[chart]) == sorted(clinic.held_letters[chart])


def test_a_letter_that_does_not_verify_or_is_of_another_chart_is_refused_and_counted() -> None:
    clinic, relay, _, chart = three()
    good = letter_to(RELAY)
    forged = good[:-1] + bytes([good[-1] ^ 1])
    strange = chart_of(7)
    clinic.rights.live[strange] = clinic.rights.live[chart]
    clinic.append(Place(strange, ACCESS_LANE))
    clinic.held_letters[strange] = [good]
    clinic.held_letters[chart] = [forged, good]
    clinic_session, relay_session = pair(clinic, relay)
    finish(clinic_session, relay_session)
    assert relay.held_letters[chart] == [good]
    assert relay.held_letters[strange] == []
    assert relay_session.outcome.refused == {"letter": 2}
    assert relay_session.outcome.letters_received == 1


def test_many_letters_cross_in_several_frames() -> None:
    clinic, relay, _, chart = three()
    clinic.held_letters[chart] = [letter_to(RELAY, number) for number in range(200)]
    sessions = pair(clinic, relay)
    for session in sessions:
        session.frame_size_bytes = 4096
    transcript = finish(*sessions)
    assert len(relay.held_letters[chart]) == 200
    assert sum(isinstance(message, Letters) for message in messages(transcript.frames)) > 5
