"""Many seeds at once, by several processes, until one fails; `--search` and the soak use it."""

import concurrent.futures
import contextlib
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from scenarios.plan.scenario import Scenario
from scenarios.simulate.random_history import random_scenario
from scenarios.simulate.running import run_scenario

_AHEAD = 4
"""Seeds that wait for each process: enough to keep it busy, few enough to stop soon."""


@dataclass(frozen=True)
class Tried:
    """What one seed gave."""

    seed: int
    digest: str
    failed: tuple[str, ...]
    """The names of checks that did not hold, or what the run ended with."""
    detail: str
    acts: int
    received: int
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether everything held."""
        return not self.failed


def try_seed(scenario: Scenario | None, seed: int, keep: frozenset[str] | None = None) -> Tried:
    """Run one seed of a scenario, or the random small world of that seed."""
    began = time.monotonic()
    chosen = scenario or random_scenario(seed)
    try:
        run = run_scenario(chosen, seed, keep=keep)
    except Exception as error:  # noqa: BLE001 -- whatever ends a run is what is looked for
        words = f"{type(error).__name__}: {error}"
        return Tried(seed, "", (type(error).__name__,), words, 0, 0, time.monotonic() - began)
    failed = [check for check in run.checks if not check.passed]
    return Tried(
        seed,
        run.digest,
        tuple(check.name for check in failed),
        "; ".join(f"{check.name}: {check.detail}" for check in failed),
        run.figures["acts"],
        run.figures["received"],
        time.monotonic() - began,
    )


def faults_of(scenario: Scenario, seed: int) -> list[str]:
    """The names of the faults and incidents that happen in a run, in their order."""
    found: list[str] = []
    with contextlib.suppress(Exception):  # the run may end by what is looked for
        run_scenario(scenario, seed, happened=found)
    return found


def search(
    scenario: Scenario | None,
    seeds: Iterable[int],
    *,
    processes: int | None = None,
    told: Callable[[Tried], None] = lambda _tried: None,
) -> Iterator[Tried]:
    """Try seeds, and give what each gave as it comes; the caller stops when it has enough."""
    count = processes or os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    waiting = iter(seeds)
    with concurrent.futures.ProcessPoolExecutor(count, mp_context=context) as pool:
        running: set[concurrent.futures.Future[Tried]] = set()
        try:
            while True:
                while len(running) < count * _AHEAD and (seed := next(waiting, None)) is not None:
                    running.add(pool.submit(try_seed, scenario, seed))
                if not running:
                    return
                done, running = concurrent.futures.wait(
                    running, return_when=concurrent.futures.FIRST_COMPLETED
                )
                for tried in sorted((each.result() for each in done), key=lambda one: one.seed):
                    told(tried)
                    yield tried
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
