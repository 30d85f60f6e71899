"""A patient's consents: standing policies and single grants, in the chart and on chain.

What the chart says counts at once; the chain learns it when somebody reaches one, and anybody may
send it. Called by `consent_desk`, by grants that rest on consent, and where requests are decided.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from node.application.access.granting import Terms
from node.application.charts import Charts
from node.application.content import ChartContent, Contents, decoded
from node.application.context import Context
from node.application.errors import BadRequest, NoStanding, NotFound
from node.application.patients.consent_records import (
    GRANT,
    LANE,
    POLICY,
    SOURCE,
    TYPE,
    ConsentRecord,
    consent_document,
    parse_consent,
    record_of,
)
from node.application.patients.standing_policies import StandingPolicy
from node.application.timestamps import time_text
from node.fhir.elements import element_names
from node.registry.intent import Effect, Intent
from node.store.consents import KeptConsent
from sync.change import Change, ChangeKind
from sync.charter import CONTENT_LANE_NAMES, Kind
from sync.errors import AuthorityError
from sync.grantee import Right
from sync.identifiers import ChartId, chart_text
from sync.merge.merged_change import MergedChange

if TYPE_CHECKING:
    from node.registry.shared_registry import SharedRegistry

DEADLINE_SECONDS = 366 * 24 * 3600
"""How long a signed consent may be relayed."""
END_DEADLINE_SECONDS = 100 * DEADLINE_SECONDS
"""How long its end may be."""
_JITTER_SECONDS = 1 << 24
"""Deadlines differ by up to half a year, or two consents of one hour would share a word."""
_STATE_BITS = 8


def new_policy(
    context: Context, roles: int, minimum_age_seconds: int, terms: Terms
) -> ConsentRecord:
    """A standing policy, not written yet."""
    return ConsentRecord(
        POLICY,
        context.random(32),
        roles,
        minimum_age_seconds,
        terms.lanes,
        terms.rights,
        terms.until_milliseconds,
        "",
    )


def new_grant(context: Context, to: str, terms: Terms) -> ConsentRecord:
    """The consent that one grant rests on, not written yet."""
    return ConsentRecord(
        GRANT, context.random(32), 0, 0, terms.lanes, terms.rights, terms.until_milliseconds, to
    )


def write_consent(
    context: Context, charts: Charts, contents: Contents, chart: ChartId, record: ConsentRecord
) -> None:
    """Write a consent in its chart and put its commitment in the outbox, or neither."""
    _put(context, charts, contents, chart, record, active=True)


def end_consent(
    context: Context, charts: Charts, contents: Contents, chart: ChartId, record: ConsentRecord
) -> None:
    """End a consent in its chart at once, and on chain when somebody reaches one."""
    _put(context, charts, contents, chart, record, active=False)


def find_consent(
    context: Context, contents: Contents, chart: ChartId, name: str
) -> tuple[ConsentRecord, bool]:
    """A consent by its id or the beginning of it, and whether it stands. Raises NotFound."""
    note_consents(context, contents, chart)
    found = [
        (record, kept.active)
        for kept in context.store.consents.of_chart(chart)
        for record in (parse_consent(kept.record),)
        if name and record.id.startswith(name.lower())
    ]
    if len(found) != 1:
        raise NotFound("consent", name)
    return found[0]


def note_consents(context: Context, contents: Contents, chart: ChartId) -> None:
    """Note the consents that a chart's content has now: others may have written or ended some."""
    content = contents.of(chart)
    standing: dict[str, KeptConsent] = {}
    for held in content.resources():
        key = held.view.key
        if (key.source, key.type) == (SOURCE, TYPE):
            kept = _kept(context, content, held.view.history, key.id)
            if kept is not None:
                standing[key.id] = kept
    with context.store.transaction():
        for before in context.store.consents.of_chart(chart):
            # Who wrote it was removed since, or its lane shredded: a person decides again.
            name = parse_consent(before.record).id
            standing.setdefault(name, KeptConsent(before.record, active=False))
        for name, kept in standing.items():
            context.store.consents.keep(chart, name, kept)


def _kept(
    context: Context, content: ChartContent, versions: Sequence[MergedChange], name: str
) -> KeptConsent | None:
    """What a consent's versions come to; None where nobody who may wrote one.

    Whoever appends to the lane may end it, which only closes; only admins' words open anything,
    and no later version opens again what one has ended.
    """
    found: ConsentRecord | None = None
    active = True
    for version in versions:
        document = decoded(version.change.content)
        record = record_of(document)
        if version.change.kind is not ChangeKind.PUT or document.get("status") != "active":
            active = False
        elif record is not None and record.id == name and _opens(context, content, version, record):
            found = record
    return None if found is None else KeptConsent(found.encoded(), active)


