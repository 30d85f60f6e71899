"""The chain of the story: the node's own development chain, as a process, until it is gone."""

import select
import subprocess
from pathlib import Path
from typing import Final

from scenarios.demo.cast import SATCHEL
from scenarios.demo.errors import NotReady
from scenarios.demo.processes import Processes, plain_environment

_READY_SECONDS_MAX: Final = 60


class ServedChain:
    """`satchel chain serve` on loopback; its state file is searched in the end."""

    def __init__(self, folder: Path, processes: Processes) -> None:
        """Serve nothing yet."""
        self.state = folder / "chain.db"
        self.url = ""
        self._folder = folder
        self._processes = processes
        self._serving: subprocess.Popen[bytes] | None = None

    def serve(self) -> None:
        """Begin to answer. Raises NotReady."""
        self._folder.mkdir(mode=0o700)
        with (self._folder / "transcript.txt").open("ab") as transcript:
            words = ("chain", "serve", "--state", str(self.state), "--port", "0")
            process = self._processes.start(
                [*SATCHEL, *words],
                folder=self._folder,
                environment=plain_environment(),
                stderr=transcript,
            )
        self._serving = process
        assert process.stdout is not None
        ready, _, _ = select.select([process.stdout], [], [], _READY_SECONDS_MAX)
        self.url = process.stdout.readline().decode().strip() if ready else ""
        if not self.url:
            raise NotReady("the chain", _READY_SECONDS_MAX)

    def end(self) -> None:
        """Answer nobody any more."""
        process, self._serving, self.url = self._serving, None, ""
        if process is None:
            return
        process.terminate()
        process.wait()
        self._processes.over(process)
        if process.stdout is not None:
            process.stdout.close()
