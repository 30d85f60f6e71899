"""The processes that the demo started, and nothing else: ended one by one, however it ends."""

import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from scenarios.demo.errors import StoryEnded

_TERM_SECONDS_MAX: Final = 10.0


class Processes:
    """Starts processes and knows which of them live. Used by the acts' threads at once."""

    def __init__(self) -> None:
        """Begin with none."""
        self._lock = threading.Lock()
        self._living: set[subprocess.Popen[bytes]] = set()
        self._ended = False

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        stderr: IO[bytes] | int,
    ) -> subprocess.Popen[bytes]:
        """Start one in a session of its own: a Ctrl-C reaches the demo, which ends the others.

        Raises StoryEnded once `end` was called.
        """
        with self._lock:
            if self._ended:
                raise StoryEnded
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
            self._living.add(process)
            return process

    def over(self, process: subprocess.Popen[bytes]) -> None:
        """One has ended and was waited for."""
        with self._lock:
            self._living.discard(process)

    def end(self) -> None:
        """End all that live and start no more: SIGTERM, and SIGKILL for who does not hear."""
        with self._lock:
            self._ended = True
            living = list(self._living)
        for process in living:
            process.terminate()
        for process in living:
            try:
                process.wait(_TERM_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self.over(process)


def plain_environment() -> dict[str, str]:
    """This process's environment without what would point a node at somebody's own home."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SATCHEL_")}