def _opens(
    context: Context, content: ChartContent, version: MergedChange, record: ConsentRecord
) -> bool:
    """Whether who wrote a consent could give by itself all that it gives, and still can.

    By the grant that it is written under, which outlives one device of a clinic, or by what its
    device holds besides: who has both writes under the grant that lasts longest.
    """
    replica, now = content.replica, context.clock()
    if not set(record.lanes) <= set(CONTENT_LANE_NAMES):
        return False
    lanes = [replica.charter.lane(name) for name in record.lanes]
    prefix = replica.operations[version.written.operation].prefix
    under = replica.fold.grants.get(prefix.under)
    if (
        under is not None
        and under.id in replica.fold.live
        and not under.expired(now)
        and Right.ADMIN in under.rights
        and set(lanes) <= under.lanes
    ):
        return True
    return all(replica.fold.standing(prefix.device, Right.ADMIN, lane, now) for lane in lanes)


def commitments(context: Context, chart: ChartId) -> set[bytes]:
    """The ids of a chart's commitments, ended ones too: the chain may not know of an end yet."""
    return {
        parse_consent(kept.record).commitment_id(chart)
        for kept in context.store.consents.of_chart(chart)
    }


def standing_policies(context: Context, chart: ChartId) -> Sequence[StandingPolicy]:
    """The policies that stand in a chart, as far as they were noted."""
    return [
        record.standing()
        for kept in context.store.consents.of_chart(chart)
        if kept.active
        for record in (parse_consent(kept.record),)
        if record.kind == POLICY
    ]


def _put(
    context: Context,
    charts: Charts,
    contents: Contents,
    chart: ChartId,
    record: ConsentRecord,
    *,
    active: bool,
) -> None:
    if charts.charter(chart).kind is not Kind.PATIENT:
        raise BadRequest("consents are of patients' charts")
    document = consent_document(record, active=active, at=time_text(context.clock()))
    held = contents.of(chart).find(SOURCE, TYPE, record.id)
    touched = tuple(element_names(_decoded(document)))
    supersedes = () if held is None else tuple(held.view.supersedes_for(touched))
    change = Change(ChangeKind.PUT, SOURCE, TYPE, record.id, document, touched, supersedes)
    try:
        with charts.trying(chart), context.store.transaction():
            author = charts.author(chart)
            if active:
                for name in record.lanes:
                    author.standing(Right.ADMIN, charts.charter(chart).lane(name))
            author.write(charts.charter(chart).lane(LANE), context.random(16), [[change]])
            charts.keep(author)
            contents.refresh(chart)
            context.store.consents.keep(chart, record.id, KeptConsent(record.encoded(), active))
            _anchor(context, chart, record, active=active)
    except AuthorityError as error:
        raise NoStanding(chart_text(chart), str(error)) from error


def _anchor(context: Context, chart: ChartId, record: ConsentRecord, *, active: bool) -> None:
    registry = shared_registry(context)
    if registry is None:
        return
    from contracts import calls, slots, typed_data
    from contracts.loader import Name

    place = typed_data.Place(
        registry.network.chain, registry.network.contracts[Name.CONSENT].address
    )
    jitter = int.from_bytes(context.random(3)) % _JITTER_SECONDS
    now_seconds = context.clock() // 1000
    # An end is never too late: it may be sent in years, and waits for no grant before it.
    deadline = now_seconds + jitter + (DEADLINE_SECONDS if active else END_DEADLINE_SECONDS)
    commitment = record.commitment(chart)
    digest_of = typed_data.grant_digest if active else typed_data.revoke_digest
    call = calls.grant if active else calls.revoke
    digest = digest_of(place, record.owner, commitment, deadline)
    signature = typed_data.sign(record.owner_secret, digest)
    slot = slots.commitment_slot(record.commitment_id(chart))
    intent = Intent(
        "consent" if active else "consent-end",
        Name.CONSENT,
        call(record.owner, commitment, deadline, signature),
        Effect.state_at_least(
            Name.CONSENT, slot, shift_bits=0, width_bits=_STATE_BITS, value=1 if active else 2
        ),
        "a consent" if active else "the end of a consent",
        expires_at_seconds=deadline if active else None,
    )
    context.store.outbox.put(intent, now_seconds)


def shared_registry(context: Context) -> "SharedRegistry | None":
    """The registry that is shared, None where there is none."""
    if context.registry.fingerprint is None:
        return None
    from node.registry.shared_registry import SharedRegistry

    return context.registry if isinstance(context.registry, SharedRegistry) else None


def _decoded(document: bytes) -> dict[str, object]:
    import json

    found: dict[str, object] = json.loads(document)
    return found
