"""A second person's confirmation of a break-glass: a line of text that another node's person signs.

    satchel-second:1:<base64url(canonical CBOR [content, signature])>

Asked for where one node broke five glasses within an hour (DESIGN section 6). The person is one
whom the roster of a paired organisation lists, and not this node's own: `patients_desk` calls it.
"""

import base64
import binascii
import re
from typing import Final, NamedTuple

from node.application.access.pairing import card_of
from node.application.context import Context
from node.application.errors import SecondPersonRefused
from node.limits import second_person_minutes_max
from sync.codec import decode, encode, fields, is_number, natural, octets
from sync.errors import CodecError, RosterError, SignatureError
from sync.identifiers import ChartId, DeviceKey, hashed
from sync.limits import clock_doubt_milliseconds
from sync.roster import parse_roster
from sync.signing import Signer, verify

_PREFIX: Final = "satchel-second:1:"
_DOMAIN: Final = "second-person"
_LENGTH_CHARS_MAX: Final = 1024
_AGE_MILLISECONDS_MAX: Final = second_person_minutes_max * 60_000


class Confirmation(NamedTuple):
    """What a second person signed: that this device may break the glass of this chart now."""

    chart: ChartId
    device: DeviceKey
    person: DeviceKey
    at_milliseconds: int

    @property
    def digest(self) -> bytes:
        """32 bytes by which it is known when it comes again."""
        return hashed("second-person-used", encode(list(self)))


def confirmation_text(
    chart: ChartId, device: DeviceKey, person: Signer, at_milliseconds: int
) -> str:
    """A confirmation as a line of text, without a line end."""
    content = encode([1, chart, device, person.public, at_milliseconds])
    signed = encode([content, person.sign(_DOMAIN, content)])
    return _PREFIX + base64.urlsafe_b64encode(signed).rstrip(b"=").decode()


def parse_confirmation(text: str) -> Confirmation:
    """Read a confirmation and check its signature, or raise SecondPersonRefused."""
    text = text.strip()
    payload = text.removeprefix(_PREFIX)
    if len(text) > _LENGTH_CHARS_MAX or payload == text or not re.fullmatch(r"[\w-]+", payload):
        raise SecondPersonRefused("it is no confirmation")
    try:
        signed = base64.b64decode(
            payload + "=" * (-len(payload) % 4), altchars=b"-_", validate=True
        )
        content, signature = fields(decode(signed), 2, "confirmation")
        content = octets(content, None, "content")
        version, chart, device, person, at = fields(decode(content), 5, "content")
        if not is_number(version, 1):
            raise SecondPersonRefused("a newer satchel wrote it")
        found = Confirmation(
            ChartId(octets(chart, 32, "chart")),
            DeviceKey(octets(device, 32, "device")),
            DeviceKey(octets(person, 32, "person")),
            natural(at, "time"),
        )
        verify(found.person, _DOMAIN, content, octets(signature, 64, "signature"))
    except (CodecError, SignatureError, binascii.Error, ValueError) as error:
        raise SecondPersonRefused("it is damaged, or its signature does not match") from error
    return found


def check_confirmation(context: Context, chart: ChartId, text: str) -> Confirmation:
    """A confirmation for this node and chart, by another known person, fresh and not used before.

    Raises SecondPersonRefused.
    """
    found = parse_confirmation(text)
    now = context.clock()
    if found.chart != chart or found.device != context.identity.device:
        raise SecondPersonRefused("it is for another chart or another node")
    if not -clock_doubt_milliseconds <= now - found.at_milliseconds < _AGE_MILLISECONDS_MAX:
        raise SecondPersonRefused(f"it is older than {second_person_minutes_max} minutes")
    if found.person == context.identity.owner.public:
        raise SecondPersonRefused("it is by this node's own person")
    if found.person not in _known_people(context):
        raise SecondPersonRefused("no roster of a paired node lists who signed it")
    if any(found.digest in broken.seconds for broken in context.store.glass.all()):
        raise SecondPersonRefused("it was used before")
    return found


def _known_people(context: Context) -> set[DeviceKey]:
    """The practitioners of the organisations whose cards are held, and of this one."""
    found = set(context.roster.practitioners)
    for peer in context.store.peers.all():
        try:
            found.update(parse_roster(card_of(peer).roster).practitioners)
        except RosterError:
            continue
    return found
