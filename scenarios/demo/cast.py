"""Who plays: nodes with a folder and a home each, asked only through the `satchel` command."""

import json
import os
import secrets
import select
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from node.home.layout import Home
from node.keystore.keystore import Keystore, PassphraseCost
from node.randomness import system_randomness
from scenarios.demo.errors import CommandFailed, NotReady
from scenarios.demo.processes import Processes, plain_environment

SATCHEL: Final = (sys.executable, "-P", "-c", "from node.command.main import main; main()")
"""What the installed `satchel` does, by the interpreter that runs the demo."""
_PASSPHRASE_COST: Final = PassphraseCost(passes=1, memory_bytes=8192)
_COMMAND_SECONDS_MAX: Final = 120
_READY_SECONDS_MAX: Final = 60
_LOOPBACK: Final = "/ip4/127.0.0.1/tcp/0"


class Actor:
    """One node. Everything it was asked, and what it answered, is in its transcript."""

    def __init__(
        self, name: str, kind: str, stage: Path, processes: Processes, moved: Callable[[], None]
    ) -> None:
        """Give it a folder on the stage and a passphrase; `moved` hears of each command done."""
        self.name = name
        self.kind = kind
        self.folder = stage / name
        self.home = Home(self.folder / "home")
        self.card = self.folder / f"{name}.card"
        self.passphrase = self.folder / "passphrase"
        self.transcript = self.folder / "transcript.txt"
        self._processes = processes
        self._moved = moved
        self._telling = threading.Lock()
        self._serving: subprocess.Popen[bytes] | None = None
        self.address = ""
        """Its full multiaddr while it serves."""
        self.folder.mkdir(mode=0o700)
        write_private(self.passphrase, secrets.token_urlsafe(24).encode() + b"\n")
        write_private(self.transcript, b"")

    def run(self, *words: str) -> bytes:
        """Run a command to its end and give what it printed. Raises CommandFailed."""
        process = self._start(words, subprocess.PIPE)
        try:
            out, err = process.communicate(timeout=_COMMAND_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
        self._processes.over(process)
        self._tell(words, out, err)
        if process.returncode != 0:
            raise CommandFailed(self.name, words[0], process.returncode, last_line(err))
        self._moved()
        return out

    def make_home(self, *options: str) -> None:
        """Run `init`, and seal the keystore again so that each of the many commands opens it soon.

        The passphrase is 192 random bits: stretching it costs a quarter of a command for nothing.
        """
        self.run("init", "--name", self.name, *options)
        secret = self.passphrase.read_bytes().rstrip(b"\n")
        keystore = Keystore.open(self.home.keystore, secret, system_randomness)
        keystore.change_passphrase(secret, _PASSPHRASE_COST)

    def ends_with(self, *words: str) -> int:
        """Run a command that may fail; with which code it ended."""
        try:
            self.run(*words)
        except CommandFailed as failed:
            self._moved()
            return failed.code
        return 0

    def ask(self, *words: str) -> Any:
        """Run a command with `--json` and give its result."""
        return json.loads(self.run(*words, "--json"))

    def export(self, to: Path, *options: str) -> Path:
        """Write all that it can read to a file."""
        self.run("export", "--all", *options, "-o", str(to))
        return to

    def serve(self) -> None:
        """Answer peers on loopback, and commands here, until `stop`. Raises NotReady."""
        words = ("serve", "--listen", _LOOPBACK)
        with self.transcript.open("ab") as transcript:
            self._serving = self._start(words, transcript)
        self.address = self._ready(self._serving)
        self._tell(words, self.address.encode() + b"\n", b"")
        self._moved()

    def stop(self) -> None:
        """Stop answering. Raises CommandFailed when the node does not end cleanly."""
        process, self._serving, self.address = self._serving, None, ""
        if process is None:
            return
        process.terminate()
        process.wait(_COMMAND_SECONDS_MAX)
        self._processes.over(process)
        if process.stdout is not None:
            process.stdout.close()
        if process.returncode != 0:
            raise CommandFailed(self.name, "serve", process.returncode, "it did not stop cleanly")

    def _ready(self, process: subprocess.Popen[bytes]) -> str:
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], _READY_SECONDS_MAX)
        line = process.stdout.readline().decode().strip() if ready else ""
        if line:
            return line
        if ready:  # it closed its output: it has ended, and said why in the transcript
            process.wait(_COMMAND_SECONDS_MAX)
            said = last_line(self.transcript.read_bytes())
            raise CommandFailed(self.name, "serve", process.returncode, said)
        raise NotReady(self.name, _READY_SECONDS_MAX)

    def _start(self, words: tuple[str, ...], stderr: IO[bytes] | int) -> subprocess.Popen[bytes]:
        options = ("--home", str(self.home.path), "--passphrase-file", str(self.passphrase))
        return self._processes.start(
            [*SATCHEL, *options, *words],
            folder=self.folder,
            environment=plain_environment(),
            stderr=stderr,
        )

    def _tell(self, words: tuple[str, ...], out: bytes, err: bytes) -> None:
        asked = f"{time.strftime('%H:%M:%S')} $ satchel {' '.join(words)}\n".encode()
        with self._telling, self.transcript.open("ab") as transcript:
            transcript.write(asked + out + err)


@dataclass(frozen=True)
class Cast:
    """Two clinics, and a truck that drives between them; a tablet, and a council of two."""

    riverside: Actor
    hilltop: Actor
    truck: Actor
    tablet: Actor
    """Riverside's; it calls others, and is never called."""
    ministry: Actor
    agency: Actor

    def everybody(self) -> tuple[Actor, Actor, Actor]:
        """The clinics and the truck: who can be reached."""
        return self.riverside, self.hilltop, self.truck

    def council(self) -> tuple[Actor, Actor]:
        """Who founds the registry, votes, and vouches for blocks."""
        return self.ministry, self.agency

    @classmethod
    def gathered(cls, stage: Path, processes: Processes, moved: Callable[[], None]) -> "Cast":
        """Everybody with a folder, and no home yet."""
        return cls(
            Actor("riverside", "clinic", stage, processes, moved),
            Actor("hilltop", "clinic", stage, processes, moved),
            Actor("truck", "relay", stage, processes, moved),
            Actor("tablet", "clinic", stage, processes, moved),
            Actor("ministry", "clinic", stage, processes, moved),
            Actor("agency", "clinic", stage, processes, moved),
        )


def write_private(path: Path, content: bytes) -> None:
    """Write a new file that its owner alone can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)


def last_line(messages: bytes) -> str:
    """The error that a command ended with; its hint comes after it."""
    lines = messages.decode(errors="replace").splitlines()
    told = [line for line in lines if line.startswith("satchel: error: ")]
    return (told or lines or ["it said nothing"])[-1].removeprefix("satchel: error: ")
