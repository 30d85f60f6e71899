"""Keys and statements of made-up devices that the seeds of several targets are built with."""

from typing import Final

from sync.belonging import sign_belonging
from sync.certificate import Certificate, certify
from sync.charter import Charter, Kind, Root, draw_charter
from sync.clock import Stamp
from sync.identifiers import ActId, EpochId, EpochKey, InstanceId, LaneId
from sync.letter import Letter, write_letter
from sync.operation import Anchor, HeaderPrefix, Operation, sign_operation
from sync.roster import Roster, RosterDevice, RosterGroup, organisation_address, sign_roster
from sync.sealing import Opener, sign_sealing_key
from sync.signing import Signer

DEVICE: Final = Signer(b"\x01" * 32)
PERSON: Final = Signer(b"\x02" * 32)
OPENER: Final = Opener(b"\x03" * 32)
ORGANISATION: Final = b"\x04" * 32
ROOT: Final = Root(Signer(b"\x05" * 32).public, Opener(b"\x06" * 32).public)
INSTANCE: Final = InstanceId(b"i" * 16)
LANE: Final = LaneId(b"lane----")
ANCHOR: Final = Anchor(11_155_111, 7_000_000, b"b" * 32)
AT_MILLISECONDS: Final = 1_790_000_000_000


def charter() -> Charter:
    """A chart's beginning."""
    address = organisation_address(ORGANISATION)
    return draw_charter(address, ROOT, Kind.PATIENT, None, bytes(range(48)))


def roster() -> Roster:
    """A statement with one device in two groups."""
    device = RosterDevice(
        DEVICE.public,
        OPENER.public,
        sign_sealing_key(DEVICE, OPENER.public),
        sign_belonging(DEVICE, organisation_address(ORGANISATION)),
    )
    key = Opener(b"\x07" * 32).public
    groups = tuple(RosterGroup(name, 0, key, (DEVICE.public,)) for name in ("all", "admin"))
    return sign_roster(ORGANISATION, 0, None, (device,), groups, (PERSON.public,))


def certificate() -> Certificate:
    """A shift."""
    return certify(PERSON, DEVICE.public, INSTANCE, AT_MILLISECONDS)


def operation(body: bytes = b"sealed", *, after: Operation | None = None) -> Operation:
    """The first operation of a log, or the one after another."""
    prefix = HeaderPrefix(
        charter().chart,
        LANE,
        DEVICE.public,
        INSTANCE,
        0 if after is None else after.prefix.sequence + 1,
        None if after is None else after.id,
        Stamp((AT_MILLISECONDS << 16) + (0 if after is None else 1)),
        EpochId(b"e" * 32),
        ActId(b"u" * 16),
        None if after is None else ANCHOR,
        None if after is None else certificate().id,
    )
    return sign_operation(prefix, body, DEVICE)


def whole_letter() -> Letter:
    """A letter to the opener."""
    return write_letter(charter(), (EpochKey(b"k" * 32),), OPENER.public, DEVICE, b"e" * 32)
