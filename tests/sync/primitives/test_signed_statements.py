"""Charters, rosters, letters and certificates: whatever is changed in them is noticed."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.belonging import sign_belonging
from sync.certificate import Certificate, certify, parse_certificate
from sync.change import Entry, parse_entry
from sync.charter import LANE_NAMES, Charter, Kind, Root, draw_charter, parse_charter
from sync.codec import decode, encode
from sync.errors import (
    BodyError,
    CertificateError,
    CharterError,
    CodecError,
    LetterError,
    RosterError,
    SessionError,
    SyncError,
)
from sync.grantee import parse_grantee
from sync.identifiers import ChartId, EpochKey, InstanceId, chart_id
from sync.letter import Letter, open_letter, parse_letter, write_letter
from sync.limits import certificate_age_seconds_max
from sync.roster import (
    Roster,
    RosterDevice,
    RosterGroup,
    organisation_address,
    parse_roster,
    sign_roster,
)
from sync.sealing import Opener, sign_sealing_key
from sync.session.receipt import Receipt, parse_receipt
from sync.signing import Signer

DEVICE = Signer(b"\x01" * 32)
PERSON = Signer(b"\x02" * 32)
OPENER = Opener(b"\x03" * 32)
ORGANISATION = b"\x04" * 32
ROOT = Root(Signer(b"\x05" * 32).public, Opener(b"\x06" * 32).public)
INSTANCE = InstanceId(b"i" * 16)
BELONGING = sign_belonging(DEVICE, organisation_address(ORGANISATION))


def charter() -> Charter:
    """A chart's beginning."""
    address = organisation_address(ORGANISATION)
    return draw_charter(address, ROOT, Kind.PATIENT, None, bytes(range(48)))


def roster() -> Roster:
    """A statement with one device in one group."""
    device = RosterDevice(
        DEVICE.public, OPENER.public, sign_sealing_key(DEVICE, OPENER.public), BELONGING
    )
    group = RosterGroup("all", 0, Opener(b"\x07" * 32).public, (DEVICE.public,))
    return sign_roster(ORGANISATION, 0, None, (device,), (group,), (PERSON.public,))


def letter() -> Letter:
    """A letter to the opener."""
    return write_letter(charter(), (EpochKey(b"k" * 32),), OPENER.public, DEVICE, b"e" * 32)


def certificate() -> Certificate:
    """A shift."""
    return certify(PERSON, DEVICE.public, INSTANCE, 1000)


def test_each_reads_back() -> None:
    assert parse_charter(charter().encoded(), charter().chart) == charter()
    assert parse_roster(roster().encoded()) == roster()
    assert parse_letter(letter().encoded()) == letter()
    assert parse_certificate(certificate().encoded()) == certificate()
    content = open_letter(letter(), OPENER)
    assert content.charter == charter()
    assert content.keys == (EpochKey(b"k" * 32),)


READERS: list[tuple[bytes, Callable[[bytes], object], type[SyncError]]] = [
    (charter().encoded(), lambda data: parse_charter(data, charter().chart), CharterError),
    (roster().encoded(), parse_roster, RosterError),
    (letter().encoded(), parse_letter, LetterError),
    (certificate().encoded(), parse_certificate, CertificateError),
]


@pytest.mark.parametrize(("data", "read", "error"), READERS)
@given(st.integers(0, 10_000), st.integers(1, 255))
def test_a_flipped_byte_is_refused(
    data: bytes,
    read: Callable[[bytes], object],
    error: type[SyncError],
    place: int,
    flip: int,
) -> None:
    changed = bytearray(data)
    changed[place % len(changed)] ^= flip
    with pytest.raises(error):
        read(bytes(changed))


@pytest.mark.parametrize(("data", "read", "error"), READERS)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused_by_their_own_error(
    data: bytes, read: Callable[[bytes], object], error: type[SyncError], junk: bytes
) -> None:
    for wrong in (junk, data + junk if junk else b"", data[: len(junk)]):
        with pytest.raises(error):
            read(wrong)


def test_a_charter_that_does_not_hash_to_its_chart_is_refused() -> None:
    with pytest.raises(CharterError, match="hash"):
        parse_charter(charter().encoded(), ChartId(b"x" * 32))


def test_a_charter_must_hold_every_lane_once_a_root_and_a_grant() -> None:
    good = charter()
    for bad in (
        replace(good, lanes=good.lanes[:3]),
        replace(good, lanes=(*good.lanes[:3], (LANE_NAMES[3], good.lanes[0][1]))),
        replace(good, lanes=(*good.lanes, good.lanes[0])),
        replace(good, roots=()),
        replace(good, grants=()),
    ):
        data = bad.encoded()
        with pytest.raises(CharterError):
            parse_charter(data, chart_id(data))


def test_two_charters_of_one_organisation_differ() -> None:
    address = organisation_address(ORGANISATION)
    one = draw_charter(address, ROOT, Kind.PATIENT, None, bytes(48))
    assert one.chart != charter().chart
    with pytest.raises(CharterError):
        draw_charter(address, ROOT, Kind.PATIENT, None, bytes(47))


