"""Fills a summary's form (node/ips) from a chart's merged content; the export calls it."""

from collections.abc import Iterable, Iterator

from node.application.access.pairing import device_text
from node.application.charts import Charts
from node.application.content import ChartContent, Contents, Held, decoded
from node.application.context import Context
from node.application.importing.attaching import NOT_HERE, Originals, version_arrived
from node.application.people.linking import linked_charts
from node.application.timestamps import time_text
from node.ips.allergies import active_allergies
from node.ips.document import compose_summary
from node.ips.holdings import Directory
from node.ips.statement import Key, Linked, Maker, Statement, Told, Waiting
from sync.change import ChangeRef
from sync.charter import CONTENT_LANE_NAMES, Charter, Kind
from sync.clock import stamp_milliseconds
from sync.identifiers import ChartId, LaneId, chart_text, did_ethr, did_key
from sync.merge.merged_change import MergedChange
from sync.merge.resource_view import Label

_TOLD_ELSEWHERE = frozenset({Label.IN_CONFLICT, Label.ENTERED_IN_ERROR, Label.WITHDRAWN})
"""Labels that the summary says in its own way."""

_UNTOLD = frozenset({"Binary", "DocumentReference", "Media"})
"""Types of which a summary tells nothing, and which are large: their pieces are not opened."""

_TWICE = "held in two lanes at once"

Owner = tuple[bytes, frozenset[bytes]]


class Summaries:
    """Summaries of many charts; each directory is read once. Used under the node's one lock."""

    def __init__(self, context: Context, charts: Charts, contents: Contents) -> None:
        """Read nothing yet."""
        self._context = context
        self._charts = charts
        self._contents = contents
        self._originals = Originals(context, charts)
        self._directories: dict[Owner, Directory] = {}

    def of(self, chart: ChartId, chart_name: str) -> bytes | None:
        """One chart's summary as a line, or None where this node can read nothing of the chart."""
        content = self._contents.of(chart)
        linked = tuple(self._linked(chart))
        told = _told(self._context, self._originals, content, chart_name, linked)
        if len(told.lanes_unread) == len(CONTENT_LANE_NAMES):
            return None
        charter = content.replica.charter
        now = time_text(self._context.clock())
        return compose_summary(told, self._directory(charter), self._maker(charter), now)

    def _linked(self, chart: ChartId) -> Iterator[Linked]:
        """Charts of the same person: mentioned with their allergies, as a link moves nothing."""
        for other in linked_charts(self._context, chart):
            if other.chart is None:
                yield Linked(None, other.is_disputed)
                continue
            content = self._contents.of(other.chart)
            statements = _statements(self._context, self._originals, content)
            yield Linked(chart_text(other.chart), other.is_disputed, active_allergies(statements))

    def _maker(self, charter: Charter) -> Maker:
        identity = self._context.identity
        peers = self._context.store.peers.of_organisation(charter.custodian)
        return Maker(
            organisation=identity.organisation_did,
            device=identity.device_did,
            practitioner=did_key(identity.owner.public),
            node_name=identity.secrets.name,
            custodian=did_ethr(charter.custodian),
            custodian_name=peers[0].name if peers else None,
        )

    def _directory(self, charter: Charter) -> Directory:
        """The directory of whoever opened the chart: nobody else can write what it names."""
        owner = _owner(charter)
        if owner not in self._directories:
            found: list[Statement] = []
            for chart in self._context.store.charts.of_kind(Kind.DIRECTORY):
                if _owner(self._charts.charter(chart)) == owner:
                    content = self._contents.of(chart)
                    found += _merged(self._context, self._originals, content)
            self._directories[owner] = Directory(found)
        return self._directories[owner]


def _owner(charter: Charter) -> Owner:
    """Who alone was given a chart by its charter: two charts of one owner say the same.

    Anybody can name another's custodian and roots in a charter, but not write under its grants:
    where a group of somebody else was let in, the charter is nobody's but its own.
    """
    if any(group.organisation != charter.custodian for group in charter.grants):
        return charter.chart, frozenset()
    return charter.custodian, frozenset(root.signing for root in charter.roots)


