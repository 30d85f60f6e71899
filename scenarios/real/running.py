"""One run of a scenario with real processes, judged by the same checkers.

Time is not waited for: what the file says happens in its order, each act as soon as the one before
has ended, and the processes' clocks show the file's time. What cannot be had is left out, and told.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from node.keystore.secrets import NodeKind
from scenarios.checking.checkers import judge
from scenarios.engine.member import Member
from scenarios.engine.timeline import Timeline
from scenarios.plan.scenario import FaultPart, NodePart, RegistryPart, Scenario
from scenarios.real.meeting import RealMeeting
from scenarios.real.member import RealMember
from scenarios.real.shown_time import ShownClock, ShownTimeline
from scenarios.simulate.running import Run, Simulation, Told, figures_of
from scenarios.world.meetings import MeetingKind

_NOT_REAL: Final = ("chain-outage", "chain-reorg", "chain-lie")
_NOW_FILE: Final = "now"


def run_really(
    scenario: Scenario,
    seed: int,
    told: Told = lambda _share, _acts: None,
    keep: frozenset[str] | None = None,
) -> Run:
    """Run a scenario with a process a node. Raises NotServing."""
    with _folder() as folder:
        simulation = RealSimulation(_possible(scenario), seed, folder, keep)
        try:
            simulation.prepare()
            simulation.pass_time(told)
            simulation.come_to_rest()
            run = simulation.judged()
        finally:
            simulation.end()
    run.figures["real"] = True
    run.figures["left_out"] = left_out(scenario)
    return run


def left_out(scenario: Scenario) -> list[str]:
    """What of a file real processes on one machine cannot have."""
    found: set[str] = {fault.what for fault in scenario.fault if fault.what in _NOT_REAL}
    if scenario.registry.kind != "none":
        found.add("the registry")
    return sorted(found)


def _possible(scenario: Scenario) -> Scenario:
    faults: list[FaultPart] = [each for each in scenario.fault if each.what not in _NOT_REAL]
    return scenario.model_copy(update={"fault": faults, "registry": RegistryPart()})


@contextmanager
def _folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="satchel-real-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


class RealSimulation(Simulation):
    """A world of processes."""

    meeting_kind: MeetingKind = RealMeeting

    def _timeline(self, begins: int, folder: Path) -> Timeline:
        return ShownTimeline(begins, folder / _NOW_FILE)

    def _make(self, name: str, part: NodePart) -> Member:
        folder = self.world.folder / name
        folder.mkdir(mode=0o700)
        file = folder / "clock"
        clock = ShownClock(lambda: self.timeline.now, file, part.clock_offset, part.clock_drift_ppm)
        files = (self.world.folder / _NOW_FILE, file)
        member = RealMember(name, part.place, NodeKind(part.kind), folder, clock, files)
        member.create(None)
        self.world.history.note("start", node=name, place=part.place)
        return member

    def judged(self) -> Run:
        """End the processes, open their homes here, and judge those."""
        members = self.world.members
        for name, member in members.items():
            assert isinstance(member, RealMember)
            if member.up:
                member.stop()
            members[name] = member.as_it_lies()
        checks = judge(self.world)
        digest = self.world.history.digest
        return Run(self.scenario, self.seed, digest, checks, self.world, figures_of(self.world))