def test_a_roster_signed_by_another_organisation_is_refused() -> None:
    forged = sign_roster(b"\x09" * 32, 0, None, (), (), ())
    stolen = replace(forged, organisation=organisation_address(ORGANISATION))
    with pytest.raises(RosterError):
        parse_roster(stolen.encoded())


def test_a_roster_cannot_give_a_device_a_key_that_it_did_not_state() -> None:
    lie = RosterDevice(
        DEVICE.public, ROOT.sealing, sign_sealing_key(PERSON, ROOT.sealing), BELONGING
    )
    signed = sign_roster(ORGANISATION, 0, None, (lie,), (), ())
    with pytest.raises(RosterError):
        parse_roster(signed.encoded())


def test_a_roster_cannot_list_a_device_that_did_not_say_it_belongs_there() -> None:
    elsewhere = sign_belonging(DEVICE, organisation_address(b"\x0a" * 32))
    for word in (elsewhere, sign_belonging(PERSON, organisation_address(ORGANISATION))):
        device = RosterDevice(
            DEVICE.public, OPENER.public, sign_sealing_key(DEVICE, OPENER.public), word
        )
        with pytest.raises(RosterError):
            parse_roster(sign_roster(ORGANISATION, 0, None, (device,), (), ()).encoded())


def test_the_newest_generation_of_a_group_counts() -> None:
    old, new = (
        RosterGroup("all", number, Opener(bytes([number + 1]) * 32).public, ()) for number in (0, 1)
    )
    signed = sign_roster(ORGANISATION, 1, roster().hash, (), (new, old), ())
    assert signed.group("all") == new
    assert signed.group("none") is None


def test_a_letter_opens_for_its_recipient_alone() -> None:
    with pytest.raises(LetterError):
        open_letter(letter(), Opener(b"\x08" * 32))


def test_a_letter_that_hands_over_another_charts_charter_does_not_open() -> None:
    other = draw_charter(organisation_address(ORGANISATION), ROOT, Kind.PATIENT, None, bytes(48))
    swapped = write_letter(other, (), OPENER.public, DEVICE, b"e" * 32)
    values = decode(swapped.encoded())
    values[1] = charter().chart
    statement = values[:-1]
    values[-1] = DEVICE.sign("letter", encode(statement))
    with pytest.raises(LetterError):
        open_letter(parse_letter(encode(values)), OPENER)


def test_a_letter_shows_no_key() -> None:
    assert "k" * 8 not in repr(open_letter(letter(), OPENER))


def test_a_certificate_lends_a_name_to_one_device_instance_for_a_shift() -> None:
    given_name = certificate()
    end = 1000 + certificate_age_seconds_max * 1000
    assert given_name.until_milliseconds == end
    assert given_name.covers(DEVICE.public, INSTANCE, 1000)
    assert given_name.covers(DEVICE.public, INSTANCE, end)
    assert not given_name.covers(DEVICE.public, INSTANCE, end + 1)
    assert not given_name.covers(DEVICE.public, INSTANCE, 999)
    assert not given_name.covers(PERSON.public, INSTANCE, 1000)
    assert not given_name.covers(DEVICE.public, InstanceId(b"j" * 16), 1000)


def test_a_certificate_that_lives_longer_than_a_shift_is_refused() -> None:
    statement = [1, PERSON.public, DEVICE.public, INSTANCE, 0, 12 * 3600 * 1000 + 1]
    data = encode([*statement, PERSON.sign("session-certificate", encode(statement))])
    with pytest.raises(CertificateError):
        parse_certificate(data)


@pytest.mark.parametrize(("data", "read", "error"), READERS)
def test_true_is_no_version_though_python_takes_it_for_one(
    data: bytes, read: Callable[[bytes], object], error: type[SyncError]
) -> None:
    """Otherwise a signed statement had two spellings: what is signed is encoded with a 1."""
    changed = encode([True, *decode(data)[1:]])
    if error is CharterError:
        with pytest.raises(CharterError, match="version"):
            parse_charter(changed, chart_id(changed))
    else:
        with pytest.raises(error):
            read(changed)


def test_a_receipt_an_entry_and_a_grantee_have_one_spelling_too() -> None:
    receipt = Receipt(DEVICE.public, PERSON.public, b"n" * 32, b"a" * 32, b"c" * 32)
    with pytest.raises(SessionError, match="version"):
        parse_receipt(encode([True, *decode(receipt.signed(DEVICE))[1:]]))
    for kind in (False, True):
        with pytest.raises(CodecError):
            parse_grantee([kind, DEVICE.public])
        with pytest.raises(CodecError):
            parse_grantee([kind, b"o" * 20, "all"])
    entry = Entry(b"t" * 16, None, None, None, ()).encoded()
    with pytest.raises(BodyError, match="version"):
        parse_entry(encode([True, *decode(entry)[1:]]))
