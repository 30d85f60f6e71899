"""What is done for and by patients: breaking the glass, handing over, asking for access.

A part of the node, which the API calls in worker threads; each act takes the node's turn.
"""

import functools
from collections.abc import Sequence
from contextlib import AbstractContextManager

from node.application.access.pairing import find_peer
from node.application.charts import Charts
from node.application.content import Contents
from node.application.context import Context
from node.application.errors import NotFound
from node.application.patients import deciding
from node.application.patients.breaking_glass import break_glass, keep_own_reasons
from node.application.patients.consents import commitments, note_consents, standing_policies
from node.application.patients.glass_lines import glass_lines
from node.application.patients.glass_tagging import put_tags
from node.application.patients.handing_over import hand_over
from node.application.patients.requesting import ask_for_access
from node.application.patients.second_person import confirmation_text
from node.application.patients.standing_policies import Policies
from node.application.timestamps import time_text
from node.keystore.recovery import entropy_from_words, root_from_entropy
from node.limits import second_person_minutes_max
from sync.charter import SUMMARY
from sync.errors import IdentifierError
from sync.identifiers import ChartId, chart_text, did_key, parse_chart_text

Result = dict[str, object]


class PatientsDesk:
    """Break-glass, handover and requests for access."""

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
        self.policies: Policies = functools.partial(standing_policies, context)
        """The standing policies of a chart; the desk for consent puts its own here."""

    # -- break-glass

    def break_glass(
        self, chart: str, *, reason: str, seconds: Sequence[str], holders: Sequence[str]
    ) -> Result:
        """Break the glass of a chart; what can be read follows from syncing."""
        with self._turn:
            told = break_glass(self._context, self._charts, chart, reason, seconds, holders)
            found = parse_chart_text(str(told["chart"]))
            self._audit(f"break-glass {told['state']}", found)
            if self._context.store.charts.holds(found):
                self._contents.refresh(found)
            self.settle()
            return {**told, "readable": self._reads(found), "peers": self._peers(holders)}

    def glass_state(self, chart: str) -> Result:
        """Whether the summary of a chart can be read here by now."""
        with self._turn:
            try:
                found = self._charts.find(chart)
            except NotFound:
                return {"chart": chart, "readable": False}
            return {"chart": chart_text(found), "readable": self._reads(found)}

    def glass_list(self, chart: str | None = None) -> list[Result]:
        """Every break-glass of a chart, or of all that this node holds."""
        with self._turn:
            wanted = self._charts.ids() if chart is None else [self._charts.find(chart)]
            lines: list[Result] = []
            for found in wanted:
                lines += glass_lines(self._context, self._charts.outline(found))
            lines += self._awaiting(None if chart is None else wanted[0])
            if lines:
                self._audit("break-glass list", None if chart is None else wanted[0])
            return sorted(lines, key=lambda line: str(line["at"]))

    def confirm_glass(self, chart: str, *, who: str) -> Result:
        """Confirm, as a second person, that a paired node breaks the glass of a chart."""
        with self._turn:
            card = find_peer(self._context, who)[1]
            found = self._named(chart)
            now = self._context.clock()
            owner = self._context.identity.owner
            self._audit("break-glass confirmed", found)
            return {
                "chart": chart_text(found),
                "for": card.device_did,
                "by": did_key(owner.public),
                "until": time_text(now + second_person_minutes_max * 60_000),
                "confirmation": confirmation_text(found, card.device, owner, now),
            }

    # -- handover

    def handover(self, chart: str, *, to: str, recovery: Sequence[str]) -> Result:
        """Give a patient's own key root standing in their chart."""
        with self._turn:
            found = self._charts.find(chart)
            root = root_from_entropy(entropy_from_words(recovery))
            told = hand_over(self._context, self._charts, found, to, root)
            self._audit("handover", found)
            self._contents.refresh(found)
            return told

    # -- requests

    def request_access(
        self,
        chart: str,
        *,
        holders: Sequence[str],
        lanes: Sequence[str],
        rights: str,
        reason: str,
    ) -> Result:
        """Ask peers for access to a chart that one of them may hold."""
        with self._turn:
            told = ask_for_access(self._context, chart, holders, lanes, rights, reason)
            self._audit("request", self._named(chart))
            return told

    def access_requests(self) -> list[Result]:
        """Who asked for access, and what became of it."""
        with self._turn:
            return deciding.list_requests(self._context)

    def approve_request(self, request: str, *, until: str | None = None) -> Result:
        """Give what was asked for."""
        with self._turn:
            chart, told = deciding.approve(self._context, self._charts, request, until)
            self._audit("grant", chart)
            return told

    def decline_request(self, request: str) -> Result:
        """Decline a request."""
        with self._turn:
            chart, told = deciding.decline(self._context, request)
            self._audit("decline", chart)
            return told

    def commitments(self) -> set[bytes]:
        """The ids of the commitments of consents, for `registry sync` to ask about."""
        with self._turn:
            found: set[bytes] = set()
            for chart in self._charts.ids():
                found |= commitments(self._context, chart)
                found |= {policy.commitment_id for policy in self.policies(chart)}
            return found

    # -- the ground under all

    def watch(self) -> None:
        """Before duties are done: charts whose glass is broken are looked at each time."""
        watched = self._context.store.glass.watched(self._context.clock())
        if watched:
            self._context.store.unsettled.mark_all(watched)

    def settle(self) -> None:
        """After sessions: seal reasons of break-glasses, now that it is known who reads there."""
        keep_own_reasons(self._context, self._charts)
        put_tags(self._context)
        for chart in deciding.charts_asked(self._context) & set(self._charts.ids()):
            note_consents(self._context, self._contents, chart)
        for chart in deciding.decide_waiting(self._context, self._charts, self.policies):
            self._contents.refresh(chart)

    def _named(self, chart: str) -> ChartId:
        try:
            return self._charts.find(chart)
        except NotFound:
            try:
                return parse_chart_text(chart.strip().lower())
            except IdentifierError:
                raise NotFound("chart", chart) from None

    def _reads(self, chart: ChartId) -> bool:
        """Whether this node holds anything of the summary that it can open."""
        if not self._context.store.charts.holds(chart):
            return False
        outline = self._charts.outline(chart)
        return bool(outline.keyring.of_lane(outline.charter.lane(SUMMARY)))

    def _peers(self, holders: Sequence[str]) -> list[str]:
        if holders:
            return [find_peer(self._context, who)[0] for who in holders]
        return [peer.name for peer in self._context.store.peers.all()]

    def _awaiting(self, chart: ChartId | None) -> list[Result]:
        """This node's own that wait for the chart's letter."""
        identity = self._context.identity
        return [
            {
                "chart": chart_text(broken.chart),
                "operation": None,
                "by": f"{identity.secrets.name} (this node)",
                "practitioner": did_key(identity.owner.public),
                "at": time_text(broken.at_milliseconds),
                "until": time_text(broken.at_milliseconds),
                "open": False,
                "counted": False,
                "why": broken.reason or None,
                "tag": None,
            }
            for broken in self._context.store.glass.all()
            if broken.operation is None and chart in (None, broken.chart)
        ]

    def _audit(self, kind: str, chart: ChartId | None) -> None:
        with self._context.store.transaction():
            self._context.store.audit.append(
                kind, chart, self._context.identity.owner.public, self._context.clock()
            )
