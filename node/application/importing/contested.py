"""Patients whose id somebody else came under, so that an id alone does not say whose a record is.

One system's `Patient/1` is held, and another's comes in without a name of its own. It is refused
(DESIGN section 4), and so is what refers to `Patient/1` afterwards, in whichever file and whenever:
it would land in the wrong person's chart. That ends when the Patient who is held comes again.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from node.application.context import Context
from node.application.importing.held_resources import HeldResources
from node.application.importing.same_person import is_another
from node.application.importing.waiting import Waiting
from node.fhir.compartment import OfPatient
from node.store.resources import ResourceName
from sync.identifiers import ChartId

_CONTESTED: Final = "contested"
"""In place of a FHIR type, in the names under which the store keeps which ids are contested."""


class Contested:
    """What one import knows of contested ids. Used under the node's one lock."""

    def __init__(self, context: Context, held: HeldResources, source: str) -> None:
        """Judge what `source` says."""
        self._context = context
        self._held = held
        self._source = source
        self._here: set[str] = set()
        """Of this file: where both people come in it, nobody can tell whose the others are."""
        self._marked: set[str] = set()
        self._coming: dict[str, Waiting] = {}
        """Patients that are taken and not written yet."""
        self._begun: dict[str, ChartId] = {}
        self._ended: set[str] = set()

    def look(self, resources: Iterable[Waiting]) -> None:
        """Find which of the patients that resources refer to are contested."""
        keys = {one.link.patient for one in resources if isinstance(one.link, OfPatient)}
        names = {self._mark(key): key for key in keys}
        self._marked = {names[name] for name in self._context.store.resources.homes(list(names))}
        self._coming.clear()

    def takes(self, chart: ChartId, patient: Waiting) -> bool:
        """Whether a Patient may be the one of this id in a chart, or is somebody else."""
        key = patient.key
        held = self._held.find(chart, ResourceName(self._source, patient.type, patient.id))
        others = [] if held is None else [held.document]
        if key in self._coming:
            others.append(self._coming[key].document)
        if any(is_another(other, patient.document) for other in others):
            self._here.add(key)
            self._begun[key] = chart
            return False
        self._coming[key] = patient
        if key not in self._here:
            self._marked.discard(key)
            self._ended.add(key)
        return True

    def is_of_somebody(self, resource: Waiting) -> bool:
        """Whether a resource refers to a patient by an id that two people came under."""
        link = resource.link
        return isinstance(link, OfPatient) and (
            link.patient in self._here or link.patient in self._marked
        )

    def keep(self, *, written: bool) -> None:
        """Make durable what was found; `written` says whether the Patients who came were taken."""
        store = self._context.store
        begun, self._begun = self._begun, {}
        ended, self._ended = self._ended, set()
        with store.transaction():
            for key, chart in begun.items():
                if store.charts.holds(chart):
                    store.resources.set_homes(chart, [self._mark(key)])
            if written:
                store.resources.forget_homes(self._marks(ended - begun.keys()))

    def _marks(self, keys: Iterable[str]) -> Sequence[ResourceName]:
        return [self._mark(key) for key in keys]

    def _mark(self, key: str) -> ResourceName:
        return ResourceName(self._source, _CONTESTED, key)
