"""Runs one target over many inputs, and watches what each costs; workers and tests call it."""

import hashlib
import resource
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Final

from scenarios.soak.fuzz.mutation import Mutator
from scenarios.soak.fuzz.target import Target

INPUT_SECONDS_MAX: Final = 2.0
"""The processor time that one input may take."""
INPUT_RESIDENT_BYTES_MAX: Final = 200 * 1024 * 1024
"""How much one input may raise the most memory that the process ever held."""
CRASHES_SAVED_MAX: Final = 20
"""Of one target; a crash that every input meets would fill the disk."""


class TookTooLong(BaseException):
    """One input took more than its time; no `except Exception` may take this for its own."""


@dataclass(frozen=True, slots=True)
class Crash:
    """An input that did what none may do, and the file that it is in."""

    target: str
    saved: str
    what: str

    @property
    def replay(self) -> str:
        """The one command that does it again."""
        return f"python -m scenarios.soak replay {self.target} {self.saved}"


@dataclass(slots=True)
class Figures:
    """What a run of one target gave."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    slowest_seconds: float = 0.0
    crashes: list[Crash] = field(default_factory=list)


Note = Callable[[str, bytes], None]
"""Told of each input before it is fed, so that it can be saved if the process dies of it."""


def _unnoted(_target: str, _data: bytes) -> None:
    """Nobody needs to know."""


def resident_bytes_max() -> int:
    """The most memory that this process ever held.

    Where the kernel tells it by process: `ru_maxrss` counts who started this one too.
    """
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        status = ""
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@contextmanager
def _clocked() -> Iterator[None]:
    """Raise TookTooLong inside once processor time is over."""

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise TookTooLong(f"it took more than {INPUT_SECONDS_MAX} s of processor time")

    before = signal.signal(signal.SIGPROF, ring)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def fuzz(
    target: Target,
    inputs: int,
    seed: str,
    folder: Path,
    *,
    note: Note = _unnoted,
    until: float | None = None,
) -> Figures:
    """Feed a target its seeds and then changed ones; crashes are saved in a folder.

    It ends early at `until`, by the monotonic clock. It must be called in the main thread.
    """
    figures = Figures(target.name)
    seeds = target.seeds()
    mutator = Mutator(Random(f"{seed}/{target.name}"), seeds, target.form, target.head)
    began = time.monotonic()
    with _clocked():
        for number in range(inputs):
            if until is not None and time.monotonic() >= until:
                break
            data = seeds[number] if number < len(seeds) else mutator.next()
            note(target.name, data)
            _feed(target, data, figures, folder)
            if target.finish_every and number % target.finish_every == target.finish_every - 1:
                _finish(target, data, figures, folder)
        if target.finish is not None:
            _finish(target, b"", figures, folder)
    figures.seconds = time.monotonic() - began
    return figures


def _feed(target: Target, data: bytes, figures: Figures, folder: Path) -> None:
    before, began = resident_bytes_max(), time.process_time()
    signal.setitimer(signal.ITIMER_PROF, INPUT_SECONDS_MAX)
    try:
        target.fuzz_one(data)
    except (Exception, TookTooLong) as error:  # noqa: BLE001 - whatever it is, it is a find
        signal.setitimer(signal.ITIMER_PROF, 0)
        _save(figures, data, error, folder)
    else:
        signal.setitimer(signal.ITIMER_PROF, 0)
    grown = resident_bytes_max() - before
    if grown > INPUT_RESIDENT_BYTES_MAX and figures.inputs:
        _save(figures, data, MemoryError(f"it took {grown >> 20} MB more"), folder)
    figures.inputs += 1
    figures.slowest_seconds = max(figures.slowest_seconds, time.process_time() - began)


def _finish(target: Target, data: bytes, figures: Figures, folder: Path) -> None:
    assert target.finish is not None
    try:
        target.finish()
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a find
        _save(figures, getattr(error, "data", data), error, folder)


def _save(figures: Figures, data: bytes, error: BaseException, folder: Path) -> None:
    what = "".join(traceback.format_exception(error))
    name = f"{figures.target}-{hashlib.sha256(data).hexdigest()[:12]}"
    path = folder / name
    if len(figures.crashes) < CRASHES_SAVED_MAX:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        path.with_suffix(".txt").write_text(what, errors="backslashreplace")
    figures.crashes.append(Crash(figures.target, str(path), _last_line(error)))


def _last_line(error: BaseException) -> str:
    """The error's class, its text, and the last place: enough to tell finds apart."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}: {str(error)[:120]}{place}"
