"""Pairing cards: what one proves, and that no changed one is taken."""

import base64
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.card.card import PairingCard, card_text, make_card, parse_card
from node.errors import CardDamaged, CardError, CardForeign, CardNewer, CardTooLarge
from node.keystore.identity import Identity
from node.keystore.making import make_secrets
from node.keystore.secrets import NodeKind
from sync import codec
from sync.belonging import sign_belonging
from sync.identifiers import SealingKey, did_key
from sync.roster import RosterDevice, RosterGroup, sign_roster
from sync.sealing import sign_sealing_key

ADDRESSES = ("/ip4/192.168.1.7/tcp/4001", "/dns4/hilltop.example/tcp/4001")


def identity(seed: int) -> Identity:
    draw = random.Random(seed).randbytes
    return Identity(make_secrets("Hilltop Clinic", NodeKind.CLINIC, draw)[0])


def roster(organisation: Identity, device: Identity) -> bytes:
    """A statement by one organisation that lists a device."""
    belonging = sign_belonging(device.signer, organisation.organisation)
    listed = RosterDevice(
        device.device, device.sealing_key, device.sealing_key_signature, belonging
    )
    group = RosterGroup("all", 0, organisation.group_opener("all", 0).public, (device.device,))
    secret = organisation.secrets.organisation_secret
    return sign_roster(secret, 0, None, (listed,), (group,), (device.owner.public,)).encoded()


HILLTOP = identity(1)
RIVERSIDE = identity(2)
CARD = make_card(HILLTOP, ADDRESSES, roster(HILLTOP, HILLTOP), 1_700_000_000)
TEXT = card_text(CARD, HILLTOP.signer)


def signed(values: list[object], signer: Identity = HILLTOP) -> str:
    """A card with any content, signed well."""
    content = codec.encode(values)
    data = codec.encode([content, signer.signer.sign("pairing-card", content)])
    return "satchel-card:1:" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def values() -> list[object]:
    data = base64.urlsafe_b64decode(TEXT.removeprefix("satchel-card:1:") + "==")
    content: list[object] = codec.decode(codec.decode(data)[0])
    return content


def test_a_card_says_who_and_where() -> None:
    card = parse_card(TEXT)
    assert card == CARD
    assert card.device_did == did_key(HILLTOP.device)
    assert card.peer_id == HILLTOP.peer_id
    assert (card.name, card.kind, card.addresses) == ("Hilltop Clinic", "clinic", ADDRESSES)


@given(
    addresses=st.lists(st.sampled_from(ADDRESSES), max_size=16),
    issued=st.integers(0, 1 << 40),
    network=st.none() | st.binary(min_size=32, max_size=32),
)
def test_any_card_survives_its_text(
    addresses: list[str], issued: int, network: bytes | None
) -> None:
    card = make_card(HILLTOP, tuple(addresses), CARD.roster, issued, network)
    assert parse_card(card_text(card, HILLTOP.signer)) == card


def test_a_card_is_one_line_and_may_have_space_around_it() -> None:
    assert TEXT.isascii()
    assert len(TEXT.split()) == 1
    assert parse_card(f"\n {TEXT}\r\n") == CARD


def test_the_values_helper_makes_the_same_card() -> None:
    assert signed(values()) == TEXT


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_flipped_bit_is_refused(position: int, bit: int) -> None:
    changed = bytearray(TEXT.encode())
    changed[position % len(changed)] ^= 1 << bit
    with pytest.raises(CardError):
        parse_card(changed.decode("latin-1"))


@given(position=st.integers(min_value=0), bit=st.integers(0, 7))
def test_any_flipped_bit_beneath_the_text_is_refused(position: int, bit: int) -> None:
    data = bytearray(base64.urlsafe_b64decode(TEXT.removeprefix("satchel-card:1:") + "=="))
    data[position % len(data)] ^= 1 << bit
    text = "satchel-card:1:" + base64.urlsafe_b64encode(data).rstrip(b"=").decode()
    with pytest.raises(CardDamaged):
        parse_card(text)


@given(length=st.integers(min_value=0))
def test_a_card_that_was_cut_off_is_refused(length: int) -> None:
    with pytest.raises((CardDamaged, CardForeign)):
        parse_card(TEXT[: length % len(TEXT)])


