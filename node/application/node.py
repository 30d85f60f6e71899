"""A node at work: every act of its people, one at a time, over its store.

The API calls these methods in worker threads; one lock makes them take turns, because there is
one writer (DESIGN section 3). Results are what JSON can say.
"""

import dataclasses
import functools
import threading
from collections.abc import Callable, Generator, Mapping, Sequence
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from node.application.access import access_desk, pairing, quarantine_desk
from node.application.access.gates import admit_peer
from node.application.access.granting import (
    parse_terms,
)
from node.application.charts import Charts
from node.application.content import Contents
from node.application.context import Context
from node.application.destroying.shredder import Shredder
from node.application.destroying.shredding import (
    cancel_shreds,
    list_shreds,
    order_shred,
    shred_marks,
)
from node.application.duties import do_duties
from node.application.errors import (
    BadRequest,
    RecoveryWordsDiffer,
)
from node.application.importing.held_resources import HeldResources
from node.application.importing.import_means import ImportMeans
from node.application.importing.intake import Importer, Intake
from node.application.journal import Journal
from node.application.lists import Lists
from node.application.organisation.devices_desk import DevicesDesk
from node.application.organisation.governance_desk import GovernanceDesk
from node.application.patients.consent_desk import ConsentDesk
from node.application.patients.patients_desk import PatientsDesk
from node.application.people.people_desk import PeopleDesk
from node.application.progress import Progress, quiet
from node.application.registry.audit_desk import AuditDesk
from node.application.registry.checkpoint_desk import CheckpointDesk
from node.application.registry.noticing import mark_revocations
from node.application.registry.registry_desk import RegistryDesk
from node.application.showing import conflict_desk
from node.application.showing.chart_page import chart_page
from node.application.showing.history import chart_history
from node.application.showing.outtake import Exporter, Wanted
from node.application.syncing.peer_digests import Digests
from node.application.syncing.sharing import SharedCharts
from node.application.timestamps import parse_time
from node.application.upkeep import examination
from node.application.upkeep.rebuilding import drop_derived, drop_where_bodies_came
from node.card.card import card_text, make_card
from node.fhir.placement import Lane
from node.keystore.keystore import Keystore
from node.keystore.recovery import Root, entropy_from_words, root_from_entropy
from node.limits import settle_charts_per_commit_max
from node.store.faces import ListedChart
from node.store.meetings import Meeting
from sync.identifiers import ChartId, DeviceKey, chart_text, did_key
from sync.session import Session, SessionParameters, shared_secret_of
from sync.session.checking import Checker, InlineChecker

Result = dict[str, object]
P = ParamSpec("P")
R = TypeVar("R")

ADDRESSES_SETTING = "addresses"


def in_turn(method: "Callable[Concatenate[Node, P], R]", /) -> "Callable[Concatenate[Node, P], R]":
    """Let one act at a time work on the store."""

    @functools.wraps(method)
    def taking_turns(node: "Node", /, *arguments: P.args, **options: P.kwargs) -> R:
        with node.turn:
            return method(node, *arguments, **options)

    return taking_turns


