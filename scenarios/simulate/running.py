"""One run of a scenario: makes the world, lets time pass, brings it to rest, judges it."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any, Final

from node.keystore.secrets import NodeKind
from scenarios.checking.check import Check
from scenarios.checking.checkers import judge
from scenarios.checking.receptions import receptions
from scenarios.disk.disk import Disk
from scenarios.engine.clock import MemberClock
from scenarios.engine.draws import Draws
from scenarios.engine.guard import nothing_of_the_system
from scenarios.engine.member import Member
from scenarios.engine.timeline import Timeline
from scenarios.network.link import PRESETS
from scenarios.network.meeting import Meeting
from scenarios.plan.cast import cast_of, meant
from scenarios.plan.moments import DAY
from scenarios.plan.scenario import NodePart, Scenario
from scenarios.world.care import Care
from scenarios.world.faults import Faults
from scenarios.world.hostility import turn
from scenarios.world.incidents import Incidents
from scenarios.world.meetings import MeetingKind, Meetings
from scenarios.world.power import Power
from scenarios.world.registrar import Registrar
from scenarios.world.world import World

_ROUNDS_MAX: Final = 12
_STEPS: Final = 200
_SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108 -- only where there is one

Told = Callable[[float, int], None]
"""Told now and then how far a run is (0 to 1), and how many acts were written."""


@dataclass
class Run:
    """What came of one run."""

    scenario: Scenario
    seed: int
    digest: str
    checks: list[Check]
    world: World = field(repr=False)
    figures: dict[str, Any]

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return all(check.passed for check in self.checks)

    def as_json(self, seconds: float) -> dict[str, Any]:
        """What `satchel simulate --json` prints."""
        return {
            "scenario": self.scenario.scenario.title,
            "seed": self.seed,
            "digest": self.digest,
            "passed": self.passed,
            "checks": [check.as_json() for check in self.checks],
            "nodes": len(self.world.members),
            "virtual_seconds": self.scenario.scenario.lasts // 1000,
            "seconds": round(seconds, 3),
            **self.figures,
        }


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder for the homes; in memory where the machine has that, as no disk is waited for."""
    within = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None
    made = Path(tempfile.mkdtemp(prefix="satchel-simulation-", dir=within))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def run_scenario(
    scenario: Scenario,
    seed: int,
    told: Told = lambda _share, _acts: None,
    keep: frozenset[str] | None = None,
    happened: list[str] | None = None,
    watch: Callable[[World], object] | None = None,
) -> Run:
    """Run a scenario to its end and judge it. The same seed and code give the same digest.

    `keep` names the faults that happen, where not all are to; `happened` gathers their names.
    `watch` is shown the world before anything is in it: to look on, and change nothing.
    """
    with _folder() as folder:
        simulation = Simulation(scenario, seed, folder, keep)
        if happened is not None:
            simulation.world.happened = happened
        if watch is not None:
            watch(simulation.world)
        try:
            with nothing_of_the_system():
                simulation.prepare()
                simulation.pass_time(told)
                simulation.come_to_rest()
                return simulation.judged()
        finally:
            simulation.end()


