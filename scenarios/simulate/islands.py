"""Parts of a scenario that have nothing to do with each other, each run in a process of its own.

Where nobody of one part ever shares with, meets or treats with anybody of another, no event of one
can follow from an event of the other. So each part is run by itself, by as many processes as there
are cores; the histories are one in the order of time, and the digest is of that one. However many
processes there are, it is the same. A scenario with faults, incidents, mules or a chain is one
part: these reach everybody. `satchel simulate` and the bench call it.
"""

import concurrent.futures
import gc
import hashlib
import heapq
import multiprocessing
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from node.command.main import COLLECTOR_THRESHOLDS
from scenarios.checking.check import Check
from scenarios.engine.history import Event, line
from scenarios.plan.cast import cast_of, meant
from scenarios.plan.scenario import Scenario
from scenarios.report.given import Given
from scenarios.report.of_run import given_of
from scenarios.report.watching import Watching
from scenarios.simulate.running import Told, run_scenario

_ADDED: Final = frozenset({"acts", "sessions", "received", "bytes"})


@dataclass(frozen=True)
class IslandRun:
    """What came of one part."""

    events: list[Event]
    digest: str
    checks: list[Check]
    nodes: int
    figures: dict[str, Any]
    given: Given | None = None
    """What a report is made from, where one is to be made."""


@dataclass(frozen=True)
class IslandsRun:
    """What came of all parts together."""

    scenario: Scenario
    seed: int
    digest: str
    checks: list[Check]
    events: list[Event]
    """One history, in the order of time."""
    nodes: int
    figures: dict[str, Any]
    givens: list[Given]
    """What a report of each part is made from, where one is to be made."""

    @property
    def passed(self) -> bool:
        """Whether everything held in every part."""
        return all(check.passed for check in self.checks)

    def as_json(self, seconds: float) -> dict[str, Any]:
        """What `satchel simulate --json` prints."""
        return {
            "scenario": self.scenario.scenario.title,
            "seed": self.seed,
            "digest": self.digest,
            "passed": self.passed,
            "checks": [check.as_json() for check in self.checks],
            "nodes": self.nodes,
            "virtual_seconds": self.scenario.scenario.lasts // 1000,
            "seconds": round(seconds, 3),
            **self.figures,
        }


def islands_of(scenario: Scenario) -> list[Scenario]:
    """The parts of a scenario, in the order of the file; itself where it is one."""
    reaching = scenario.fault or scenario.incident or scenario.mule
    if reaching or scenario.registry.kind != "none":
        return [scenario]
    groups = _groups(scenario)
    return [scenario] if len(groups) == 1 else [_part(scenario, names) for names in groups]


def run_islands(
    scenario: Scenario,
    seed: int,
    told: Told = lambda _share, _acts: None,
    processes: int | None = None,
    *,
    report: bool = False,
) -> IslandsRun:
    """Run every part of a scenario and join them. The same seed and code give the same digest."""
    parts = islands_of(scenario)
    found: list[IslandRun | None] = [None] * len(parts)
    context = multiprocessing.get_context("spawn")
    count = min(len(parts), processes or os.cpu_count() or 1)
    done = acts = 0
    # A process a part: what one held in memory is given back with it.
    with concurrent.futures.ProcessPoolExecutor(
        count, mp_context=context, max_tasks_per_child=1, initializer=_collect_seldom
    ) as pool:
        running = {
            pool.submit(run_island, part, seed, report=report): place
            for place, part in enumerate(parts)
        }
        for each in concurrent.futures.as_completed(running):
            run = found[running[each]] = each.result()
            done += 1
            acts += run.figures["acts"]
            told(done / len(parts), acts)
    return joined(scenario, seed, [run for run in found if run is not None])


def run_island(part: Scenario, seed: int, *, report: bool = False) -> IslandRun:
    """Run one part in this process."""
    watching: list[Watching] = []
    watch = (lambda world: watching.append(Watching(world))) if report else None
    run = run_scenario(part, seed, watch=watch)
    return IslandRun(
        run.world.history.events,
        run.digest,
        run.checks,
        len(run.world.members),
        run.figures,
        given_of(run, "", watching[0].events) if report else None,
    )


def _collect_seldom() -> None:
    """As every command does."""
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def joined(scenario: Scenario, seed: int, runs: Sequence[IslandRun]) -> IslandsRun:
    """Events of one moment stand in the order of their parts."""
    events = list(heapq.merge(*(run.events for run in runs), key=lambda event: event["at"]))
    digest = hashlib.sha256()
    for event in events:
        digest.update(line(event) + b"\n")
    for run in runs:
        digest.update(bytes.fromhex(run.digest))
    figures = {
        name: sum(run.figures[name] for run in runs)
        for name, value in runs[0].figures.items()
        if isinstance(value, int)
    }
    return IslandsRun(
        scenario,
        seed,
        digest.hexdigest(),
        [_check(checks) for checks in zip(*(run.checks for run in runs), strict=True)],
        events,
        sum(run.nodes for run in runs),
        figures | {"parts": len(runs)},
        [run.given for run in runs if run.given is not None],
    )


def _check(checks: Sequence[Check]) -> Check:
    """One check over all parts: what the first says that does not hold, else what all say."""
    failed = [check for check in checks if not check.passed]
    if failed:
        return Check(checks[0].name, False, failed[0].detail)
    return Check(checks[0].name, True, f"in each of {len(checks)} parts; {checks[0].detail}")


def _groups(scenario: Scenario) -> list[list[str]]:
    """Nodes that may come to know of each other, in the order of the file."""
    cast = cast_of(scenario)
    group: dict[str, set[str]] = {name: {name} for name in cast}

    def join(names: Sequence[str]) -> None:
        joined = {other for name in names for other in group[name]}
        for name in joined:
            group[name] = joined

    for name, part in cast.items():
        join([name, *meant(scenario, part.shares_with)])
    for place in scenario.place:
        join([name for name, part in cast.items() if part.place == place.name] or list(cast)[:1])
    for road in scenario.road:
        join(meant(scenario, road.between))
    for care in scenario.care:
        if care.twice:
            join(meant(scenario, care.at))
    found: list[list[str]] = []
    seen: set[str] = set()
    for name in cast:
        if name not in seen:
            found.append([each for each in cast if each in group[name]])
            seen |= group[name]
    return found


def _part(scenario: Scenario, names: Sequence[str]) -> Scenario:
    """The same scenario with these nodes alone; what is drawn for each stays as it was."""
    chosen = set(names)
    within: Callable[[Sequence[str]], list[str]] = lambda words: [  # noqa: E731
        name for name in meant(scenario, words) if name in chosen
    ]
    nodes = [
        part.model_copy(update={"name": name, "count": 1, "shares_with": within(part.shares_with)})
        for name, part in cast_of(scenario).items()
        if name in chosen
    ]
    roads = [
        road.model_copy(update={"between": tuple(road.between)})
        for road in scenario.road
        if all(within([end]) for end in road.between)
    ]
    places = {node.place for node in nodes}
    return scenario.model_copy(
        update={
            "node": nodes,
            "road": roads,
            "place": [place for place in scenario.place if place.name in places],
            "care": [care.model_copy(update={"at": within(care.at)}) for care in scenario.care],
        }
    )
