"""Runs the real command in processes of its own: one home, one passphrase file."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from node.home.layout import Home
from node.keystore.keystore import Keystore, PassphraseCost

SATCHEL = str(Path(sys.executable).with_name("satchel"))
FAMILY_NAME = "Quillonbury"
LOOPBACK = "/ip4/127.0.0.1/tcp/0"
CHEAP = PassphraseCost(passes=1, memory_bytes=8192)
"""A keystore's file says what its passphrase costs; the whole cost is a quarter of a command."""


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Lines as programs read them: only a newline ends one."""
        return self.out.removesuffix("\n").split("\n")


class Serving:
    """A `satchel serve` that is ready."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        assert process.stdout is not None
        self.line = process.stdout.readline().strip()

    def stop(self, number: int = signal.SIGTERM) -> Ended:
        self.process.send_signal(number)
        out, err = self.process.communicate(timeout=60)
        return Ended(self.process.returncode, out, err)


class Satchel:
    """A home and how to run commands on it."""

    def __init__(self, home: Path, passphrase_file: Path) -> None:
        self.home = home
        self.passphrase_file = passphrase_file

    def environment(self) -> dict[str, str]:
        kept = {
            name: os.environ[name]
            for name in ("PATH", "HOME", "LANG", "TMPDIR")
            if name in os.environ
        }
        return {
            **kept,
            "SATCHEL_HOME": str(self.home),
            "SATCHEL_PASSPHRASE_FILE": str(self.passphrase_file),
            "PYTHONWARNINGS": "error::ResourceWarning",
        }

    def start(self, *arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [SATCHEL, *map(str, arguments)],
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str | Path, given: str = "") -> Ended:
        done = subprocess.run(
            [SATCHEL, *map(str, arguments)],
            env=self.environment(),
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return Ended(done.returncode, done.stdout, done.stderr)

    def done(self, *arguments: str | Path, given: str = "") -> Ended:
        """Run a command that must end well."""
        ended = self.run(*arguments, given=given)
        assert ended.code == 0, ended
        return ended

    def init(self, *arguments: str | Path) -> Ended:
        """Make the home, and seal its keystore again so that opening it takes next to nothing."""
        ended = self.done("init", *arguments)
        passphrase = self.passphrase_file.read_text().removesuffix("\n").encode()
        keystore = Keystore.open(Home(self.home).keystore, passphrase, os.urandom)
        keystore.change_passphrase(passphrase, CHEAP)
        return ended

    def serve(self, *arguments: str, listen: str = LOOPBACK) -> Serving:
        return Serving(self.start("serve", "--listen", listen, *arguments))

    def pair(self, other: "Satchel") -> None:
        card = other.home.with_suffix(".card")
        other.done("id", "--card", card)
        self.done("peer", "add", card)
