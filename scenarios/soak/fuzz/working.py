"""Many inputs over all targets, by two processes; the parent sees it when one dies or hangs."""

import mmap
import multiprocessing
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as wait_for
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Final

from scenarios.soak.fuzz.target import INPUT_SIZE_BYTES_MAX, Target
from scenarios.soak.fuzz.watching import Crash, Figures, fuzz, resident_bytes_max

WORKERS: Final = 2
RESIDENT_BYTES_MAX: Final = 500 * 1024 * 1024
"""What a worker may hold at most, after hundreds of thousands of inputs."""
SILENT_SECONDS_MAX: Final = 120.0
"""A worker that tells nothing for so long hangs in code that no signal reaches."""
ROUNDS: Final = 10
"""Targets take turns, so that a run that is cut short has fed them all."""
_TOLD_EVERY_SECONDS: Final = 0.5
_NAME_SIZE_BYTES: Final = 64

Progress = Callable[[int], None]
"""Told how many inputs were fed so far."""


@dataclass(slots=True)
class FuzzRun:
    """What a run of all targets gave."""

    inputs: int
    seconds: float
    inputs_per_second: int
    resident_megabytes_max: list[float]
    """Of each worker."""
    targets: dict[str, dict[str, float]]
    crashes: list[Crash] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """Whether every target was fed, and no input did what none may do, in bounded memory."""
        bound = RESIDENT_BYTES_MAX / 2**20
        fed = all(one["inputs"] for one in self.targets.values())
        return (
            fed and not self.crashes and all(each <= bound for each in self.resident_megabytes_max)
        )

    def as_json(self) -> dict[str, object]:
        """As it is printed."""
        replays = [{"replay": crash.replay} for crash in self.crashes]
        crashes = [asdict(c) | r for c, r in zip(self.crashes, replays, strict=True)]
        return asdict(self) | {"crashes": crashes, "passed": self.passed}


def shares(targets: Mapping[str, Target], inputs: int) -> dict[str, int]:
    """How many of the inputs each target gets, by weight; every target gets some."""
    weight = sum(target.weight for target in targets.values())
    return {
        name: max(1, round(inputs * target.weight / weight)) for name, target in targets.items()
    }


class _Blackbox:
    """The input that a worker feeds now, where its parent finds it if the worker dies."""

    def __init__(self, path: Path) -> None:
        size = _NAME_SIZE_BYTES + 4 + INPUT_SIZE_BYTES_MAX
        if not path.exists():
            path.write_bytes(bytes(size))
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), size)

    def note(self, target: str, data: bytes) -> None:
        data = data[:INPUT_SIZE_BYTES_MAX]
        named = target.encode().ljust(_NAME_SIZE_BYTES) + len(data).to_bytes(4, "big") + data
        self._map[: len(named)] = named

    def read(self) -> tuple[str, bytes]:
        target = self._map[:_NAME_SIZE_BYTES].decode(errors="replace").strip(" \x00")
        at = _NAME_SIZE_BYTES + 4
        size = int.from_bytes(self._map[_NAME_SIZE_BYTES:at], "big")
        return target, self._map[at : at + size]


def work(
    plan: dict[str, int], seed: str, folder: Path, box: Path, until: float, pipe: Connection
) -> None:
    """One worker: all targets in turn, in rounds, telling its parent how far it is."""
    from scenarios.soak.fuzz.catalogue import TARGETS

    os.nice(5)
    blackbox = _Blackbox(box)
    done = 0
    told = time.monotonic()

    def note(target: str, data: bytes) -> None:
        nonlocal done, told
        blackbox.note(target, data)
        done += 1
        if time.monotonic() - told >= _TOLD_EVERY_SECONDS:
            told = time.monotonic()
            pipe.send(("fed", done))

    for turn in range(ROUNDS):
        for name, count in plan.items():
            part = count // ROUNDS + (turn < count % ROUNDS)
            if part:
                own = f"{seed}/{turn}"
                found = fuzz(TARGETS[name], part, own, folder, note=note, until=until)
                pipe.send(("figures", found, done))
    pipe.send(("end", resident_bytes_max()))


