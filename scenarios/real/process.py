"""One `satchel serve` of a home: started, asked over its socket, killed; never anybody else's."""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import IO, Final

from node.client import Client
from node.home.layout import Home
from node.home.lock import read_holder
from scenarios.real.errors import NotServing

_SERVING: Final = (sys.executable, "-P", "-c", "from scenarios.real.serving import main; main()")
_TERM_SECONDS_MAX: Final = 20.0
_READY_SECONDS_MAX: Final = 60.0


class ServedNode:
    """A node in a process of its own."""

    def __init__(
        self,
        name: str,
        home: Path,
        passphrase_file: Path,
        log: Path,
        files: tuple[Path, Path, Path],
    ) -> None:
        """Start it, and wait until it listens. Raises NotServing."""
        self.name = name
        kept = {key: value for key, value in os.environ.items() if not key.startswith("SATCHEL_")}
        environment = {
            **kept,
            "SATCHEL_HOME": str(home),
            "SATCHEL_PASSPHRASE_FILE": str(passphrase_file),
        }
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [*_SERVING, *map(str, files)],
                env=environment,
                stdin=subprocess.PIPE,  # it ends when this does, which it does with this process
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        assert self._process.stdout is not None
        ready = _first_line(self._process.stdout)
        if ready is None:
            self.kill()
            raise NotServing(name)
        self.addresses: list[str] = ready["addresses"]
        socket = read_holder(Home(home)).socket
        if socket is None:
            self.kill()
            raise NotServing(name)
        self.client = Client(socket)

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def port(self) -> int:
        """Where it listens on loopback."""
        return int(self.addresses[0].split("/tcp/")[1].split("/")[0])

    def kill(self) -> None:
        """End it as power does."""
        self._process.kill()
        self._over()

    def stop(self) -> None:
        """End it in order; by force when it does not hear."""
        self._process.terminate()
        try:
            self._process.wait(_TERM_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
        self._over()

    def _over(self) -> None:
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            if end is not None:
                end.close()


def _first_line(stream: IO[bytes]) -> dict[str, list[str]] | None:
    """What `serve --json` prints when it is ready, or None where it does not come."""
    found: list[bytes] = []
    reader = threading.Thread(target=lambda: found.append(stream.readline()), daemon=True)
    reader.start()
    reader.join(_READY_SECONDS_MAX)
    try:
        told = json.loads(found[0]) if found else None
    except ValueError:
        return None
    return told if isinstance(told, dict) else None
