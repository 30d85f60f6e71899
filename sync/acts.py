"""The acts of the access lane: who may do what, what a revocation spares, and which keys.

AUTHORITY sections (a) to (c), and rule 18. An access operation carries one or more acts, all
written under the grant that its header names. Encoding is in `act_codec`.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sync.charter import Root
from sync.cut import Cut
from sync.grantee import Basis, GivenBy, Grantee, How, Right
from sync.identifiers import ActId, DeviceKey, EpochId, LaneId, OperationId, SealingKey


@dataclass(frozen=True, slots=True)
class RosterAct:
    """Carries a roster statement into the chart. It proves itself; anybody may carry it."""

    statement: bytes


@dataclass(frozen=True, slots=True)
class Grant:
    """Gives rights on lanes to a grantee; its parent is what the operation is written under.

    A device grantee's `sealing` and `sealing_signature` are its own statement of its key; a
    group's are empty, its keys are in its rosters. `despite` names revokes that this grant
    escapes (by id; `despite_here` by index within the same operation). `until_milliseconds` is
    when it expires; `policy` the standing rule that it was written for.
    """

    to: Grantee
    lanes: frozenset[LaneId]
    rights: Right
    basis: Basis = Basis.CARE
    given_by: GivenBy = GivenBy.NONE
    how: How = How.NONE
    until_milliseconds: int | None = None
    history: bool = False
    despite: frozenset[ActId] = frozenset()
    despite_here: frozenset[int] = frozenset()
    sealing: SealingKey | None = None
    sealing_signature: bytes | None = None
    policy: bytes | None = None


@dataclass(frozen=True, slots=True)
class Revoke:
    """Hits every grant to the target that its author stands above (AUTHORITY rule 3)."""

    target: Grantee
    cut: Cut
    lost: bool = False
    """Lost or stolen: nothing beyond the cut is vouched for; only `accept` answers (rule 10)."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A registry revocation of a device, with its proof (AUTHORITY rule 4)."""

    device: DeviceKey
    proof: bytes
    cut: Cut


@dataclass(frozen=True, slots=True)
class Vouch:
    """What its author had merged before it learned of `answers`, holding `knew` (rule 10)."""

    cut: Cut
    answers: frozenset[ActId]
    knew: frozenset[ActId]


@dataclass(frozen=True, slots=True)
class Accept:
    """A person with `admin` takes quarantined operations in."""

    operations: frozenset[OperationId]


class Box(NamedTuple):
    """An epoch's key sealed to one recipient."""

    to: SealingKey
    sealed: bytes


@dataclass(frozen=True, slots=True)
class Rekey:
    """A new epoch of a lane (AUTHORITY rule 11). `knew` is all that counted for its author.

    `knew_from` names an earlier rekey whose `knew` is included; `knew` then lists the rest.
    """

    lane: LaneId
    number: int
    epoch: EpochId
    boxes: tuple[Box, ...]
    knew: frozenset[ActId]
    knew_from: ActId | None = None


@dataclass(frozen=True, slots=True)
class Keys:
    """An epoch's key for one live reader that was not boxed (AUTHORITY rule 13)."""

    lane: LaneId
    epoch: EpochId
    box: Box


@dataclass(frozen=True, slots=True)
class Want:
    """A reader whose box did not open asks for an epoch's key, once (AUTHORITY rule 13)."""

    lane: LaneId
    epoch: EpochId


@dataclass(frozen=True, slots=True)
class Handover:
    """A root gives root standing to another, which only that root can revoke."""

    root: Root


@dataclass(frozen=True, slots=True)
class BreakGlass:
    """A four-hour entitlement to access and summary, by the device that writes it."""

    sealing: SealingKey
    sealing_signature: bytes


@dataclass(frozen=True, slots=True)
class Shred:
    """A root has what lies in the cut destroyed once the hold is over (AUTHORITY rule 18).

    `lanes` are content lanes, none of them for all. No reason is given: the access lane is
    readable by every grantee.
    """

    lanes: frozenset[LaneId]
    cut: Cut
    not_before_milliseconds: int
    """The end of the hold, until which a root may cancel."""


@dataclass(frozen=True, slots=True)
class CancelShred:
    """A root takes a shred back; whoever has not destroyed yet never does."""

    shred: ActId


@dataclass(frozen=True, slots=True)
class UnknownAct:
    """An act of a newer version: kept, relayed, shown as newer, without effect here."""

    kind: int


Act = (
    RosterAct
    | Grant
    | Revoke
    | Notice
    | Vouch
    | Accept
    | Rekey
    | Keys
    | Want
    | Handover
    | BreakGlass
    | Shred
    | CancelShred
    | UnknownAct
)


@dataclass(frozen=True, slots=True)
class Deed:
    """An access operation's body: its acts, and the person who did them."""

    acts: tuple[Act, ...]
    practitioner: DeviceKey | None = None
    certificate: bytes | None = None
