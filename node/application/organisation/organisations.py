"""Which organisation a person means, and what is held of its accreditation: `satchel org show`."""

from contracts.loader import Name
from contracts.packing import Credential, Disaster, Kind, Organisation, State
from contracts.slots import member_slot
from node.application.access.pairing import find_peer
from node.application.context import Context
from node.application.errors import BadRequest
from node.application.timestamps import parse_time, time_text
from node.registry.errors import NoNetwork
from node.registry.fact import FactKey, HeldFact
from node.registry.network import Network
from node.registry.roles import role_names
from node.registry.shared_registry import SharedRegistry
from node.registry.subjects import credential_key, disaster_key, organisation_key
from node.registry.verdict import age_text
from sync.errors import IdentifierError
from sync.identifiers import (
    DeviceKey,
    OrganisationAddress,
    did_ethr,
    did_key,
    parse_did_ethr,
    parse_did_key,
)

Result = dict[str, object]

NO_REGISTRY = "no shared registry: degraded"


def shared_registry(context: Context) -> SharedRegistry:
    """The registry of a home that was made with a network file. Raises NoNetwork."""
    if not isinstance(context.registry, SharedRegistry):
        raise NoNetwork
    return context.registry


def network_of(context: Context) -> Network | None:
    """The home's network, or None."""
    held = context.registry
    return held.network if isinstance(held, SharedRegistry) else None


def organisation_of(context: Context, who: str) -> OrganisationAddress:
    """Whom WHO names: `self`, a did:ethr, or a peer's name. Raises BadRequest, PeerUnknown."""
    if who == "self":
        return context.identity.organisation
    if who.startswith("did:ethr:") or who.startswith("0x"):
        try:
            return parse_did_ethr(who if who.startswith("did:") else f"did:ethr:{who}")
        except IdentifierError as error:
            raise BadRequest(f"{who} is no organisation's DID") from error
    return find_peer(context, who)[1].organisation


def key_of(context: Context, who: str) -> DeviceKey:
    """A device's or practitioner's key: a did:key or a peer's name."""
    if who == "self":
        return context.identity.device
    if who.startswith("did:key:"):
        try:
            return parse_did_key(who)
        except IdentifierError as error:
            raise BadRequest(f"{who} is no device's or practitioner's DID") from error
    return find_peer(context, who)[1].device


def organisation_name(context: Context, organisation: OrganisationAddress) -> str:
    """The names of its devices that are known here, or nothing."""
    if organisation == context.identity.organisation:
        return f"{context.identity.secrets.name} (this organisation)"
    return ", ".join(peer.name for peer in context.store.peers.of_organisation(organisation))


def seconds_of(text: str | None) -> int:
    """A time as whole seconds since 1970; None is 0: open. Raises BadRequest."""
    if text is None:
        return 0
    found = parse_time(text)
    if found is None or not 0 < found // 1000 < 1 << 48:
        raise BadRequest("a time is given as 2027-01-31 or 2027-01-31T12:00:00Z")
    return found // 1000


def seconds_text(seconds: int) -> str | None:
    """A time of the registry as people read it; None where it is open."""
    return None if seconds == 0 else time_text(seconds * 1000)


def show_organisation(context: Context, who: str) -> Result:
    """Roles, since, until, state, as of which block and how old, as far as facts are held."""
    organisation = organisation_of(context, who)
    now_seconds = context.clock() // 1000
    shown: Result = {
        "organisation": did_ethr(organisation),
        "name": organisation_name(context, organisation),
        "state": "unknown",
        "roles": [],
        "since": None,
        "until": None,
    }
    verdict = context.registry.organisation_verdict(organisation, now_seconds)
    shown |= {"verdict": str(verdict), "standing": str(verdict.state)}
    registry = context.registry
    if not isinstance(registry, SharedRegistry):
        return shown | dated(None, now_seconds) | {"disaster_until": None, "member": None}
    held = registry.facts.get(organisation_key(organisation))
    if held is not None:
        found = Organisation.from_word(held.value)
        shown |= {
            "state": found.state.name.lower(),
            "roles": role_names(found.roles),
            "since": seconds_text(found.since_seconds),
            "until": seconds_text(found.until_seconds),
        }
    member = registry.facts.get(FactKey(Name.ACCREDITATION, member_slot(organisation)))
    return (
        shown
        | dated(held, now_seconds)
        | {
            "disaster_until": disaster_until(registry, now_seconds),
            "member": None if member is None else member.value == 1,
        }
    )


def disaster_until(registry: SharedRegistry, now_seconds: int) -> str | None:
    """Until when disaster mode lasts, by what is held; None where it does not."""
    held = registry.facts.get(disaster_key())
    if held is None:
        return None
    found = Disaster.from_word(held.value)
    return seconds_text(found.until_seconds) if found.is_on(now_seconds) else None


def check_credential(context: Context, key: DeviceKey, organisation: OrganisationAddress) -> Result:
    """What is held of a credential, and what that means here and now."""
    now_seconds = context.clock() // 1000
    registry = context.registry
    device = registry.device_verdict(key, [organisation], now_seconds)
    practitioner = registry.practitioner_verdict(key, [organisation], now_seconds)
    shown: Result = {
        "key": did_key(key),
        "issuer": did_ethr(organisation),
        "state": "unknown",
        "kind": None,
        "issued_at": None,
        "until": None,
        "revoked_at": None,
    }
    held: HeldFact | None = None
    verdict = device
    if isinstance(registry, SharedRegistry):
        held = registry.facts.get(credential_key(organisation, key))
    if held is not None:
        found = Credential.from_word(held.value)
        verdict = practitioner if found.kind is Kind.PRACTITIONER else device
        shown |= {
            "state": "not issued" if found.state is State.EMPTY else found.state.name.lower(),
            "kind": None if found.kind is Kind.NONE else found.kind.name.lower(),
            "issued_at": seconds_text(found.issued_at_seconds),
            "until": seconds_text(found.until_seconds),
            "revoked_at": seconds_text(found.revoked_at_seconds),
        }
    return (
        shown | dated(held, now_seconds) | {"standing": str(verdict.state), "verdict": str(verdict)}
    )


def dated(held: HeldFact | None, now_seconds: int) -> Result:
    """As of which block a fact is, and how old that is."""
    if held is None:
        return {"as_of_block": None, "age_seconds": None, "age": None}
    age_seconds = max(0, now_seconds - held.timestamp_seconds)
    return {
        "as_of_block": held.block,
        "age_seconds": age_seconds,
        "age": age_text(age_seconds),
    }
