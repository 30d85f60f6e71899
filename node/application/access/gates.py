"""What the age of the registry's facts gates: serving somebody unknown, and new key releases.

The node asks here before a session and before a grant. It never stops reading or writing what is
held, and quarantines nothing (DESIGN section 8).
"""

from dataclasses import dataclass
from itertools import islice
from typing import NoReturn

from node.application.access.affiliations import organisations_of_device
from node.application.access.pairing import grantee_text
from node.application.context import Context
from node.application.errors import (
    BadRequest,
    PeerDenied,
    PeerUnproven,
    ReleaseRefused,
    ReleaseUnproven,
)
from node.limits import override_reason_length_chars_max
from node.registry.verdict import State, Verdict
from node.store.overrides import Override
from sync.grantee import Device, Grantee
from sync.identifiers import ChartId, DeviceKey, OrganisationAddress, did_key
from sync.limits import registry_parcel_size_bytes_max, registry_parcels_max

PARCELS_TOLD_MAX = min(2, registry_parcels_max)
"""Snapshots that a refusal hands over: one has a revocation."""
PROVEN = b"\x00"
"""A session's parcel that begins so is a snapshot."""


def is_judged(context: Context) -> bool:
    """Whether there is a shared registry at all."""
    return context.registry.fingerprint is not None


def denial(context: Context, peer: DeviceKey) -> Verdict | None:
    """The verdict that refuses a peer, where the registry proves something against it."""
    if not is_judged(context):
        return None
    verdict = context.registry.device_verdict(
        peer, organisations_of_device(context, peer), context.clock() // 1000
    )
    return verdict if verdict.state is State.DENY else None


def admit_peer(context: Context, peer: DeviceKey, *, initiator: bool) -> tuple[bytes, ...] | None:
    """Whether a peer is served: None for yes, or the evidence that a refusal hands to who asked.

    Raises PeerDenied where this node would be the one to ask, and PeerUnproven for one that is
    neither paired nor was met before, and has no proof that is new enough.
    """
    if not is_judged(context):
        return None
    denied = denial(context, peer)
    if denied is not None:
        if initiator:
            raise PeerDenied(did_key(peer), str(denied))
        return _evidence(context, denied)
    if is_known(context, peer):
        return None
    verdict = context.registry.serving_verdict(
        peer, organisations_of_device(context, peer), context.clock() // 1000
    )
    if verdict.state is not State.ALLOW:
        raise PeerUnproven(did_key(peer), str(verdict))
    return None


def is_denied(context: Context, to: Grantee) -> bool:
    """Whether the registry proves something against a grantee."""
    if not is_judged(context):
        return False
    if isinstance(to, Device):
        return denial(context, to.key) is not None
    verdict = context.registry.organisation_verdict(to.organisation, context.clock() // 1000)
    return verdict.state is State.DENY


def is_known(context: Context, peer: DeviceKey) -> bool:
    """Whether people paired with it, or it was served before."""
    store = context.store
    return store.peers.of_device(peer) is not None or bool(store.meetings.with_device(peer))


def _evidence(context: Context, verdict: Verdict) -> tuple[bytes, ...]:
    assert verdict.evidence is not None, "a denial has evidence"
    snapshots = context.store.registry_facts.snapshots_for(verdict.evidence.facts)
    encoded = (PROVEN + snapshot.encode() for snapshot in snapshots)
    fitting = (one for one in encoded if len(one) <= registry_parcel_size_bytes_max)
    return tuple(islice(fitting, PARCELS_TOLD_MAX))


@dataclass(frozen=True, slots=True)
class Release:
    """A grantee that keys may be released to, by what verdict, and why in spite of it."""

    to: Grantee
    verdict: Verdict
    reason: str | None = None

    def record(self, context: Context, chart: ChartId) -> None:
        """Write an override down, within the caller's transaction; nothing for any other."""
        if self.reason is None:
            return
        context.store.overrides.add(
            Override(
                chart,
                context.clock(),
                context.identity.owner.public,
                grantee_text(context, self.to),
                str(self.verdict),
                self.reason,
            )
        )


_PATIENT = Verdict(State.DEGRADED, None, None, "a patient's own node: no registry knows patients")


def _refused(context: Context, to: Grantee, verdict: Verdict) -> NoReturn:
    raise ReleaseRefused(grantee_text(context, to), str(verdict))


def release(
    context: Context,
    to: Grantee,
    organisation: OrganisationAddress,
    reason: str | None,
    *,
    to_patient: bool = False,
) -> Release:
    """Whether keys may be released to a new grantee; `reason` is an admin's, in spite of age.

    An organisation needs no proof of itself, and no registry knows a patient's node.
    Raises ReleaseRefused, ReleaseUnproven, BadRequest.
    """
    if reason is not None and not 0 < len(reason.strip()) <= override_reason_length_chars_max:
        raise BadRequest(f"a reason has 1 to {override_reason_length_chars_max} characters")
    now_seconds = context.clock() // 1000
    device = to.key if isinstance(to, Device) else None
    if to_patient and device is not None and is_judged(context):
        denied = denial(context, device)
        return Release(to, _PATIENT) if denied is None else _refused(context, to, denied)
    verdict = context.registry.release_verdict(organisation, device, now_seconds)
    free = not is_judged(context) or organisation == context.identity.organisation
    if verdict.state is State.ALLOW or (free and verdict.state is not State.DENY):
        return Release(to, verdict)
    if verdict.state is State.DENY or not context.registry.was_accredited(
        organisation, device, now_seconds
    ):
        _refused(context, to, verdict)
    if reason is None:
        raise ReleaseUnproven(grantee_text(context, to), str(verdict))
    return Release(to, verdict, reason.strip())
