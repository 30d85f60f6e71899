"""Keeps Python's bound on recursion where web3 or py-evm is loaded; by whoever imports them first.

Both lift it to 100,000 frames when they are imported, for the whole process. A decoder that is then
given brackets within brackets overflows the stack and kills the process, where it would have raised
RecursionError.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def recursion_limit_kept() -> Iterator[None]:
    """Put the bound back to what it was."""
    limit = sys.getrecursionlimit()
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
