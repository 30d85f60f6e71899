"""Of which organisations a device or practitioner is, as far as this node knows; verdicts need it.

Known from what organisations signed: rosters in charts' access lanes, on pairing cards, its own.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from node.application.access.pairing import card_of
from node.application.context import Context
from node.registry.verdict import Verdict
from sync.identifiers import DeviceKey, OrganisationAddress
from sync.roster import Roster, roster_keys

if TYPE_CHECKING:
    from node.registry.subjects import Subjects


def organisations_of_device(context: Context, device: DeviceKey) -> frozenset[OrganisationAddress]:
    """The organisations whose statements list a device; none without a registry.

    Each has the device's own word for it. Practitioners give none: an organisation that calls a
    stranger's device its practitioner could else have it refused everywhere, by revoking it.
    """
    if context.registry.fingerprint is None:
        return frozenset()
    stated = {
        roster.organisation
        for roster in _rosters(context)
        if any(one.key == device for one in roster.devices)
    }
    listed = (each for subjects in _subjects(context) for each in subjects.devices)
    return frozenset(stated | {each.organisation for each in listed if each.key == device})


def organisations_of_practitioner(
    context: Context, practitioner: DeviceKey
) -> frozenset[OrganisationAddress]:
    """The organisations whose statements list a practitioner; none without a registry."""
    if context.registry.fingerprint is None:
        return frozenset()
    stated = {
        roster.organisation for roster in _rosters(context) if practitioner in roster.practitioners
    }
    listed = (each for subjects in _subjects(context) for each in subjects.practitioners)
    return frozenset(stated | {each.organisation for each in listed if each.key == practitioner})


def roster_signer(
    context: Context, organisation: OrganisationAddress
) -> OrganisationAddress | None:
    """Whose key signed the newest roster statement that cards, or this node itself, have."""
    known = [roster for roster in _rosters(context) if roster.organisation == organisation]
    if not known:
        return None
    newest = max(known, key=lambda roster: (len(roster.pledges), roster.number))
    return roster_keys(newest)[-1]


def device_verdict(context: Context, device: DeviceKey) -> Verdict:
    """What the registry says of a device, by all organisations that it is known to be of."""
    organisations = organisations_of_device(context, device)
    return context.registry.device_verdict(device, organisations, context.clock() // 1000)


def practitioner_verdict(context: Context, practitioner: DeviceKey) -> Verdict:
    """What the registry says of a practitioner."""
    organisations = organisations_of_practitioner(context, practitioner)
    return context.registry.practitioner_verdict(
        practitioner, organisations, context.clock() // 1000
    )


def _subjects(context: Context) -> "Iterator[Subjects]":
    from node.registry.subjects import decode_subjects

    for encoded in context.store.chart_subjects.named().values():
        yield decode_subjects(encoded)


def _rosters(context: Context) -> Iterator[Roster]:
    from node.registry.subjects import parsed_roster

    yield context.roster
    for peer in context.store.peers.all():
        roster = parsed_roster(card_of(peer).roster)
        if roster is not None:
            yield roster