class Simulation:
    """A world in time."""

    meeting_kind: MeetingKind = Meeting

    def __init__(
        self, scenario: Scenario, seed: int, folder: Path, keep: frozenset[str] | None = None
    ) -> None:
        """Nothing is there yet but time."""
        self.scenario = scenario
        self.seed = seed
        self.draws = Draws(seed)
        begins = int(scenario.scenario.starts.timestamp() * 1000)
        self.timeline = self._timeline(begins, folder)
        self.world = World(scenario, folder, self.timeline, keep)
        self.care = Care(self.world, self.draws)
        self.meetings = Meetings(self.world, self.draws, self.meeting_kind)
        self.power = Power(self.world, self.meetings)
        self.faults = Faults(self.world, self.draws, self.meetings, self.power)
        self.registrar = Registrar(self.world, self.draws)
        self.incidents = Incidents(self.world, self.draws, self.care, self.registrar)

    def _timeline(self, begins: int, _folder: Path) -> Timeline:
        return Timeline(begins)

    def prepare(self) -> None:
        """Make the nodes, pair them, let them share as the file says, and plan everything."""
        self.world.wire.begin()
        for name, part in cast_of(self.scenario).items():
            self.world.members[name] = self._make(name, part)
        members = self.world.members
        for one, other in combinations(members.values(), 2):
            if not self._linked(one.name, other.name):
                self.world.make_strangers(one.name, other.name)
        for one in members.values():
            for other in members.values():
                if one is not other and self.world.wants(one, other):
                    card = str(other.running.identity()["card"])
                    one.running.peers_add(card, other.name)
        self.registrar.enlist()
        for name, part in cast_of(self.scenario).items():
            for other_name in meant(self.scenario, part.shares_with):
                if other_name != name:
                    self._share(members[name], members[other_name], part)
        for name, part in cast_of(self.scenario).items():
            if part.hostile:
                turn(self.world, self.draws, members[name], part.hostile)
        self.care.plan()
        self.meetings.plan()
        self.power.plan()
        self.faults.plan()
        self.incidents.plan()
        self.registrar.plan()

    def _make(self, name: str, part: NodePart) -> Member:
        clock = MemberClock(lambda: self.timeline.now, part.clock_offset, part.clock_drift_ppm)
        member = Member(
            name,
            part.place,
            NodeKind(part.kind),
            self.world.folder / name,
            clock,
            self.draws.stream(f"node/{name}"),
            Disk(self.world.folder / name, self.draws.stream(f"disk/{name}")),
        )
        member.create(self.registrar.network)
        self.world.history.note("start", node=name, place=part.place)
        return member

    def _linked(self, one: str, other: str) -> bool:
        """Whether two are paired: one shares with the other, carries for it, or knows it."""
        cast = cast_of(self.scenario)
        for giver, taker in ((one, other), (other, one)):
            if taker in meant(self.scenario, [*cast[giver].shares_with, *cast[giver].knows]):
                return True
        return False

    def _share(self, one: Member, other: Member, part: NodePart) -> None:
        rights = "relay" if other.kind is NodeKind.RELAY else part.rights
        one.running.grant(
            "all", to=other.name, lanes=part.lanes, rights=rights, basis="care", history=True
        )

    def pass_time(self, told: Told) -> None:
        """Let everything happen."""
        lasts = self.scenario.scenario.lasts
        for step in range(1, _STEPS + 1):
            self.timeline.run(self.world.begins + lasts * step // _STEPS)
            told(step / _STEPS, len(self.world.ledger.written))

    def come_to_rest(self) -> None:
        """After the end: all that are on meet over a good link until nothing moves any more.

        First with those who do harm, who always have something to bring; then without.
        """
        for member in self.world.members.values():
            if member.disk is not None:
                member.disk.crash_at(0)  # what was to break its power in a write never comes
                member.disk.make_room()
            self.power.restore(member)
        self._meet_all()
        members = self.world.members
        for name in self.world.ledger.hostile:
            for other in members:
                self.world.make_strangers(name, other)
        if self.world.ledger.hostile:
            self._meet_all()

    def _meet_all(self) -> None:
        link = PRESETS["lan"]
        pairs = [
            (one, other)
            for one, other in combinations(self.world.members.values(), 2)
            if self.world.wants(one, other)
            and not {one.name, other.name} & self.world.ledger.hostile
        ]
        for _ in range(_ROUNDS_MAX):
            before = len(self.world.history.events)
            for one, other in pairs:
                self.meetings.meet(one, other, link)
                self.timeline.run(self.timeline.now + DAY // 1440)
            moved = sum(
                event["ops_ab"] + event["ops_ba"] + event["facts"]
                for event in self.world.history.events[before:]
                if event["kind"] == "met"
            )
            if not moved:
                return

    def judged(self) -> Run:
        """Judge the world as it stands."""
        from scenarios.checking.state import state_digests

        digests = state_digests(self.world)
        for name, digest in digests.items():
            self.world.history.note("state", node=name, digest=digest)
        checks = judge(self.world)
        for check in checks:
            self.world.history.note("check", name=check.name, passed=check.passed)
        return Run(
            self.scenario,
            self.seed,
            self.world.history.digest,
            checks,
            self.world,
            figures_of(self.world),
        )

    def end(self) -> None:
        """Close all that is open."""
        self.world.wire.end()
        for member in self.world.members.values():
            member.remove()


def figures_of(world: World) -> dict[str, Any]:
    """What a run did, in numbers."""
    met = world.history.of("met")
    return {
        "acts": len(world.ledger.written),
        "sessions": len(met),
        "received": sum(event["ops_ab"] + event["ops_ba"] for event in met),
        **receptions(world),
        "bytes": sum(event["bytes_ab"] + event["bytes_ba"] for event in met),
    }
