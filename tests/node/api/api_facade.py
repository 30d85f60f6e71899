"""A node that holds nothing, served on a real socket: for tests of the API and its clients."""

import contextlib
import threading
from collections.abc import Generator
from pathlib import Path
from typing import Self, cast

import trio

from node.api.facade import Facade, Progress, Result, Results
from node.api.service import Service
from node.api.serving import listen_privately, serve_api
from node.errors import ChartMissing


class EmptyNode:
    """Answers a few acts in ways that tests need; the others are not called."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, int]] = []
        self.intakes: list[EmptyIntake] = []
        self.made_pieces = 0
        self.at_work = threading.Event()
        self.may_end = threading.Event()
        self.threads_at_once_max = 0
        self._inside = 0

    def identity(self) -> Result:
        return {"name": "line\u2028end\u0085", "addresses": []}

    def charts(self) -> Results:
        self._inside += 1
        self.threads_at_once_max = max(self.threads_at_once_max, self._inside)
        threading.Event().wait(0.01)
        self._inside -= 1
        return []

    def chart_show(self, chart: str, *, linked: bool) -> Result:
        raise ChartMissing(chart)

    def chart_history(self, chart: str) -> Results:
        raise ValueError(f"Amara Quillonbury wrote in {chart}")

    def import_open(
        self, label: str, *, source: str | None, lane: str | None, chart: str | None = None
    ) -> "EmptyIntake":
        if chart == "unknown":
            raise ChartMissing(chart)
        return EmptyIntake(self, label)

    def audit_verify(self, progress: Progress) -> Result:
        progress("verify", 1, 2)
        self.at_work.set()
        self.may_end.wait(30)
        self.taken.append(("verified", 0))
        return {"ok": True}

    def export(
        self, chart: str | None, *, form: str, history: bool, progress: Progress
    ) -> Generator[bytes, None, Result]:
        if chart == "broken":
            yield b"a line\n"
            raise ValueError("Amara Quillonbury")
        for _ in range(400):
            self.made_pieces += 1
            progress("export", self.made_pieces, 400)
            yield b'{"a": "\xff"}' + b" " * 65_000 + b"\n"
        return {"charts": 400}


class EmptyIntake:
    """Counts what comes; wants to commit after each megabyte."""

    def __init__(self, node: EmptyNode, label: str) -> None:
        self._node = node
        self._label = label
        self._size_bytes = 0
        self._fed_since = 0
        node.intakes.append(self)
        self.commits = 0
        self.pieces_bytes_max = 0
        self.ended = threading.Event()
        self.abandoned = False

    @property
    def ready(self) -> bool:
        return self._fed_since >= 1_000_000

    def feed(self, piece: bytes, progress: Progress) -> None:
        if b"cannot be fed" in piece:
            raise ValueError("Amara Quillonbury")
        if self._label == "slow":
            self._node.may_end.wait(30)
        self.pieces_bytes_max = max(self.pieces_bytes_max, len(piece))
        self._size_bytes += len(piece)
        self._fed_since += len(piece)

    def commit(self, progress: Progress) -> None:
        self.commits += 1
        self._fed_since -= 1_000_000

    def finish(self, progress: Progress) -> Result:
        for done in range(1, 1001):
            progress("import", done, 1000)
        self._node.taken.append((self._label, self._size_bytes))
        return {"accepted": 1}

    def abandon(self) -> None:
        self.abandoned = True
        self.ended.set()


class ServedNode:
    """The API over an `EmptyNode`, in a thread of its own, between `with` and its end."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.node = EmptyNode()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=trio.run, args=(self._main,))

    async def _main(self) -> None:
        self._token = trio.lowlevel.current_trio_token()
        self._stop = trio.Event()

        async def dial(to: str) -> dict[str, object]:
            return {"to": to}

        service = Service(cast(Facade, self.node), dial, trio.Lock())
        listener = listen_privately(self.socket)
        async with trio.open_nursery() as nursery:
            await nursery.start(serve_api, service, listener, self._stop.wait)
            self._ready.set()
            await self._stop.wait()
            await service.wait_idle()
            nursery.cancel_scope.cancel()
        listener.close()

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End as a node does: what is being done is done first."""
        with contextlib.suppress(trio.RunFinishedError):
            self._token.run_sync_soon(self._stop.set)
        self.node.may_end.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
