"""Refuses the system's clock and randomness while a run lasts: what reads them cannot be repeated.

Only the thread that simulates is watched, and only what it runs; a progress bar in a thread of its
own, and the log, may tell the time. What libraries in C draw by themselves no patch can see: the
digest of two runs does.
"""

import contextlib
import os
import random
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, tzinfo
from types import ModuleType
from typing import Any, Final

import nacl.bindings
import nacl.utils

from scenarios.engine.errors import SystemRead

_WATCHED: Final[tuple[tuple[ModuleType, tuple[str, ...]], ...]] = (
    (time, ("time", "time_ns", "monotonic", "monotonic_ns", "sleep", "localtime", "gmtime")),
    (os, ("urandom", "getrandom")),
    (uuid, ("uuid1", "uuid4")),
    (secrets, ("token_bytes", "token_hex", "token_urlsafe", "randbits", "randbelow", "choice")),
    (random, ("random", "randbytes", "randint", "randrange", "choice", "shuffle", "getrandbits")),
    (nacl.utils, ("random",)),
    (nacl.bindings, ("randombytes",)),
)
_MAY_ASK: Final = (
    *("logging", "rich.", "threading", "tempfile", "pytest", "_pytest", "xdist"),
    "sqlite_utils.",
)
"""Modules that tell the time to people, or name a folder or a savepoint; no run rests on them."""
_WATCHED_ITSELF: Final = ("secrets", "uuid", "random", "nacl.utils")
_OURS: Final = ("node.", "sync.", "contracts.", "scenarios.")


class _ClockType(type):
    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, datetime)


class _NoClock(datetime, metaclass=_ClockType):
    """A datetime that does not know what time it is."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Any:
        raise _refused("datetime.now", sys._getframe(1).f_globals.get("__name__", "?"))

    @classmethod
    def today(cls) -> Any:
        raise _refused("datetime.today", sys._getframe(1).f_globals.get("__name__", "?"))

    @classmethod
    def utcnow(cls) -> Any:
        raise _refused("datetime.utcnow", sys._getframe(1).f_globals.get("__name__", "?"))


_reads: list[SystemRead] = []


def _refused(what: str, module: str) -> SystemRead:
    error = SystemRead(what, module)
    _reads.append(error)
    return error


@contextlib.contextmanager
def nothing_of_the_system() -> Iterator[None]:
    """Within, reading the system's clock or randomness raises SystemRead, and again at the end.

    At the end too, because whoever read it may have swallowed the error.
    """
    thread = threading.get_ident()
    _reads.clear()
    with contextlib.ExitStack() as stack:
        for module, names in _WATCHED:
            for name in names:
                if hasattr(module, name):
                    watched = _watching(f"{module.__name__}.{name}", getattr(module, name), thread)
                    _put(stack, module, name, watched)
        for module in list(sys.modules.values()):
            name = getattr(module, "__name__", "")
            if name.startswith(_OURS) and name != __name__:
                for attribute, value in list(vars(module).items()):
                    if value is datetime:
                        _put(stack, module, attribute, _NoClock)
        yield
    if _reads:
        raise _reads[0]


def _watching(what: str, real: Callable[..., Any], thread: int) -> Callable[..., Any]:
    def watched(*arguments: Any, **options: Any) -> Any:
        if threading.get_ident() == thread:
            caller = sys._getframe(1).f_globals.get("__name__", "?")
            asks_now = what not in ("time.localtime", "time.gmtime") or not arguments
            if asks_now and caller not in _WATCHED_ITSELF and not caller.startswith(_MAY_ASK):
                raise _refused(what, caller)
        return real(*arguments, **options)

    return watched


def _put(stack: contextlib.ExitStack, module: object, name: str, value: object) -> None:
    before = getattr(module, name)
    setattr(module, name, value)
    stack.callback(setattr, module, name, before)
