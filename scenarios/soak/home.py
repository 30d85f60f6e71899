"""A home for a long run, and the real command on it; the runs of this folder use it."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

SATCHEL: Final = Path(sys.executable).with_name("satchel")
_PASSPHRASE: Final = b"a passphrase for long runs\n"
_LOOK_SECONDS: Final = 0.05


class RunFailed(Exception):
    """A command of a long run ended otherwise than it must."""


@dataclass(frozen=True, slots=True)
class KillPoint:
    """When a process is killed: its database is this large, and a moment has gone by."""

    database_bytes: int
    more_seconds: float


@dataclass
class Home:
    """One home in a folder. `resident_bytes_max` is the most that any import here held."""

    folder: Path
    resident_bytes_max: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def begin(self) -> "Home":
        """Make the home."""
        self.folder.mkdir(parents=True)
        (self.folder / "passphrase").write_bytes(_PASSPHRASE)
        self.run("init", "--name", "soak", "--json")
        return self

    def run(self, *arguments: str | Path) -> Any:
        """Run a command that must end well; what its `--json` says. Raises RunFailed."""
        done = subprocess.run(
            [SATCHEL, *arguments], env=self._environment(), capture_output=True, check=False
        )
        if done.returncode:
            raise RunFailed(f"satchel {arguments[0]} ended with {done.returncode}")
        return json.loads(done.stdout)

    def import_whole(self, given: Path) -> Any:
        """Import to the end, watching what memory it takes. Raises RunFailed."""
        began = time.monotonic()
        answer = self.folder / "answer"  # a pipe holds less than what a large import says
        with answer.open("wb") as output:
            process = self.start("import", given, "--json", output=output.fileno())
        while process.poll() is None:
            self._look(process)
            time.sleep(_LOOK_SECONDS)
        self.seconds["import"] = time.monotonic() - began
        if process.returncode:
            raise RunFailed(f"satchel import ended with {process.returncode}")
        return json.loads(answer.read_bytes())

    def import_killed(self, given: Path, at: KillPoint) -> bool:
        """Import, and kill the process at that point; whether it was still at work then."""
        process = self.start("import", given, "--json", output=subprocess.DEVNULL)
        while process.poll() is None and self.database_bytes() < at.database_bytes:
            self._look(process)
            time.sleep(_LOOK_SECONDS)
        time.sleep(at.more_seconds)
        living = process.poll() is None
        process.kill()
        process.wait()
        return living

    def start(
        self, *arguments: str | Path, output: int = subprocess.PIPE
    ) -> "subprocess.Popen[bytes]":
        """Start a command, with its answer in a pipe unless another output is given."""
        return subprocess.Popen(
            [SATCHEL, *arguments],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.DEVNULL,
        )

    def exported(self, *options: str) -> list[bytes]:
        """A digest of each line that the home exports, sorted."""
        process = self.start("export", "--all", *options)
        with open_output(process) as output:
            digests = sorted(blake2b(line, digest_size=16).digest() for line in output)
        if process.wait():
            raise RunFailed(f"satchel export ended with {process.returncode}")
        return digests

    def size_bytes(self) -> int:
        """What the home takes on the disk."""
        return sum(file.stat().st_size for file in self.folder.rglob("*") if file.is_file())

    def database_bytes(self) -> int:
        """How large the database is, without what waits in its log."""
        database = self.folder / "home" / "satchel.db"
        return database.stat().st_size if database.exists() else 0

    def _look(self, process: "subprocess.Popen[bytes]") -> None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
        except OSError:
            return
        for line in status.splitlines():
            if line.startswith("VmHWM:"):
                self.resident_bytes_max = max(self.resident_bytes_max, int(line.split()[1]) * 1024)

    def _environment(self) -> dict[str, str]:
        plain = {name: value for name, value in os.environ.items() if "SATCHEL" not in name}
        return {
            **plain,
            "SATCHEL_HOME": str(self.folder / "home"),
            "SATCHEL_PASSPHRASE_FILE": str(self.folder / "passphrase"),
        }


def open_output(process: "subprocess.Popen[bytes]") -> Any:
    """The pipe that a process answers into."""
    assert process.stdout is not None
    return process.stdout
