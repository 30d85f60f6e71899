"""Consent as the patient sees it: what opens the chart, since when, and what ends it.

A part of the node, which the API calls in worker threads; each act takes the node's turn.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, suppress
from typing import TYPE_CHECKING

from node.application.access import access_desk
from node.application.access.granting import Terms, parse_terms
from node.application.access.pairing import find_grantee, named_target
from node.application.charts import Charts
from node.application.content import Contents
from node.application.context import Context
from node.application.errors import BadRequest, NoStanding, NothingToRevoke
from node.application.patients import consents
from node.application.patients.consent_lines import (
    access_lines,
    broken_lines,
    did_of,
    rights_text,
    time_or_none,
)
from node.application.patients.consent_records import (
    GRANT,
    POLICY,
    ConsentRecord,
    parse_consent,
)
from node.application.patients.let_in import end_let_in
from node.application.progress import quiet
from node.application.timestamps import parse_time
from node.registry.roles import role_mask, role_names
from sync.charter import Kind
from sync.grantee import Basis
from sync.identifiers import ChartId, chart_text

if TYPE_CHECKING:
    from node.registry.fact import HeldFact

Result = dict[str, object]
Results = list[Result]
_DAY_SECONDS = 24 * 3600


class ConsentDesk:
    """Policies, grants by consent, and their ends."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        contents: Contents,
        turn: AbstractContextManager[object],
    ) -> None:
        """Work on these charts, in the node's turn."""
        self._context = context
        self._charts = charts
        self._contents = contents
        self._turn = turn

    def policy(
        self,
        chart: str,
        *,
        roles: Sequence[str],
        accredited_days: int,
        lanes: Sequence[str],
        rights: str,
        until: str | None,
    ) -> Result:
        """Open a chart to whoever is accredited in a role for long enough, once they ask."""
        with self._turn:
            found = self._charts.find(chart)
            try:
                mask = role_mask(roles)
            except ValueError as error:
                raise BadRequest(str(error)) from error
            if not mask or accredited_days < 0:
                raise BadRequest("a policy names a role, and days that are none or more")
            if rights not in ("read", "append"):
                raise BadRequest("a policy lets others read or append")
            terms = self._terms(lanes, rights, "none", "none", until)
            record = consents.new_policy(self._context, mask, accredited_days * _DAY_SECONDS, terms)
            consents.write_consent(self._context, self._charts, self._contents, found, record)
            self._audit("consent policy", found)
            return self._line(found, record, active=True)

    def grant(
        self,
        chart: str,
        *,
        to: str,
        lanes: Sequence[str],
        rights: str,
        given_by: str,
        how: str,
        until: str | None,
        history: bool,
        override: str | None = None,
    ) -> Result:
        """Give somebody access because the patient said so; `override` as in `satchel grant`."""
        with self._turn:
            found = self._charts.find(chart)
            terms = self._terms(lanes, rights, given_by, how, until, history=history)
            grantee, _ = find_grantee(self._context, to)
            record = consents.new_grant(self._context, did_of(grantee), terms)
            with self._charts.trying(found), self._context.store.transaction():
                _, told = access_desk.grant(
                    self._context, self._charts, chart_text(found), to, terms, None, quiet, override
                )
                consents.write_consent(self._context, self._charts, self._contents, found, record)
            reason = told["override"]
            self._audit("consent grant" if reason is None else "consent grant override", found)
            told = {"registry": told["registry"], "override": reason}
            return {**self._line(found, record, active=True), **told}

    def revoke(self, chart: str, consent: str, *, keep_access: bool = False) -> Result:
        """End a policy or a grant: here at once, on chain when somebody reaches one.

        Whom a policy let in goes with it, unless they have access otherwise or shall keep it.
        """
        with self._turn:
            found = self._charts.find(chart)
            record, active = consents.find_consent(self._context, self._contents, found, consent)
            if record.kind == GRANT:
                gone, stay = self._end_grant(found, record)
            else:
                with self._charts.trying(found), self._context.store.transaction():
                    if active:
                        consents.end_consent(
                            self._context, self._charts, self._contents, found, record
                        )
                    gone, stay = end_let_in(
                        self._context, self._charts, found, record.policy_id, keep=keep_access
                    )
            self._contents.refresh(found)
            self._audit("consent revoke", found)
            line = self._line(found, record, active=False)
            told = {"ended": bool(gone) or active, "access_ended": gone, "access_stays": stay}
            return {**line, **told}

    def _end_grant(self, chart: ChartId, record: ConsentRecord) -> tuple[list[str], list[str]]:
        """Whose access ended, and what still gives some."""
        text = chart_text(chart)
        gone: list[str] = []
        stay: list[str] = []
        try:
            _, told = access_desk.revoke(
                self._context, self._charts, text, record.to, None, quiet, lost=False
            )
        except NothingToRevoke:
            pass  # it was ended before; the chain may not know yet
        else:
            also, still = told["also_ended"], told["still"]
            gone = [record.to, *(also if isinstance(also, list) else [])]
            stay = [record.to] if still else []
        self.end_grants([chart], record.to)  # its other consents: no access is left
        return gone, stay

    def list(self, chart: str) -> Results:
        """Everything that opens a chart now or did, for the patient to read."""
        with self._turn:
            found = self._charts.find(chart)
            consents.note_consents(self._context, self._contents, found)
            lines = [
                self._line(found, parse_consent(kept.record), active=kept.active)
                for kept in self._context.store.consents.of_chart(found)
            ]
            replica = self._charts.replica(found)
            policies = {
                str(line["consent"]): bool(line["stands"])
                for line in lines
                if line["kind"] == POLICY
            }
            lines += access_lines(self._context, replica, policies)
            lines += broken_lines(self._context, replica)
            lines.sort(key=lambda line: not line["stands"])
            self._audit("consent list", found)
            return lines

    # -- what other acts bring

    def keep_grants(self, charts: Sequence[ChartId], to: str, terms: Terms) -> None:
        """Keep that grants rest on a patient's word, where there is a registry to say so."""
        context = self._context
        if terms.basis is not Basis.CONSENT or context.registry.fingerprint is None:
            return
        grantee, _ = find_grantee(context, to)
        for chart in charts:
            if self._charts.charter(chart).kind is Kind.PATIENT:
                record = consents.new_grant(context, did_of(grantee), terms)
                with suppress(NoStanding):  # given already; this admin does not write the lane
                    consents.write_consent(context, self._charts, self._contents, chart, record)

    def end_grants(self, charts: Sequence[ChartId], who: str) -> None:
        """End the consents of grants that were ended otherwise."""
        context = self._context
        ended = did_of(named_target(context, who))
        for chart in charts:
            for kept in context.store.consents.of_chart(chart):
                record = parse_consent(kept.record)
                if kept.active and record.kind == GRANT and record.to == ended:
                    with suppress(NoStanding):  # access has ended; who writes the lane says so
                        consents.end_consent(context, self._charts, self._contents, chart, record)

    # -- lines

    def _line(self, chart: ChartId, record: ConsentRecord, *, active: bool) -> Result:
        return {
            "consent": record.id,
            "chart": chart_text(chart),
            "kind": record.kind,
            "who": record.to or ", ".join(role_names(record.roles)),
            "accredited_days": record.minimum_age_seconds // _DAY_SECONDS,
            "lanes": list(record.lanes),
            "rights": rights_text(record.rights),
            "until": time_or_none(record.until_milliseconds),
            "stands": active and self._gives(chart, record),
            "chain": self._on_chain(chart, record, active=active),
            "basis": "consent",
            "ends_with": f"satchel consent revoke {chart_text(chart)[:16]} {record.id[:8]}",
        }

    def _gives(self, chart: ChartId, record: ConsentRecord) -> bool:
        """Whether it opens anything: not ended on chain or otherwise, nor by time."""
        until = record.until_milliseconds
        if until is not None and until <= self._context.clock():
            return False
        if record.kind == GRANT:
            fold = self._charts.replica(chart).fold
            if not any(did_of(fold.grants[each].to) == record.to for each in fold.live):
                return False
        return not self._is_revoked_on_chain(chart, record)

    def _is_revoked_on_chain(self, chart: ChartId, record: ConsentRecord) -> bool:
        held = self._held(chart, record)
        if held is None:
            return False
        from contracts.packing import Commitment

        return Commitment.from_word(held.value).is_revoked

    def _held(self, chart: ChartId, record: ConsentRecord) -> "HeldFact | None":
        registry = consents.shared_registry(self._context)
        if registry is None:
            return None
        from contracts.loader import Name
        from contracts.slots import commitment_slot
        from node.registry.fact import FactKey

        slot = commitment_slot(record.commitment_id(chart))
        return registry.facts.get(FactKey(Name.CONSENT, slot))

    def _on_chain(self, chart: ChartId, record: ConsentRecord, *, active: bool) -> str:
        if consents.shared_registry(self._context) is None:
            return "no shared registry: it stands in the chart alone"
        from contracts.packing import Commitment, State

        held = self._held(chart, record)
        state = State.EMPTY if held is None else Commitment.from_word(held.value).state
        if held is not None and state is State.REVOKED:
            return f"ended on chain, as of block {held.block}"
        if held is not None and state is State.LIVE:
            end = "" if active else "; its end waits to be sent"
            return f"on chain, as of block {held.block}{end}"
        return "waits to be sent" if active else "ended before the chain knew of it"

    # -- the ground under these

    def _terms(
        self,
        lanes: Sequence[str],
        rights: str,
        given_by: str,
        how: str,
        until: str | None,
        *,
        history: bool = False,
    ) -> Terms:
        ends = None if until is None else parse_time(until)
        if until is not None and (ends is None or ends <= self._context.clock()):
            raise BadRequest("a time to come is given as 2027-01-31 or 2027-01-31T12:00:00Z")
        return parse_terms(lanes, rights, "consent", given_by, how, ends, history)

    def _audit(self, what: str, chart: ChartId) -> None:
        context = self._context
        context.store.audit.append(what, chart, context.identity.owner.public, context.clock())
