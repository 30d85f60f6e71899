"""One world: its members, time, history and ledger; what the parts of a run share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from scenarios.checking.ledger import Ledger
from scenarios.checking.watch import Watch
from scenarios.checking.wire import WireSearch
from scenarios.engine.history import History
from scenarios.engine.member import Member
from scenarios.engine.timeline import Timeline
from scenarios.plan.scenario import Scenario


class World:
    """What is shared; `scenarios.simulate.running` fills it."""

    def __init__(
        self,
        scenario: Scenario,
        folder: Path,
        timeline: Timeline,
        keep: frozenset[str] | None = None,
    ) -> None:
        """Empty, at the start; of faults and incidents only those in `keep` happen, if given."""
        self._keep = keep
        self.happened: list[str] = []
        """The names of the faults and incidents that happened, for shrinking."""
        self.scenario = scenario
        self.folder = folder
        self.timeline = timeline
        self.begins = timeline.now
        self.midnight = timeline.now - _since_midnight(scenario)
        self.history = History(lambda: timeline.now)
        self.ledger = Ledger()
        self.members: dict[str, Member] = {}
        self.watch = Watch(self.members)
        self.history.on_note.append(self.watch.note)
        self.wire = WireSearch()
        self.history.on_frame.append(self.wire.frame)
        self.calm_from = self.begins + scenario.scenario.lasts - scenario.scenario.rest
        """From here on nothing goes wrong any more, so that what must meet can."""
        self.on_met: list[Callable[[Any], None]] = []
        self._partitions: list[tuple[frozenset[str], int]] = []
        self._strangers: set[frozenset[str]] = set()

    @property
    def calm(self) -> bool:
        """Whether faults are over."""
        return self.timeline.now >= self.calm_from

    def happens(self, name: str) -> bool:
        """Whether a fault or an incident of this name is to happen in this run."""
        if self._keep is not None and name not in self._keep:
            return False
        self.happened.append(name)
        return True

    def part(self, names: frozenset[str], until: int) -> None:
        """Nobody within `names` reaches anybody outside until a moment."""
        self._partitions.append((names, until))

    def is_parted(self, one: Member, other: Member) -> bool:
        """Whether a partition lies between two."""
        now = self.timeline.now
        self._partitions = [each for each in self._partitions if each[1] > now]
        return any((one.name in names) != (other.name in names) for names, _ in self._partitions)

    def make_strangers(self, one: str, other: str) -> None:
        """Two that have nothing to do with each other and never dial."""
        self._strangers.add(frozenset((one, other)))

    def wants(self, one: Member, other: Member) -> bool:
        """Whether two would dial each other at all."""
        return frozenset((one.name, other.name)) not in self._strangers

    def met(self, meeting: object) -> None:
        """Tell everybody who wants to know of a session's end."""
        for told in self.on_met:
            told(meeting)


def _since_midnight(scenario: Scenario) -> int:
    starts = scenario.scenario.starts
    return ((starts.hour * 60 + starts.minute) * 60 + starts.second) * 1000
