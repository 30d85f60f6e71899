"""What the registry's desk tells people, as JSON can say it; texts hold ids and times only."""

from datetime import UTC, datetime
from typing import NamedTuple

from contracts.loader import Name
from node.application.access.affiliations import device_verdict
from node.application.context import Context
from node.application.organisation.organisations import disaster_until
from node.registry.fact import FactKey
from node.registry.outbox import Plan
from node.registry.resolving import Resolved
from node.registry.shared_registry import SharedRegistry
from node.store.outbox import Kept
from sync.identifiers import OrganisationAddress, did_ethr, did_key

Result = dict[str, object]

_MINUTE = 60
_HOUR = 60 * _MINUTE
_DAY = 24 * _HOUR


class Meeting(NamedTuple):
    """The last time that a chain was asked."""

    chain: str
    at_seconds: int
    failure: str
    """Empty where it went well."""


def without_registry(context: Context) -> Result:
    """The status of a node without a network file."""
    return {
        "registry": None,
        "summary": "no shared registry: degraded",
        "outbox": context.store.outbox.counts(),
    }


def status(
    context: Context, registry: SharedRegistry, meeting: Meeting | None, *, signs: bool
) -> Result:
    """What is held of the registry."""
    now_seconds = context.clock() // 1000
    adopted = registry.facts.adopted()
    network = registry.network
    return {
        "registry": {
            "name": network.name,
            "chain_id": network.chain,
            "fingerprint": network.fingerprint.hex(),
            "words": " ".join(network.words),
            "development": network.development,
            "endpoints": len(network.urls),
        },
        "summary": _summary(adopted is not None, now_seconds - (adopted[1] if adopted else 0)),
        "adopted": None
        if adopted is None
        else {
            "block": adopted[0].block,
            "hash": "0x" + adopted[0].hash.hex(),
            "time": time_text(adopted[1]),
            "age_seconds": max(0, now_seconds - adopted[1]),
            "age": age_text(now_seconds - adopted[1]),
        },
        "last_asked": None
        if meeting is None
        else {
            "chain": meeting.chain,
            "time": time_text(meeting.at_seconds),
            "age": age_text(now_seconds - meeting.at_seconds),
            "failure": meeting.failure or None,
        },
        "signer": signs,
        "signatures": _signatures(context, registry),
        "facts": len(registry.facts.all()),
        "disaster_until": disaster_until(registry, now_seconds),
        "organisations": _organisations(context, registry, now_seconds),
        "peers": _peers(context),
        "alarms": [
            {
                "kind": str(alarm.kind),
                "block": alarm.block,
                "hash": "0x" + alarm.block_hash.hex(),
                "first_seen": time_text(alarm.at_seconds),
            }
            for alarm in registry.facts.alarms()
        ],
        "outbox": context.store.outbox.counts(),
    }


def kept(one: Kept) -> Result:
    """A line of the outbox."""
    intent = one.intent
    return {
        "number": one.number,
        "kind": intent.kind,
        "contract": str(intent.contract),
        "label": intent.label,
        "stage": str(one.stage),
        "reason": one.reason or None,
        "put_at": time_text(one.put_at_seconds),
        "expires_at": None
        if intent.expires_at_seconds is None
        else time_text(intent.expires_at_seconds),
        "transaction": "0x" + one.sending.hash.hex() if one.sending and one.sending.hash else None,
        "payer": "0x" + one.sending.payer.hex() if one.sending else None,
        "block": one.seen_block,
    }


def plan(planned: Plan) -> Result:
    """What would be sent, and what it would cost."""
    return {
        "payer": "0x" + planned.payer.address.hex(),
        "payer_kind": planned.payer.kind,
        "transactions": [
            {
                "number": estimate.number,
                "kind": estimate.kind,
                "label": estimate.label,
                "gas": estimate.gas,
                "about": estimate.about,
            }
            for estimate in planned.estimates
        ],
        "gas": sum(estimate.gas for estimate in planned.estimates),
        "gas_max": planned.gas,
        "wei": str(planned.wei_usual),
        "wei_max": str(planned.wei_max),
    }


def resolved(did: str, found: Resolved, chain: str | None) -> Result:
    """A DID document with where it comes from."""
    return {
        "did": did,
        "document": found.document,
        "metadata": found.metadata,
        "chain": chain,
        "as_of_block": None if found.as_of is None else found.as_of.number,
        "as_of_time": None if found.as_of is None else time_text(found.as_of.timestamp_seconds),
        "proven": [] if found.as_of is None else ["owner", "last change"],
        "told": [] if found.as_of is None else ["keys", "delegates", "services"],
    }


def sight_keys(one: Kept) -> frozenset[FactKey]:
    """The facts by which an intent is seen done."""
    return frozenset(
        FactKey(Name(sight.contract), sight.slot) for sight in one.intent.effect.sights
    )


def age_text(seconds: int) -> str:
    """How long ago, in plain words."""
    if seconds < 0:
        return "in the future, by this clock"
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "less than a minute ago"


def time_text(seconds: int) -> str:
    """A time as ISO 8601 in UTC."""
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return f"second {seconds}"


def _summary(adopted: bool, age_seconds: int) -> str:
    if not adopted:
        return "nothing of the registry has reached this node yet: degraded"
    return f"as of a block that was made {age_text(age_seconds)}"


def _signatures(context: Context, registry: SharedRegistry) -> list[Result]:
    signers = registry.facts.signers(registry.network)
    return [
        {
            "block": checkpoint.block,
            "signed": len(checkpoint.signatures),
            "needed": signers.threshold,
        }
        for checkpoint in context.store.partial_checkpoints.all()
    ]


def _organisations(context: Context, registry: SharedRegistry, now_seconds: int) -> list[Result]:
    own = context.identity.organisation
    names: dict[OrganisationAddress, list[str]] = {own: [context.identity.secrets.name]}
    for peer in context.store.peers.all():
        names.setdefault(peer.organisation, []).append(peer.name)
    lines: list[Result] = []
    for organisation, called in sorted(names.items(), key=lambda each: each[1]):
        verdict = registry.organisation_verdict(organisation, now_seconds)
        lines.append(
            {
                "organisation": did_ethr(organisation),
                "name": ", ".join(called),
                "own": organisation == own,
                "verdict": str(verdict),
                "state": str(verdict.state),
            }
        )
    return lines


def _peers(context: Context) -> list[Result]:
    """Every paired device by itself: it may be revoked where its organisation stands."""
    return [
        {
            "name": peer.name,
            "device": did_key(peer.device),
            "verdict": str(verdict),
            "state": str(verdict.state),
        }
        for peer in context.store.peers.all()
        for verdict in (device_verdict(context, peer.device),)
    ]
