"""Notices: a revocation that the registry proves is written into the charts that it concerns.

Called by duties and by `settle`. A notice proves itself, so whoever holds the chart judges it
alike; a chart whose charter names no network, or another one, can be told nothing (rule 4).
"""

from typing import Final

from node.application.access.revoking import RUNS_PER_OPERATION_MAX, cover_the_rest
from node.application.charts import Charts
from node.application.context import Context
from node.limits import settle_charts_per_commit_max
from sync.access.cuts import cut_for
from sync.access.fold import Fold
from sync.acts import Notice
from sync.chart.author import Author
from sync.chart.replica import ChartReplica
from sync.grantee import Device, Right
from sync.identifiers import ActId, ChartId, DeviceKey, OrganisationAddress, hashed

_NOTED: Final = "registry.revocations"
"""Setting: a digest of the revocations whose charts were marked."""


def mark_revocations(context: Context, charts: Charts) -> None:
    """Have every chart settled that names somebody whose revocation was proven since the last time.

    It does not matter what brought the proof: a peer, a file, or the chain.
    """
    if context.registry.fingerprint is None:
        return
    from node.registry.subjects import decode_subjects, fact_keys

    revoked = context.store.registry_facts.revoked()
    digest = hashed("revocations", *sorted(key.slot for key in revoked))
    if context.store.settings.get(_NOTED) == digest:
        return
    find_subjects(context, charts)
    named = context.store.chart_subjects.named()
    concerned = [
        number
        for number, encoded in named.items()
        if not revoked.isdisjoint(fact_keys(decode_subjects(encoded)))
    ]
    with context.store.transaction():
        context.store.unsettled.mark_all(context.store.chart_subjects.naming(concerned))
        context.store.settings.put(_NOTED, digest)


def find_subjects(context: Context, charts: Charts) -> None:
    """Find whom charts name, where that is not known."""
    from node.registry.subjects import subjects_of

    unknown = context.store.chart_subjects.unknown()
    for start in range(0, len(unknown), settle_charts_per_commit_max):
        with context.store.transaction():
            for chart in unknown[start : start + settle_charts_per_commit_max]:
                subjects = subjects_of(charts.outline(chart).fold)
                context.store.chart_subjects.put(chart, subjects.encoded())


def notices_owed(
    context: Context, replica: ChartReplica
) -> list[tuple[OrganisationAddress, DeviceKey]]:
    """Devices of a chart's care team that are proven revoked, and of which no notice stands."""
    fingerprint = context.registry.fingerprint
    if fingerprint is None or replica.charter.network != fingerprint:
        return []
    from node.registry.subjects import credential_key

    revoked = context.store.registry_facts.revoked()
    if not revoked:
        return []
    fold = replica.fold
    told = _told(fold)
    return sorted(
        (organisation, device)
        for organisation, device in fold.membership.belonging
        if device not in told
        and device != context.identity.device
        and credential_key(organisation, device) in revoked
        and fold.was_granted(device)
    )


def untold(context: Context, charts: Charts) -> list[tuple[ChartId, DeviceKey]]:
    """Charts in which a device that is proven revoked may act still, as no notice holds there.

    Their charters name no network, or another one: only a revoke ends it. `doctor` says so.
    """
    if context.registry.fingerprint is None:
        return []
    from node.registry.subjects import credential_key, decode_subjects, fact_keys

    revoked = context.store.registry_facts.revoked()
    concerned = [
        number
        for number, encoded in context.store.chart_subjects.named().items()
        if not revoked.isdisjoint(fact_keys(decode_subjects(encoded)))
    ]
    return [
        (chart, device)
        for chart in sorted(context.store.chart_subjects.naming(concerned))
        if charts.charter(chart).network != context.registry.fingerprint
        for organisation, device in sorted(charts.outline(chart).fold.membership.belonging)
        if credential_key(organisation, device) in revoked
        and charts.outline(chart).fold.live_grants(device)
    ]


def write_notices(context: Context, author: Author) -> None:
    """Write the notices that are owed, as far as this node has standing; re-keys the access lane.

    Raises AuthorityError.
    """
    for organisation, device in notices_owed(context, author.replica):
        if device in _told(author.replica.fold):
            continue  # of two organisations that both revoked it
        under = _standing(author)
        known = author.replica.fold
        cut = cut_for(known, Device(device))
        proof = _proof(context, known, organisation, device)
        notice = Notice(device, proof, cut[:RUNS_PER_OPERATION_MAX])
        written = author.act_then_rekey([notice], under, personal=False)
        cover_the_rest(author, known, written, cut[RUNS_PER_OPERATION_MAX:], under, lost=False)


def _proof(
    context: Context, fold: Fold, organisation: OrganisationAddress, device: DeviceKey
) -> bytes:
    from node.registry.notice_proof import prove_revocation
    from node.registry.shared_registry import SharedRegistry
    from node.registry.subjects import credential_key

    registry = context.registry
    assert isinstance(registry, SharedRegistry), "only a shared registry proves revocations"
    key = credential_key(organisation, device)
    (snapshot,) = registry.facts.snapshots_for([key])
    belonging = fold.membership.belonging[organisation, device]
    return prove_revocation(registry.network, snapshot, organisation, device, belonging)


def _standing(author: Author) -> ActId:
    """An admin's grant where there is one: its cut counts for access operations too (rule 9)."""
    fold = author.replica.fold
    device, now = author.pen.signer.public, author.pen.now_milliseconds
    admin = fold.standing(device, Right.ADMIN, None, now)
    return admin[0] if admin else author.standing(Right.APPEND, None)


def _told(fold: Fold) -> set[DeviceKey]:
    return {
        revocation.act.device
        for revocation in fold.revoked.values()
        if isinstance(revocation.act, Notice)
    }
