"""What a run measures, at which size; `python -m scenarios.bench` runs it, a process each.

A process of its own for each, so that its peak of memory is nobody else's.
"""

import multiprocessing
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Any

from scenarios.bench import disk, imports, level, proofs, simulation, sync_figures, writes

Found = dict[str, Any]
"""`figures`, and details by name."""


class Size(StrEnum):
    """How much is measured."""

    TINY = "tiny"
    """Says nothing of speed: whether it runs at all."""
    QUICK = "quick"
    USUAL = "usual"
    LARGE = "large"


@dataclass(frozen=True)
class Bench:
    """One measurement: its name, and what to call."""

    name: str
    measure: Callable[[], Mapping[str, object]]


def benches(size: Size, kept: Path) -> list[Bench]:
    """What is measured at a size. What takes long to make is kept in a folder for the next run."""
    sync = partial(sync_figures.measure_sync, kept=kept)
    match size:
        case Size.TINY:
            return [
                Bench("import", partial(imports.measure, 2, 5, runs=1)),
                Bench("first-sync", partial(sync, 40, runs=1)),
                Bench("write", partial(writes.measure, 4, (3, 5), charts=2)),
                Bench("search", partial(sync_figures.measure_search, 60, 20)),
                Bench("disk", partial(disk.measure, 2, 5, singly=40)),
                Bench("proofs", partial(proofs.measure, 20, 100, runs=1)),
                Bench("level", partial(level.measure, 20, runs=1)),
                Bench("simulation", partial(simulation.measure, patients=1)),
            ]
        case Size.QUICK:
            return [
                Bench("import", partial(imports.measure, 100, 50, runs=1)),
                Bench("first-sync", partial(sync, 5_000, runs=1)),
                Bench("write", partial(writes.measure, 200, (10, 200), charts=100)),
                Bench("search", partial(sync_figures.measure_search, 10_000, 40)),
                Bench("disk", partial(disk.measure, 50, 50, singly=100)),
                Bench("proofs", partial(proofs.measure, 1000, 5_000)),
                Bench("level", partial(level.measure, 500, runs=3)),
                Bench("simulation", partial(simulation.measure, patients=20)),
            ]
        case Size.USUAL:
            return [
                Bench("import", partial(imports.measure, 300, 100)),
                Bench("first-sync", partial(sync, 20_000)),
                Bench("write", writes.measure),
                Bench("search", sync_figures.measure_search),
                Bench("disk", disk.measure),
                Bench("proofs", proofs.measure),
                Bench("level", level.measure),
                Bench("simulation", partial(simulation.measure, patients=100)),
            ]
        case Size.LARGE:
            return [
                Bench("import", partial(imports.measure, 1000, 100)),
                Bench("first-sync", partial(sync, 20_000)),
                Bench("first-sync-large", partial(sync, 200_000, runs=1)),
                Bench("write", writes.measure),
                Bench("search", sync_figures.measure_search),
                Bench("disk", partial(disk.measure, 1000, 100)),
                Bench("proofs", proofs.measure),
                Bench("level", level.measure),
                Bench("simulation", partial(simulation.measure, simulation.WIDE)),
            ]


def measured(bench: Bench) -> Found:
    """What a measurement found, in a process of its own."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, context) as pool:
        return dict(pool.submit(bench.measure).result())
