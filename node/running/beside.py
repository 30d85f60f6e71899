"""A node in a thread beside a command, socket included; started by node/running/reach.py."""

import contextlib
import threading
from pathlib import Path

import trio

from node.application.starting import open_node
from node.home.guard import explained
from node.home.layout import Home
from node.home.lock import HomeLock
from node.running.program import Program


class BesideNode:
    """A node that runs in a thread beside the command. `end` it."""

    def __init__(self, home: Home, passphrase: bytes, lock: HomeLock) -> None:
        """Open the node of a home that is locked, and return when it can be asked.

        It takes over the lock: whatever happens, it lets go of it at the end. Raises what opening
        raises.
        """
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._token: trio.lowlevel.TrioToken | None = None
        self._stop: trio.Event | None = None
        self.socket = Path()
        with contextlib.ExitStack() as stack:
            stack.callback(lock.close)
            with explained(home):
                node = open_node(home, passphrase)
            stack.callback(node.close)
            program = Program(node, home, lock)
            self._thread = threading.Thread(target=self._run, args=(program,), name="node")
            self._thread.start()
            stack.callback(self._stop_and_join)
            self._ready.wait()
            self._raise_failure()
            self._held = stack.pop_all()

    def end(self) -> None:
        """Stop it, when what others asked of it is done too, and let go of the home."""
        self._held.close()
        self._raise_failure()

    def _stop_and_join(self) -> None:
        self._ready.wait()
        if self._token is not None and self._stop is not None:
            with contextlib.suppress(trio.RunFinishedError):
                self._token.run_sync_soon(self._stop.set)
        self._thread.join()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _run(self, program: Program) -> None:
        try:
            trio.run(self._main, program)
        except BaseException as error:  # noqa: BLE001 -- raised again in the command's own thread
            self._failure = error
        finally:
            self._ready.set()

    async def _main(self, program: Program) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._stop = trio.Event()
        await program.run(self._stop, self._became_ready)

    def _became_ready(self, path: Path, _addresses: list[str]) -> None:
        self.socket = path
        self._ready.set()
