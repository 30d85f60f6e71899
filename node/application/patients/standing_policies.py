"""A patient's standing policy, and whether somebody who asks matches it: on proven facts alone.

`consent policy` writes policies; `deciding` asks here for each request that waits. A policy says
whom a chart is open to without anybody being asked: organisations that are accredited in a role,
for long enough. The chain has its salted commitment, which ends with one transaction.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from node.application.access.gates import release
from node.application.context import Context
from node.application.errors import ApplicationError
from node.limits import grantee_age_seconds_max
from node.store.access_requests import AccessRequest
from sync.grantee import Device, Right
from sync.identifiers import ChartId, OrganisationAddress
from sync.note import Request

if TYPE_CHECKING:
    from node.registry.fact import HeldFact


@dataclass(frozen=True, slots=True)
class StandingPolicy:
    """What a patient allows once for all. `id` is 16 bytes: what a grant names as its `policy`."""

    id: bytes
    roles: int
    """A bit for each role; any of them will do."""
    minimum_age_seconds: int
    """How long an organisation must have been accredited without a break."""
    lanes: frozenset[str]
    rights: Right
    owner: bytes
    """The pseudonym's 20-byte address that the commitment is bound to."""
    salt: bytes
    """32 bytes."""
    until_milliseconds: int | None = None
    history: bool = True

    @property
    def commitment_id(self) -> bytes:
        """The 32-byte id under which the chain has its state."""
        from contracts.slots import commitment_id
        from contracts.typed_data import policy_commitment

        commitment = policy_commitment(self.roles, self.minimum_age_seconds, self.salt)
        return commitment_id(self.owner, commitment)

    def __repr__(self) -> str:
        """Show the id: the salt and the pseudonym link a chart to the chain."""
        return f"StandingPolicy({self.id.hex()})"


Policies = Callable[[ChartId], Sequence[StandingPolicy]]
"""The policies that stand in a chart, as this node reads it."""


class Mismatch(StrEnum):
    """Why a policy does not answer a request: a person decides then."""

    NONE_STANDS = "no standing policy: a person decides"
    NO_REGISTRY = "no shared registry proves who asks: a person decides"
    NOT_LISTED = "the asker's roster does not list it: a person decides"
    MORE_ASKED = "more is asked for than a standing policy gives: a person decides"
    OVER = "the standing policy's time is over: a person decides"
    ENDED = "the standing policy is not proven to stand: a person decides"
    NOT_PROVEN = "nothing new enough proves the asker: a person decides"
    OTHER_ROLE = "the asker is not accredited in a role that the policy names: a person decides"
    TOO_NEW = "the asker has not been accredited for long enough: a person decides"


_NEAREST = (
    Mismatch.NOT_PROVEN,
    Mismatch.TOO_NEW,
    Mismatch.OTHER_ROLE,
    Mismatch.ENDED,
    Mismatch.OVER,
    Mismatch.MORE_ASKED,
)
"""What is told where several policies fail: the one that comes nearest."""


def matching(
    context: Context,
    policies: Sequence[StandingPolicy],
    asked: AccessRequest,
    request: Request,
    organisation: OrganisationAddress | None,
) -> StandingPolicy | Mismatch:
    """The first policy that gives what is asked for, or why none does."""
    if not policies:
        return Mismatch.NONE_STANDS
    if context.registry.fingerprint is None:
        return Mismatch.NO_REGISTRY
    if organisation is None:
        return Mismatch.NOT_LISTED
    failed: set[Mismatch] = set()
    for policy in sorted(policies, key=lambda each: each.id):
        mismatch = _mismatch(context, policy, asked, request, organisation)
        if mismatch is None:
            return policy
        failed.add(mismatch)
    return next(each for each in _NEAREST if each in failed)


def _mismatch(
    context: Context,
    policy: StandingPolicy,
    asked: AccessRequest,
    request: Request,
    organisation: OrganisationAddress,
) -> Mismatch | None:
    until = policy.until_milliseconds
    if not set(request.lanes) <= policy.lanes or request.rights & ~policy.rights:
        return Mismatch.MORE_ASKED
    if until is not None and until <= context.clock():
        return Mismatch.OVER
    if not _is_live(context, policy):
        return Mismatch.ENDED
    try:
        release(context, Device(asked.asker), organisation, None)
    except ApplicationError:
        return Mismatch.NOT_PROVEN
    return _of_role_and_age(context, policy, organisation)


def _is_live(context: Context, policy: StandingPolicy) -> bool:
    """Whether the policy's commitment is proven live, and not too long ago to give keys by."""
    from contracts.errors import ContractError
    from contracts.loader import Name
    from contracts.packing import Commitment
    from contracts.slots import commitment_slot

    held = _held(context, Name.CONSENT, commitment_slot(policy.commitment_id))
    oldest_seconds = context.clock() // 1000 - grantee_age_seconds_max
    if held is None or held.timestamp_seconds < oldest_seconds:
        return False
    try:
        return Commitment.from_word(held.value).is_live
    except ContractError:
        return False


def _of_role_and_age(
    context: Context, policy: StandingPolicy, organisation: OrganisationAddress
) -> Mismatch | None:
    """As the contract's `policyAllows` judges, by the proven fact."""
    from contracts.errors import ContractError
    from contracts.loader import Name
    from contracts.packing import Organisation
    from contracts.slots import organisation_slot

    held = _held(context, Name.ACCREDITATION, organisation_slot(organisation))
    now_seconds = context.clock() // 1000
    try:
        fact = None if held is None else Organisation.from_word(held.value)
    except ContractError:
        fact = None
    if fact is None or not fact.is_accredited(now_seconds, any_role=policy.roles):
        return Mismatch.OTHER_ROLE
    if fact.age_seconds(now_seconds) < policy.minimum_age_seconds:
        return Mismatch.TOO_NEW
    return None


def _held(context: Context, contract: str, slot: bytes) -> "HeldFact | None":
    from contracts.loader import Name
    from node.registry.fact import FactKey
    from node.registry.shared_registry import SharedRegistry

    registry = context.registry
    if not isinstance(registry, SharedRegistry):
        return None
    return registry.facts.get(FactKey(Name(contract), slot))
