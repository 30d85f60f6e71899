"""Which chart each imported resource goes to; new charts are opened where nobody has one yet.

A resource goes to its patient's chart, also before the Patient is known: the chart then waits,
unmatched, and the Patient is taken into it when it comes. Which chart that is, is learnt from this
node's own imports only, never from what was synced: another's chart may hold any name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from node.application.access.rules import open_by_rules
from node.application.charts import Charts
from node.application.context import Context
from node.application.importing.waiting import Waiting
from node.fhir.compartment import (
    Lost,
    OfIdentified,
    OfNobody,
    OfPatient,
    OfResource,
)
from node.store.resources import ResourceName
from sync.charter import Kind
from sync.grantee import Right
from sync.identifiers import ChartId

_IDENTIFIER = "identifier"
_URN = "urn"
"""In place of a FHIR type, in the names of what is known by an identifier or a Bundle's name."""


@dataclass(frozen=True, slots=True)
class Homed:
    """Where a resource goes, or why it goes nowhere."""

    chart: ChartId | None
    reason: str = ""
    moved: bool = False
    """It was in another chart before, which keeps what it has."""


@dataclass
class Homes:
    """Finds the charts of one system's resources. `opened` are those that it made."""

    context: Context
    charts: Charts
    source: str
    opened: set[ChartId] = field(default_factory=set)
    _known: dict[ResourceName, ChartId] = field(default_factory=dict)
    _adopted: set[ChartId] = field(default_factory=set)
    """Charts of Patients who come, and may not be written yet."""

    def find(self, listed: Sequence[Waiting]) -> list[Homed]:
        """The chart of each resource; charts that nobody has yet are opened.

        Patients must come first, and last what is known by what it speaks of.
        """
        wanted: dict[ResourceName, None] = {}
        for resource in listed:
            wanted |= dict.fromkeys(self._names(resource))
        self._known = dict(self.context.store.resources.homes(list(wanted)))
        self._adopted.clear()
        found = []
        for resource in listed:
            home = self._home(resource)
            found.append(home)
            if home.chart is not None:  # for what comes with it
                if resource.type == "Patient":
                    self._adopted.add(home.chart)
                self._known[self._own(resource)] = home.chart
                self._known |= dict.fromkeys(self._urn(resource), home.chart)
        return found

    def settle(self, chart: ChartId, resources: Iterable[Waiting], *, urns: bool) -> None:
        """Remember where resources went, and by what other names a Patient may be meant.

        `urns` remembers what a Bundle calls them: where not all of it was in memory at once.
        """
        names: list[ResourceName] = []
        claimed: list[ResourceName] = []
        for resource in resources:
            names.append(self._own(resource))
            claimed += self._identified(resource)
            if urns or resource.type == "Patient":
                names += self._urn(resource)
        self.context.store.resources.set_homes(chart, names)
        if claimed:
            self.context.store.resources.claim(chart, claimed)

    def directory(self) -> ChartId:
        """The organisation's directory, opened when it is first needed.

        Its charter's custodian alone does not tell: anybody can name this organisation there.
        """
        for chart in self.context.store.charts.of_kind(Kind.DIRECTORY):
            if self._is_own(chart):
                return chart
        return open_by_rules(self.context, self.charts, Kind.DIRECTORY)

    # -- one resource

    def _names(self, resource: Waiting) -> list[ResourceName]:
        """Every name under which a resource's chart may be known, the surest first."""
        own = self._own(resource)
        match resource.link:
            case OfPatient(patient) if resource.type == "Patient":
                return [own, *self._urn(resource), *self._identified(resource)]
            case OfPatient(patient):
                return [self._of(patient), own]
            case OfIdentified(system, value, patient):
                return [self._named(system, value), self._of(patient), own]
            case OfResource(resources):
                return [own, *map(self._of, resources)]
            case OfNobody():
                return [own]
            case Lost(_, reference):
                return [ResourceName(self.source, _URN, reference), own]

    def _home(self, resource: Waiting) -> Homed:
        own = self._known.get(self._own(resource))
        names = self._names(resource)
        match resource.link:
            case OfPatient(patient) if resource.type == "Patient":
                return Homed(own or self._waiting(names[1:]) or self._open(self._of(patient)))
            case OfPatient(patient):
                name = self._of(patient)
                return _moved(own, self._known.get(name) or self._open(name))
            case OfIdentified(system, value, patient):
                named = self._named(system, value)
                found = self._known.get(named) or self._known.get(self._of(patient))
                if found is None and self.context.store.resources.is_ambiguous(named):
                    return Homed(None, "its patient is named by an identifier that several have")
                return _moved(own, found or self._open(self._of(patient), named))
            case OfResource(_, patient):
                found = next((self._known[name] for name in names if name in self._known), None)
                if found is None and patient is not None:
                    found = self._open(self._of(patient))
                return Homed(found or self.directory())
            case OfNobody():
                return Homed(own or self.directory())
            case Lost(reason, reference):
                urn = ResourceName(self.source, _URN, reference)
                found = self._known.get(urn)
                if found is None and reference.startswith("urn:"):
                    found = self._open(urn)
                return Homed(None, reason) if found is None else _moved(own, found)

    def _waiting(self, names: Sequence[ResourceName]) -> ChartId | None:
        """A chart that waits for a Patient of one of these names, and has none yet."""
        for name in names:
            chart = self._known.get(name)
            if chart is None or chart in self._adopted:
                continue
            if not self.context.store.resources.patients(chart):
                return chart
        return None

    def _open(self, *names: ResourceName) -> ChartId:
        chart = open_by_rules(self.context, self.charts, Kind.PATIENT)
        self.opened.add(chart)
        self.context.store.resources.set_homes(chart, names)
        self._known |= dict.fromkeys(names, chart)
        return chart

    def _of(self, key: str) -> ResourceName:
        kind, _, identity = key.partition("/")
        return ResourceName(self.source, kind, identity)

    def _named(self, system: str, value: str) -> ResourceName:
        return ResourceName(self.source, _IDENTIFIER, f"{system}|{value}")

    def _own(self, resource: Waiting) -> ResourceName:
        return ResourceName(self.source, resource.type, resource.id)

    def _identified(self, resource: Waiting) -> list[ResourceName]:
        return [self._named(*each) for each in resource.identifiers]

    def _urn(self, resource: Waiting) -> list[ResourceName]:
        return [] if resource.urn is None else [ResourceName(self.source, _URN, resource.urn)]

    def _is_own(self, chart: ChartId) -> bool:
        """Whether nobody but this organisation was given a chart by its charter."""
        identity = self.context.identity
        root = identity.secrets.root
        charter = self.charts.charter(chart)
        if [(one.signing, one.sealing) for one in charter.roots] != [(root.signing, root.sealing)]:
            return False
        if any(group.organisation != identity.organisation for group in charter.grants):
            return False
        fold = self.charts.outline(chart).fold
        return bool(fold.standing(identity.device, Right.APPEND, None, self.context.clock()))


def _moved(own: ChartId | None, found: ChartId) -> Homed:
    return Homed(found, moved=own is not None and own != found)
