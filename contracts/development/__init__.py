"""A chain inside this process, for development and tests: an EVM, blocks on disk, JSON-RPC.

Its accounts' keys are public, so it guards nothing. `satchel chain serve` runs it.
"""

from contracts.recursion import recursion_limit_kept

with recursion_limit_kept():
    import eth  # noqa: F401
    import py_ecc  # noqa: F401
