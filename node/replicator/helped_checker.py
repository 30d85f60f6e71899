"""Has signatures checked by a helper process, beside this one's own work; the node makes one.

A third of what a first sync costs its receiver are signature checks, and threads gain nothing
(DESIGN section 9). Whatever happens to the helper, batches are checked: here, if need be.
"""

import os
import select
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

from node.limits import (
    helper_answer_seconds_max,
    helper_batch_signatures_min,
    helper_failures_max,
)
from node.replicator import check_signatures
from node.replicator.check_signatures import ALL_MATCH, NUMBER_SIZE_BYTES
from sync.identifiers import domain_bytes
from sync.operation import DOMAIN, Operation
from sync.session.checking import Checked, Checking, first_bad

_DOMAIN: Final = domain_bytes(DOMAIN)
_MESSAGE_SIZE_BYTES: Final = len(_DOMAIN) + 36


class HelperFailed(Exception):
    """the helper did not answer"""


class HelpedChecker:
    """A `Checker` with a helper that is started for the first large batch. Close it at the end."""

    def __init__(self, processors: int | None = None) -> None:
        """Begin without a helper; on a single processor there will be none."""
        self._processors = _processors() if processors is None else processors
        self._turn = threading.RLock()
        self._helper: subprocess.Popen[bytes] | None = None
        self._outstanding: _Asked | None = None
        self._failures = 0

    def begin(self, operations: Sequence[Operation]) -> Checking:
        """See `sync.session.checking.Checker`."""
        with self._turn:
            if (
                len(operations) < helper_batch_signatures_min
                or self._processors < 2
                or self._failures > helper_failures_max
            ):
                return Checked(first_bad(operations))
            if self._outstanding is not None:
                self._outstanding.first_bad()  # one at a time: its answer is kept for its owner
            asked = _Asked(self, operations)
            try:
                self._ask(operations)
            except (OSError, HelperFailed):
                self._give_up()
                return Checked(first_bad(operations))
            self._outstanding = asked
            return asked

    def answer(self, asked: "_Asked", operations: Sequence[Operation]) -> int | None:
        """Wait for the answer to what is outstanding; without one, check here."""
        with self._turn:
            if self._outstanding is asked:
                self._outstanding = None
                try:
                    return self._read_answer(len(operations))
                except (OSError, HelperFailed):
                    self._give_up()
            return first_bad(operations)

    @property
    def turn(self) -> threading.RLock:
        """Held while the helper is spoken to."""
        return self._turn

    def close(self) -> None:
        """End the helper."""
        with self._turn:
            self._end()

    def _ask(self, operations: Sequence[Operation]) -> None:
        helper = self._running()
        assert helper.stdin is not None
        parts = [
            len(operations).to_bytes(NUMBER_SIZE_BYTES, "big"),
            _MESSAGE_SIZE_BYTES.to_bytes(NUMBER_SIZE_BYTES, "big"),
        ]
        for one in operations:
            parts += (one.prefix.device, one.signature, _DOMAIN, one.id)
        rest = memoryview(b"".join(parts))
        descriptor = helper.stdin.fileno()
        while rest:
            if not select.select([], [descriptor], [], helper_answer_seconds_max)[1]:
                raise HelperFailed
            rest = rest[os.write(descriptor, rest[: select.PIPE_BUF]) :]

    def _read_answer(self, count: int) -> int | None:
        helper = self._helper
        if helper is None or helper.stdout is None:
            raise HelperFailed
        descriptor = helper.stdout.fileno()
        if not select.select([descriptor], [], [], helper_answer_seconds_max)[0]:
            raise HelperFailed
        answer = os.read(descriptor, NUMBER_SIZE_BYTES)
        place = int.from_bytes(answer, "big")
        if len(answer) != NUMBER_SIZE_BYTES or (place >= count and place != ALL_MATCH):
            raise HelperFailed
        return None if place == ALL_MATCH else place

    def _running(self) -> subprocess.Popen[bytes]:
        if self._helper is not None and self._helper.poll() is not None:
            self._end()  # it was idle, and went
        if self._helper is None:
            self._helper = subprocess.Popen(  # noqa: S603 (our own program, no shell)
                [sys.executable, "-I", "-m", check_signatures.__name__],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={},
                cwd="/",
                start_new_session=True,
            )
        return self._helper

    def _give_up(self) -> None:
        self._failures += 1
        self._end()

    def _end(self) -> None:
        helper, self._helper = self._helper, None
        self._outstanding = None
        if helper is None:
            return
        helper.kill()
        helper.wait()
        for pipe in (helper.stdin, helper.stdout):
            if pipe is not None:
                pipe.close()


class _Asked:
    """A batch that the helper has been asked about."""

    __slots__ = ("_checker", "_done", "_first_bad", "_operations")

    def __init__(self, checker: HelpedChecker, operations: Sequence[Operation]) -> None:
        self._checker = checker
        self._operations: Sequence[Operation] = operations
        self._done = False
        self._first_bad: int | None = None

    def first_bad(self) -> int | None:
        """See `sync.session.checking.Checking`."""
        with self._checker.turn:
            if not self._done:
                self._first_bad = self._checker.answer(self, self._operations)
                self._done, self._operations = True, ()
        return self._first_bad


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
