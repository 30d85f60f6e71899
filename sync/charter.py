"""The charter: a chart's first word, and its first grants. The chart's id is its hash.

AUTHORITY rule 0. It names the roots, the lanes, the network, and gives `admin` on all lanes to
two groups of the creating organisation, so that opening a chart needs no root signature.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from sync.codec import decode, encode, fields, is_number, items, natural, octets, text
from sync.errors import CharterError, CodecError
from sync.grantee import GROUP_ADMIN, GROUP_ALL, Group, grantee_value, parse_grantee
from sync.identifiers import (
    ActId,
    ChartId,
    DeviceKey,
    LaneId,
    OrganisationAddress,
    SealingKey,
    chart_id,
    charter_grant_id,
)
from sync.limits import charter_size_bytes_max, lanes_per_chart_max

ACCESS = "access"
SUMMARY = "summary"
CARE = "care"
SENSITIVE = "sensitive"
LANE_NAMES = (ACCESS, SUMMARY, CARE, SENSITIVE)
CONTENT_LANE_NAMES = (SUMMARY, CARE, SENSITIVE)
NONCE_SIZE_BYTES = 16
LANE_NAME_LENGTH_MAX = 32
ROOTS_MAX = 8


class Kind(IntEnum):
    """What a chart is for."""

    PATIENT = 0
    DIRECTORY = 1
    KEYS = 2


@dataclass(frozen=True, slots=True)
class Root:
    """The public halves of a recovery key: what signs, and what keys are sealed to."""

    signing: DeviceKey
    sealing: SealingKey


@dataclass(frozen=True)
class Charter:
    """What a chart begins with. `grants` are the groups that hold `admin` on all lanes."""

    nonce: bytes
    kind: Kind
    roots: tuple[Root, ...]
    custodian: OrganisationAddress
    lanes: tuple[tuple[str, LaneId], ...]
    network: bytes | None
    grants: tuple[Group, ...]

    def encoded(self) -> bytes:
        """The bytes whose hash is the chart's id."""
        return encode(
            [
                1,
                self.nonce,
                int(self.kind),
                [[root.signing, root.sealing] for root in self.roots],
                self.custodian,
                [[name, lane] for name, lane in self.lanes],
                self.network,
                [grantee_value(group) for group in self.grants],
            ]
        )

    @cached_property
    def chart(self) -> ChartId:
        """The chart's id; asked for at every step of opening a chart."""
        return chart_id(self.encoded())

    def lane(self, name: str) -> LaneId:
        """The opaque id of a lane, or raise CharterError."""
        for own, lane in self.lanes:
            if own == name:
                return lane
        raise CharterError(f"chart has no lane {name}")

    def lane_name(self, lane: LaneId) -> str:
        """The name of a lane, or raise CharterError."""
        for name, own in self.lanes:
            if own == lane:
                return name
        raise CharterError("lane is not the chart's")

    @cached_property
    def lane_ids(self) -> frozenset[LaneId]:
        """All lanes."""
        return frozenset(lane for _, lane in self.lanes)

    def grant_ids(self) -> tuple[ActId, ...]:
        """The ids of the charter's own grants, in the order of `grants`."""
        chart = self.chart
        return tuple(charter_grant_id(chart, index) for index in range(len(self.grants)))


def draw_charter(
    organisation: OrganisationAddress, root: Root, kind: Kind, network: bytes | None, random: bytes
) -> Charter:
    """Make the charter of a new chart from 48 random bytes."""
    if len(random) != NONCE_SIZE_BYTES + 8 * len(LANE_NAMES):
        raise CharterError("a charter takes 48 random bytes")
    lanes = tuple(
        (name, LaneId(random[16 + 8 * place : 24 + 8 * place]))
        for place, name in enumerate(LANE_NAMES)
    )
    grants = (Group(organisation, GROUP_ALL), Group(organisation, GROUP_ADMIN))
    return Charter(random[:16], kind, (root,), organisation, lanes, network, grants)


def parse_charter(data: bytes, chart: ChartId) -> Charter:
    """Decode a charter and check that it is this chart's, or raise CharterError."""
    if len(data) > charter_size_bytes_max:
        raise CharterError("charter is over the limit")
    if chart_id(data) != chart:
        raise CharterError("charter does not hash to its chart's id")
    try:
        parts = fields(decode(data), 8, "charter")
        if not is_number(parts[0], 1):
            raise CharterError("charter is of a newer version")
        charter = Charter(
            octets(parts[1], NONCE_SIZE_BYTES, "nonce"),
            Kind(natural(parts[2], "kind", max(Kind))),
            tuple(_parse_root(root) for root in items(parts[3], "roots", ROOTS_MAX)),
            OrganisationAddress(octets(parts[4], 20, "custodian")),
            tuple(_parse_lane(lane) for lane in items(parts[5], "lanes", lanes_per_chart_max)),
            None if parts[6] is None else octets(parts[6], 32, "network"),
            tuple(_parse_group(group) for group in items(parts[7], "grants", 8)),
        )
    except CodecError as error:
        raise CharterError(f"charter is malformed: {error}") from error
    names = [name for name, _ in charter.lanes]
    if len(charter.lane_ids) != len(names) or len(set(names)) != len(names):
        raise CharterError("charter names a lane twice")
    if not set(LANE_NAMES) <= set(names) or not charter.roots or not charter.grants:
        raise CharterError("charter lacks a lane, a root or a grant")
    return charter


def _parse_root(value: object) -> Root:
    signing, sealing = fields(value, 2, "root")
    return Root(DeviceKey(octets(signing, 32, "root")), SealingKey(octets(sealing, 32, "root")))


def _parse_lane(value: object) -> tuple[str, LaneId]:
    name, lane = fields(value, 2, "lane")
    return text(name, "lane name", LANE_NAME_LENGTH_MAX), LaneId(octets(lane, 8, "lane"))


def _parse_group(value: object) -> Group:
    grantee = parse_grantee(value)
    if not isinstance(grantee, Group):
        raise CodecError("charter grants to something that is no group")
    return grantee