def _statements(
    context: Context, originals: Originals, content: ChartContent
) -> tuple[Statement, ...]:
    """What is merged and what waits, in the order of lanes, then by what names it."""
    charter = content.replica.charter
    waiting = _quarantined(context, content)
    found = _merged(context, originals, content, waiting)
    found += _unmerged(waiting, {charter.lane(name): name for name in CONTENT_LANE_NAMES})
    ranks = {name: rank for rank, name in enumerate(CONTENT_LANE_NAMES)}
    found.sort(key=lambda one: (ranks[one.lane], one.unverified, one.key))
    return tuple(_named_once(found))


def _told(
    context: Context,
    originals: Originals,
    content: ChartContent,
    chart_name: str,
    linked: tuple[Linked, ...],
) -> Told:
    charter = content.replica.charter
    return Told(
        chart_name,
        _statements(context, originals, content),
        tuple(
            n for n in CONTENT_LANE_NAMES if not content.replica.keyring.of_lane(charter.lane(n))
        ),
        content.unreadable,
        tuple(held.view.key.type for held in content.resources() if held.view.shown is None),
        linked,
    )


Quarantined = dict[tuple[LaneId, Key], list[tuple[MergedChange, Waiting]]]


def _quarantined(context: Context, content: ChartContent) -> Quarantined:
    """Quarantined versions by resource, the newest last."""
    found: Quarantined = {}
    for merged in sorted(content.quarantined, key=lambda merged: merged.order):
        document = decoded(merged.change.content)
        if document.get("resourceType") != merged.change.type:
            continue
        waiting = Waiting(
            document,
            device_text(context, merged.device),
            time_text(stamp_milliseconds(merged.stamp)),
        )
        key = Key(merged.change.source, merged.change.type, merged.change.id)
        found.setdefault((merged.lane, key), []).append((merged, waiting))
    return found


def _merged(
    context: Context,
    originals: Originals,
    content: ChartContent,
    waiting: Quarantined | None = None,
) -> list[Statement]:
    """What is merged; what waits of the same resources is taken out of `waiting`.

    A large resource whose content is not here yet is told from what is inline, and labelled.
    """
    found: list[Statement] = []
    for held in content.resources():
        shown = held.view.shown
        if held.view.key.type not in _UNTOLD:
            shown = originals.whole(held.view) or shown
        if shown is None:
            continue
        labels = [str(each) for each in held.view.labels if each not in _TOLD_ELSEWHERE]
        if not all(version_arrived(context, held.view.chart, one) for one in held.view.attached):
            labels.append(NOT_HERE)
        name = held.view.key
        key = Key(name.source, name.type, name.id)
        beside = (waiting or {}).pop((name.lane, key), [])
        found.append(
            Statement(
                key,
                held.lane_name,
                shown,
                decoded(shown),
                disputed=tuple(_disputed(held)),
                waiting=tuple(each for _, each in beside),
                labels=tuple(labels),
            )
        )
    return found


def _unmerged(waiting: Quarantined, lanes: dict[LaneId, str]) -> Iterator[Statement]:
    for (lane, key), versions in waiting.items():
        merged, newest = versions[-1]
        yield Statement(
            key,
            lanes[lane],
            merged.change.content,
            newest.document,
            waiting=tuple(each for _, each in versions),
            unverified=True,
        )


def _disputed(held: Held) -> Iterator[dict[str, object]]:
    """The versions between which somebody must choose, in the order of their references."""
    heads: set[ChangeRef] = {head for found in held.view.conflicts for head in found.heads}
    if not heads:
        return
    contents = {one.ref: one.change.content for one in held.view.history if one.ref in heads}
    for ref in sorted(contents):
        document = decoded(contents[ref])
        if document:
            yield document


def _named_once(statements: Iterable[Statement]) -> Iterator[Statement]:
    """One resource that was written in two lanes at once is two, and both are told."""
    seen: set[Key] = set()
    for statement in statements:
        key = statement.key
        if key in seen:
            apart = key._replace(source=f"{key.source}#{statement.lane}")
            yield Statement(
                apart,
                statement.lane,
                statement.original,
                statement.document,
                statement.disputed,
                statement.waiting,
                statement.unverified,
                (*statement.labels, _TWICE),
            )
            continue
        seen.add(key)
        yield statement