class Node:
    """An open node. `node.application.starting` opens one; close it at the end."""

    def __init__(self, context: Context, keystore: Keystore) -> None:
        """Begin with nothing loaded."""
        self.turn = threading.RLock()
        self.context = context
        self._keystore = keystore
        self._journal = Journal(context)
        self._shared: WeakKeyDictionary[Session, SharedCharts] = WeakKeyDictionary()
        self._charts = Charts(context)
        self._digests = Digests(context, self._charts)
        self._contents = Contents(context, self._charts)
        self._held = HeldResources(context, self._charts, self._contents)
        self._lists = Lists(context, self._charts, self._contents, self._held)
        self._shredder = Shredder(context, self._charts, keystore.secrets.store_key)
        self.people = PeopleDesk(context, self._charts, self._contents, self.turn)
        self.devices = DevicesDesk(context, self._charts, keystore, self.turn)
        self.patients = PatientsDesk(context, self._charts, self._contents, self.turn)
        self.checkpoints = CheckpointDesk(context, self.turn)
        self.consents = ConsentDesk(context, self._charts, self._contents, self.turn)
        self.governance = GovernanceDesk(context, self._charts, keystore, self.turn)
        self.registry_desk = RegistryDesk(context, self._charts, self.turn, self.settle)
        self.registry_desk.commitments = self.patients.commitments
        self.audit_desk = AuditDesk(context, self.registry_desk, self.turn)
        self._importer = Importer(
            ImportMeans(context, self._charts, self._contents, self._held, self._lists, self.turn)
        )

    @in_turn
    def close(self) -> None:
        """Note the time and what was read, and close the store.

        Raises StorageFailed, once it is closed, where that could not be noted any more.
        """
        try:
            with self.context.store.transaction():
                self.context.store.own_instances.see_time(self.context.clock())
                self._journal.settle()
        finally:
            self._charts.forget_all()
            self.context.store.close()

    # -- who this is

    @in_turn
    def identity(self) -> Result:
        """This node's names, keys, addresses and pairing card."""
        identity = self.context.identity
        addresses = self._addresses()
        card = make_card(
            identity,
            tuple(addresses),
            self.context.roster.encoded(),
            self.context.clock() // 1000,
            self.context.registry.fingerprint,
        )
        return {
            "name": identity.secrets.name,
            "kind": str(identity.secrets.kind),
            "did": identity.device_did,
            "peer_id": identity.peer_id,
            "organisation": identity.organisation_did,
            "addresses": addresses,
            "checkpoint_key": did_key(identity.checkpoint_signer.public),
            "network": pairing.network_words(self.context.registry.fingerprint),
            "development": self.checkpoints.development,
            "card": card_text(card, identity.signer),
        }

    @in_turn
    def set_addresses(self, addresses: Sequence[str]) -> None:
        """Where this node listens: on its next cards."""
        with self.context.store.transaction():
            self.context.store.settings.put(ADDRESSES_SETTING, "\n".join(addresses).encode())

    def _addresses(self) -> list[str]:
        kept = self.context.store.settings.get(ADDRESSES_SETTING)
        return kept.decode().split("\n") if kept else []

    @in_turn
    def recovery_confirm(self, words: Sequence[str]) -> Result:
        """A person types the recovery words back; nothing of them is kept."""
        root = root_from_entropy(entropy_from_words(words)).public
        secrets = self._keystore.secrets
        if root != secrets.root:
            raise RecoveryWordsDiffer
        if not secrets.recovery_confirmed:
            self._keystore.save(dataclasses.replace(secrets, recovery_confirmed=True))
        return {"confirmed": True}

    # -- peers

    @in_turn
    def peers_add(self, card: str, name: str | None) -> Result:
        """Keep another node's pairing card."""
        return pairing.add_peer(self.context, card, name)

    @in_turn
    def peers_list(self) -> list[Result]:
        """The nodes that this one is paired with."""
        return pairing.list_peers(self.context)

    @in_turn
    def peers_remove(self, name: str) -> Result:
        """Forget a pairing card; what was granted stays granted."""
        return pairing.remove_peer(self.context, name)

    @in_turn
    def peer_addresses(self, who: str) -> list[str]:
        """The multiaddrs of a peer's card, best first."""
        return list(pairing.find_peer(self.context, who)[1].addresses)

    # -- records in and out

    def import_open(
        self,
        label: str,
        *,
        source: str | None = None,
        lane: str | None = None,
        chart: str | None = None,
    ) -> Intake:
        """Begin to take one file in pieces, into the charts of its patients or into one chart."""
        with self.turn:
            found = None if chart is None else self._charts.find(chart)
        return self._importer.open(
            label,
            source=source,
            lane=_lane(lane),
            chart=found,
            audited="import" if chart is None else "record",
        )

    def import_file(
        self,
        label: str,
        content: bytes,
        *,
        source: str | None = None,
        lane: str | None = None,
        progress: Progress = quiet,
    ) -> Result:
        """Take the resources of one file into charts."""
        intake = self.import_open(label, source=source, lane=lane)
        intake.feed(content, progress)
        return intake.finish(progress)

    def record_add(
        self,
        chart: str,
        label: str,
        content: bytes,
        *,
        lane: str | None = None,
        source: str | None = None,
        progress: Progress = quiet,
    ) -> Result:
        """Take the resources of one file into a chart that is named."""
        intake = self.import_open(label, source=source, lane=lane, chart=chart)
        intake.feed(content, progress)
        return intake.finish(progress)

    def export(
        self, chart: str | None, *, form: str, history: bool, progress: Progress = quiet
    ) -> Generator[bytes, None, Result]:
        """Pieces of NDJSON, of a Bundle, or a patient summary a line; returns what it counted.

        The store is locked while a piece is made. An empty piece only says that work goes on.
        """
        with self.turn:
            found = None if chart is None else self._charts.find(chart)
            wanted = Wanted(found, form, history)
            exporter = Exporter(self.context, self._charts, self._contents, wanted, progress)
            self._journal.note("export", found)
        pieces = exporter.pieces()
        while True:
            with self.turn:
                try:
                    piece = next(pieces)
                except StopIteration as ended:
                    counted: Result = ended.value
                    return counted
            yield piece

    # -- reading

    @in_turn
    def charts(self) -> list[Result]:
        """A line a chart, by name."""
        marks = shred_marks(self.context)
        lines = [_listed(line, marks) for line in self.context.store.faces.all()]
        return self.people.marked(lines)

    @in_turn
    def chart_show(self, chart: str, *, linked: bool = False) -> Result:
        """Everything that one chart says now; `linked` with all that linked charts say."""
        found = self._charts.find(chart)
        self._journal.note("read", found)
        page = chart_page(self.context, self._contents.of(found))
        return self.people.beside(page, found, whole=linked)

    @in_turn
    def chart_history(self, chart: str) -> list[Result]:
        """Every operation of one chart, in causal order."""
        found = self._charts.find(chart)
        self._journal.note("read", found)
        return chart_history(self.context, self._contents.of(found))

    @in_turn
    def search(self, text: str) -> list[Result]:
        """The charts whose names, numbers or birth date fit a text, the best first."""
        self._journal.note("search", None)
        marks = shred_marks(self.context)
        today = datetime.fromtimestamp(self.context.clock() / 1000).astimezone().date()
        lines = [
            {**_listed(found.listed, marks), "match": found.match}
            for found in self.context.store.faces.search(text, today)
        ]
        return self.people.marked(lines)

    # -- access

    @in_turn
    def grant(
        self,
        chart: str,
        *,
        to: str,
        lanes: Sequence[str],
        rights: str = "append",
        basis: str = "care",
        given_by: str = "none",
        how: str = "none",
        until: str | None = None,
        history: bool = False,
        recovery: Sequence[str] | None = None,
        override: str | None = None,
        progress: Progress = quiet,
    ) -> Result:
        """Give access to a chart, or by a standing rule to all that this node administers.

        With the recovery words the root gives it, in the charts that there are. `override` is an
        admin's reason to release keys by facts of the registry that are too old.
        """
        terms = parse_terms(lanes, rights, basis, given_by, how, _until(until), history)
        done, told = access_desk.grant(
            self.context, self._charts, chart, to, terms, _root(recovery), progress, override
        )
        kind = "grant" if told["override"] is None else "grant override"
        for found in done:
            self._journal.note(kind, found)
        if recovery is None:
            self.consents.keep_grants(done, to, terms)
        return told

    @in_turn
    def revoke(
        self,
        chart: str,
        *,
        from_: str,
        lost: bool = False,
        recovery: Sequence[str] | None = None,
        progress: Progress = quiet,
    ) -> Result:
        """End access to a chart, or to all, standing rules with it."""
        done, told = access_desk.revoke(
            self.context, self._charts, chart, from_, _root(recovery), progress, lost=lost
        )
        for found in done:
            self._journal.note("revoke", found)
            self._contents.refresh(found)
        if told["rules_ended"] and not done:
            self._journal.note("revoke", None)
        self.consents.end_grants(done, from_)
        return told

    # -- shredding

    @in_turn
    def shred(
        self, chart: str, *, lanes: Sequence[str], hold_days: int, recovery: Sequence[str]
    ) -> Result:
        """Have a chart, or lanes of it, destroyed after a hold."""
        found = self._charts.find(chart)
        root = root_from_entropy(entropy_from_words(recovery))
        result = order_shred(self.context, self._charts, found, lanes, hold_days, root)
        self._journal.note("shred ordered", found)
        self._shredder.learn(found)
        return result

    @in_turn
    def shred_cancel(self, chart: str, *, recovery: Sequence[str]) -> Result:
        """Take back every shred of a chart."""
        found = self._charts.find(chart)
        root = root_from_entropy(entropy_from_words(recovery))
        result = cancel_shreds(self.context, self._charts, found, root)
        self._journal.note("shred cancelled", found)
        self._shredder.learn(found)
        return result

    @in_turn
    def shreds(self) -> list[Result]:
        """Every shred that this node knows of."""
        return list_shreds(self.context)

    # -- what waits for a person

    @in_turn
    def conflicts(self, chart: str | None = None) -> list[Result]:
        """Every open conflict with the values that disagree."""
        found = None if chart is None else self._charts.find(chart)
        return list(conflict_desk.list_conflicts(self.context, self._contents, found))

    @in_turn
    def conflict_show(self, conflict: str) -> Result:
        """One open conflict."""
        content, held, found = conflict_desk.find_conflict(self.context, self._contents, conflict)
        return conflict_desk.describe(self.context, content, held, found)

    @in_turn
    def conflict_resolve(
        self, conflict: str, *, choose: int | None = None, content: bytes | None = None
    ) -> Result:
        """Close a conflict by one of its values, or by an answer of one's own."""
        result = conflict_desk.resolve(
            self.context,
            self._charts,
            self._contents,
            conflict,
            choose=choose,
            answer=content,
        )
        self._journal.note("resolve", self._charts.find(str(result["chart"])))
        return result

    @in_turn
    def quarantine(self) -> list[Result]:
        """What is kept and carried, and waits to be accepted."""
        return list(quarantine_desk.list_quarantine(self.context, self._charts, self._contents))

    @in_turn
    def quarantine_accept(self, operation: str, *, recovery: Sequence[str] | None = None) -> Result:
        """Take a quarantined operation in."""
        result = quarantine_desk.accept(
            self.context, self._charts, self._contents, operation, _root(recovery)
        )
        self._journal.note("accept", self._charts.find(str(result["chart"])))
        return result

    # -- examination

    @in_turn
    def audit_verify(self, progress: Progress = quiet) -> Result:
        """Check every signature, hash and link that is stored."""
        return examination.verify_all(self.context, self._charts, progress)

    @in_turn
    def doctor(self, *, thorough: bool = False, progress: Progress = quiet) -> Result:
        """What is amiss; what can be derived again is repaired."""
        return examination.examine(
            self.context,
            self._charts,
            self._contents,
            self.settle,
            recovery_confirmed=self._keystore.secrets.recovery_confirmed,
            thorough=thorough,
            progress=progress,
        )

    @in_turn
    def rebuild(self, progress: Progress = quiet) -> Result:
        """Make everything that is derived anew from the operations; a start goes on with it."""
        drop_derived(self.context)
        self._charts.forget_all()
        waiting = self.context.store.unsettled.all()
        for start in range(0, len(waiting), settle_charts_per_commit_max):
            progress("rebuild", start, len(waiting))
            self._settle_all(waiting[start : start + settle_charts_per_commit_max])
        progress("rebuild", len(waiting), len(waiting))
        return {"charts": len(waiting)}

    # -- sync

    @in_turn
    def session(
        self, peer: DeviceKey, *, initiator: bool, checker: Checker | None = None
    ) -> Session:
        """A sync session with a peer that the transport has authenticated.

        `checker` checks signatures; without one they are checked in the caller's thread.

        Raises PeerDenied where the registry proves the peer revoked and this node would begin;
        who asks itself is told. Raises PeerUnproven for a stranger without a fresh proof.
        """
        refusal = admit_peer(self.context, peer, initiator=initiator)
        digests = self._digests.of(peer)
        shared = SharedCharts(self.context, self._charts, self._lists, peer, digests)
        session = Session(
            shared,
            SessionParameters(
                peer=peer,
                initiator=initiator,
                signer=self.context.identity.signer,
                sealing=self.context.identity.sealing_key,
                shared_secret=shared_secret_of(self.context.identity.opener),
                nonce=self.context.random(16),
                registry=self.context.registry.anchor(),
                checker=checker or InlineChecker(),
                refusal=refusal,
            ),
        )
        self._shared[session] = shared
        return session

    @in_turn
    def count_received(self, session: Session) -> None:
        """Say in a session's outcome how many readable resources it brought, after `settle`."""
        session.outcome.resources_received = self._shared[session].received()

    @in_turn
    def settle(self) -> int:
        """After sessions, ended well or not: write what is owed, and bring lists up to date.

        Returns how many operations were written; peers get them with their next session.
        """
        drop_where_bodies_came(self.context, self._charts)
        mark_revocations(self.context, self._charts)
        self.patients.watch()
        written = self._shredder.run()
        waiting = self.context.store.unsettled.all()
        for start in range(0, len(waiting), settle_charts_per_commit_max):
            written += self._settle_all(waiting[start : start + settle_charts_per_commit_max])
        self.patients.settle()
        self._shredder.check()
        return written

    def _settle_all(self, charts: Sequence[ChartId]) -> int:
        written = 0
        with self._charts.trying(*charts), self.context.store.transaction():
            for chart in charts:
                written += do_duties(self.context, self._charts, chart)
                self._lists.catch_up(chart)
                self.context.store.unsettled.clear(chart)
        return written

    @in_turn
    def remember_meeting(self, peer: DeviceKey, meeting: Meeting) -> None:
        """Keep what came of a session."""
        with self.context.store.transaction():
            self.context.store.meetings.add(meeting)


def _listed(line: ListedChart, marks: Mapping[ChartId, Result]) -> Result:
    return {
        "chart": chart_text(line.chart),
        "name": line.name,
        "birth_date": line.birth_date,
        "gender": line.gender,
        "resources": line.resources,
        "conflicts": line.conflicts,
        "quarantined": line.quarantined,
        "shred": marks.get(line.chart),
    }


def _root(words: Sequence[str] | None) -> Root | None:
    return None if words is None else root_from_entropy(entropy_from_words(words))


def _lane(text: str | None) -> Lane | None:
    match text:
        case None:
            return None
        case "summary" | "care" | "sensitive":
            return text
        case _:
            raise BadRequest("a lane is summary, care or sensitive")


def _until(text: str | None) -> int | None:
    if text is None:
        return None
    found = parse_time(text)
    if found is None:
        raise BadRequest("a time is given as 2027-01-31 or 2027-01-31T12:00:00Z")
    return found