@pytest.mark.parametrize("idle", "BCD")
def test_idle_bits_of_the_last_character_are_not_ignored(idle: str) -> None:
    texts = (card_text(replace(CARD, name="x" * n), HILLTOP.signer) for n in (1, 2, 3))
    last = next(text for text in texts if len(text.removeprefix("satchel-card:1:")) % 4)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    number = alphabet.index(last[-1]) | alphabet.index(idle)
    with pytest.raises(CardDamaged, match="its end"):
        parse_card(last[:-1] + alphabet[number])


def test_other_text_is_foreign_a_later_version_newer_and_a_long_one_too_large() -> None:
    with pytest.raises(CardForeign):
        parse_card("Hello")
    with pytest.raises(CardNewer, match="version 12"):
        parse_card(TEXT.replace(":1:", ":12:"))
    with pytest.raises(CardDamaged):
        parse_card(TEXT.replace(":1:", ":x:"))
    with pytest.raises(CardTooLarge):
        parse_card(TEXT + "A" * 65536)


def test_a_card_signed_by_another_device_is_refused() -> None:
    with pytest.raises(CardDamaged, match="signature"):
        parse_card(signed(values(), RIVERSIDE))
    with pytest.raises(ValueError, match="signed by the device"):
        card_text(CARD, RIVERSIDE.signer)


def test_a_sealing_key_that_is_not_the_devices_own_is_refused() -> None:
    content = values()
    content[3] = bytes(RIVERSIDE.sealing_key)
    with pytest.raises(CardDamaged, match="sealing-key"):
        parse_card(signed(content))


def test_a_sealing_key_that_the_roster_does_not_list_is_refused() -> None:
    content = values()
    other = SealingKey(RIVERSIDE.sealing_key)
    content[3:5] = [bytes(other), sign_sealing_key(HILLTOP.signer, other)]
    with pytest.raises(CardDamaged, match="does not list"):
        parse_card(signed(content))


def test_an_organisation_that_does_not_list_the_device_is_refused() -> None:
    content = values()
    content[6:8] = [bytes(RIVERSIDE.organisation), roster(RIVERSIDE, RIVERSIDE)]
    with pytest.raises(CardDamaged, match="does not list"):
        parse_card(signed(content))


def test_an_organisation_that_lists_another_organisations_device_is_its_own_say() -> None:
    content = values()
    content[6:8] = [bytes(RIVERSIDE.organisation), roster(RIVERSIDE, HILLTOP)]
    assert parse_card(signed(content)).organisation == RIVERSIDE.organisation


def test_a_roster_of_another_organisation_is_refused() -> None:
    content = values()
    content[7] = roster(RIVERSIDE, HILLTOP)
    with pytest.raises(CardDamaged, match="another organisation"):
        parse_card(signed(content))


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (0, ""),
        (0, "x" * 101),
        (0, "clear\x1b[2Jscreen"),
        (1, "hospital"),
        (5, ["no multiaddr"]),
        (5, ["/ip4/1.2.3.4/tcp/1 "]),
        (5, ["/dns4/\u0430.example/tcp/1"]),
        (5, ["/" + "x" * 256]),
        (5, ["/ip4/1.2.3.4/tcp/1"] * 17),
        (7, b""),
        (7, bytes(40_000)),
        (8, bytes(31)),
        (9, -1),
        (9, None),
    ],
)
def test_a_field_out_of_bounds_is_refused_however_well_signed(index: int, value: object) -> None:
    content = values()
    content[index] = value
    with pytest.raises(CardDamaged):
        parse_card(signed(content))


def test_a_card_that_no_reader_would_take_is_not_made() -> None:
    with pytest.raises(CardDamaged, match="multiaddr"):
        make_card(HILLTOP, ("localhost:4001",), CARD.roster, 0)
    with pytest.raises(CardDamaged, match="another organisation"):
        make_card(HILLTOP, (), roster(RIVERSIDE, HILLTOP), 0)


def test_nothing_secret_is_on_the_card() -> None:
    data = base64.urlsafe_b64decode(TEXT.removeprefix("satchel-card:1:") + "==")
    secrets = HILLTOP.secrets
    held = [secrets.device_seed, secrets.organisation_secret, secrets.store_key]
    assert not [value for value in (*held, *secrets.group_secrets.values()) if value in data]
    assert isinstance(parse_card(TEXT), PairingCard)
