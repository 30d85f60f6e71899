"""Coverage-guided fuzzing by atheris, where it is installed (`pip install '.[fuzz]'`).

Our own changes know the structure of inputs; atheris knows which of them reach new code. It begins
with our seeds, and goes on until it is stopped or has made `-runs=N`.
"""

import gc
import importlib
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import FunctionType
from typing import Final

from scenarios.soak.fuzz.target import INPUT_SIZE_BYTES_MAX, Target

_WATCHED: Final = ("sync.", "node.")


class NotInstalled(Exception):
    """atheris is not installed: pip install '.[fuzz]'"""


def _ours() -> list[FunctionType]:
    """The functions of sync and node that are loaded: instrumenting all others takes minutes."""
    return [
        found
        for found in gc.get_objects()
        if isinstance(found, FunctionType) and (found.__module__ or "").startswith(_WATCHED)
    ]


def guide(target: Target, arguments: Sequence[str]) -> None:
    """Run atheris on a target; it ends the process. Raises NotInstalled."""
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        raise NotInstalled(NotInstalled.__doc__) from None
    fed = 0

    def fuzz_one(data: bytes) -> None:
        nonlocal fed
        target.fuzz_one(data)
        fed += 1
        if target.finish is not None and target.finish_every and not fed % target.finish_every:
            target.finish()

    with tempfile.TemporaryDirectory(prefix="satchel-fuzz-") as corpus:
        for number, seed in enumerate(target.seeds()):
            (Path(corpus) / str(number)).write_bytes(seed)
        for function in _ours():
            atheris.instrument_func(function)  # in place
        given = [sys.argv[0], f"-max_len={INPUT_SIZE_BYTES_MAX}", *arguments, corpus]
        atheris.Setup(given, fuzz_one)
        atheris.Fuzz()