@dataclass(slots=True)
class _Worker:
    process: BaseProcess
    pipe: Connection
    box: Path
    heard: float
    fed: int = 0
    resident_bytes: int = 0
    ended: bool = False
    is_silent: bool = False
    """Its pipe is closed, and it did not say that it ended."""


def run(
    targets: Mapping[str, Target],
    *,
    inputs: int,
    seed: str,
    folder: Path,
    seconds_max: float = 1e9,
    progress: Progress = lambda fed: None,
) -> FuzzRun:
    """Feed so many inputs by two processes, or as many as fit the time."""
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    plan = {name: max(1, count // WORKERS) for name, count in shares(targets, inputs).items()}
    context = multiprocessing.get_context("spawn")
    workers = []
    for number in range(WORKERS):
        ours, theirs = context.Pipe(duplex=False)
        box = folder / f".worker-{number}"
        order = dict(reversed(plan.items()) if number % 2 else plan.items())
        arguments = (order, f"{seed}/{number}", folder, box, began + seconds_max, theirs)
        process = context.Process(target=work, args=arguments, daemon=True)
        process.start()
        theirs.close()
        workers.append(_Worker(process, ours, box, time.monotonic()))
    figures: list[Figures] = []
    crashes: list[Crash] = []
    while any(not worker.ended for worker in workers):
        _listen(workers, figures)
        progress(sum(worker.fed for worker in workers))
        crashes += [_lost(worker, folder) for worker in workers if _is_lost(worker)]
    return _summed(figures, crashes, workers, time.monotonic() - began)


def _listen(workers: list[_Worker], figures: list[Figures]) -> None:
    pipes = {worker.pipe: worker for worker in workers if not worker.ended}
    for ready in wait_for(list(pipes), timeout=1):
        assert isinstance(ready, Connection)
        worker = pipes[ready]
        try:
            told: Any = ready.recv()
        except EOFError:
            worker.process.join(SILENT_SECONDS_MAX)
            worker.is_silent = True
            continue
        worker.heard = time.monotonic()
        match told:
            case ("fed", int(fed)):
                worker.fed = fed
            case ("figures", Figures() as found, int(fed)):
                figures.append(found)
                worker.fed = fed
            case ("end", int(size)):
                worker.resident_bytes = size
                worker.ended = True
                worker.process.join()


def _is_lost(worker: _Worker) -> bool:
    if worker.ended:
        return False
    return worker.is_silent or time.monotonic() - worker.heard > SILENT_SECONDS_MAX


def _lost(worker: _Worker, folder: Path) -> Crash:
    """The input at which a worker died or hung; what it would have fed after that is not fed."""
    hung = worker.process.is_alive()
    worker.process.kill()
    worker.process.join()
    worker.ended = True
    target, data = _Blackbox(worker.box).read()
    path = folder / f"{target or 'unknown'}-lost"
    path.write_bytes(data)
    what = "hung" if hung else f"died with {worker.process.exitcode}"
    return Crash(target, str(path), f"the process {what}")


def _summed(
    figures: list[Figures], crashes: list[Crash], workers: list[_Worker], seconds: float
) -> FuzzRun:
    targets: dict[str, dict[str, float]] = {}
    for one in figures:
        sums = targets.setdefault(one.target, {"inputs": 0, "seconds": 0, "slowest_seconds": 0})
        sums["inputs"] += one.inputs
        sums["seconds"] = round(sums["seconds"] + one.seconds, 2)
        sums["slowest_seconds"] = round(max(sums["slowest_seconds"], one.slowest_seconds), 3)
        crashes += one.crashes
    for worker in workers:
        worker.box.unlink(missing_ok=True)
    inputs = sum(one.inputs for one in figures)
    return FuzzRun(
        inputs=inputs,
        seconds=round(seconds, 1),
        inputs_per_second=round(inputs / max(seconds, 0.001)),
        resident_megabytes_max=[round(worker.resident_bytes / 2**20, 1) for worker in workers],
        targets=dict(sorted(targets.items())),
        crashes=crashes,
    )
