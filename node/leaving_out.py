"""Imports a library without an optional part that no node uses: the store's and the client's.

Every command starts a process, and waits for what that process loads.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def leaving_out(*names: str) -> Iterator[None]:
    """Let modules be missing meanwhile, for libraries that do with or without them.

    None in `sys.modules` fails an import (Python reference, "The import system"). What is loaded
    already stays, and afterwards each can be imported as ever.
    """
    modules = cast("dict[str, Any]", sys.modules)
    absent = [name for name in names if name not in modules]
    modules.update(dict.fromkeys(absent))
    try:
        yield
    finally:
        for name in absent:
            modules.pop(name, None)
