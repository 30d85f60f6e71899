"""Of which organisations a device or practitioner is, as far as this node knows; verdicts need it.

Known from what organisations signed: rosters in charts' access lanes, on pairing cards, its own.
"""

from collections.abc import Iterator

from node.application.context import Context
from node.application.pairing import card_of
from node.registry.verdict import Verdict
from sync.identifiers import DeviceKey, OrganisationAddress
from sync.roster import Roster, roster_keys


def organisations_of(context: Context, key: DeviceKey) -> frozenset[OrganisationAddress]:
    """The organisations whose statements list a device or practitioner; none without a registry."""
    if context.registry.fingerprint is None:
        return frozenset()
    from node.registry.subjects import decode_subjects

    found = {
        roster.organisation
        for roster in _rosters(context)
        if key in roster.practitioners or any(device.key == key for device in roster.devices)
    }
    for encoded in context.store.chart_subjects.named().values():
        subjects = decode_subjects(encoded)
        found |= {
            each.organisation
            for each in subjects.devices | subjects.practitioners
            if each.key == key
        }
    return frozenset(found)


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
    organisations = organisations_of(context, device)
    return context.registry.device_verdict(device, organisations, context.clock() // 1000)


def practitioner_verdict(context: Context, practitioner: DeviceKey) -> Verdict:
    """What the registry says of a practitioner."""
    organisations = organisations_of(context, practitioner)
    return context.registry.practitioner_verdict(
        practitioner, organisations, context.clock() // 1000
    )


def _rosters(context: Context) -> Iterator[Roster]:
    from node.registry.subjects import parsed_roster

    yield context.roster
    for peer in context.store.peers.all():
        roster = parsed_roster(card_of(peer).roster)
        if roster is not None:
            yield roster
