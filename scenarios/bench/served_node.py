"""A `satchel serve` process that is measured from outside, by what the system tells of it."""

import os
import select
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from node.home.layout import Home
from node.home.lock import read_holder

_SATCHEL: Final = ("-P", "-c", "from node.command.main import main; main()")
_READY_SECONDS_MAX: Final = 120
_LOOK_EVERY_SECONDS: Final = 0.1
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_MEBIBYTE: Final = 1024.0


class ServedNode:
    """A node that serves on loopback, between `with` and its end."""

    def __init__(self, home: Home, passphrase: Path) -> None:
        """Name the home; nothing runs yet."""
        self._home = home
        self._passphrase = passphrase
        self._process: subprocess.Popen[bytes] | None = None
        self.address = ""
        """Its multiaddr."""

    def __enter__(self) -> Self:
        """Start it and wait until it answers."""
        words = ("--home", str(self._home.path), "--passphrase-file", str(self._passphrase))
        self._process = subprocess.Popen(
            [sys.executable, *_SATCHEL, *words, "serve", "--listen", "/ip4/127.0.0.1/tcp/0"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], _READY_SECONDS_MAX)
        self.address = self._process.stdout.readline().decode().strip() if ready else ""
        if not self.address:
            self._end()
            raise RuntimeError(f"the {self._home.path.name} did not start")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    @property
    def socket(self) -> Path:
        """Where it is asked."""
        found = read_holder(self._home).socket
        assert found is not None, "it said that it was ready"
        return found

    @property
    def pid(self) -> int:
        """The process."""
        assert self._process is not None
        return self._process.pid

    def _end(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(_READY_SECONDS_MAX)
        if self._process.stdout is not None:
            self._process.stdout.close()


class Watch:
    """Memory and processor time of a process and its helpers, between `with` and its end."""

    def __init__(self, pid: int) -> None:
        """Name the process."""
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._before: dict[int, float] = {}
        self._latest: dict[int, float] = {}
        self.memory_mebibytes_max = 0.0
        """The most that it and its helpers had in memory together."""
        self.own_memory_mebibytes_max = 0.0
        """The most that it had in memory itself."""

    @property
    def cpu_seconds(self) -> float:
        """Processor time of it and its helpers."""
        return sum(now - self._before.get(pid, 0.0) for pid, now in self._latest.items())

    @property
    def own_cpu_seconds(self) -> float:
        """Processor time of it without its helpers."""
        return self._latest[self._pid] - self._before[self._pid]

    def __enter__(self) -> Self:
        """Begin to look."""
        Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # the peak counts from now on
        self._before = {pid: _cpu_seconds(pid) for pid in _family(self._pid)}
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()
        self._note()

    def _look(self) -> None:
        while not self._stop.wait(_LOOK_EVERY_SECONDS):
            self._note()

    def _note(self) -> None:
        together = 0.0
        for pid in _family(self._pid):
            try:
                self._latest[pid] = _cpu_seconds(pid)
                if pid == self._pid:
                    own = self.own_memory_mebibytes_max = _mebibytes(pid, "VmHWM")
                    together += _mebibytes(pid, "VmRSS")
                else:
                    together += _mebibytes(pid, "VmRSS")
            except (OSError, KeyError):
                continue  # a helper that has just ended
            self.memory_mebibytes_max = max(self.memory_mebibytes_max, together, own)


def _family(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        for task in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND


def _mebibytes(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) / _MEBIBYTE
    raise KeyError(name)
