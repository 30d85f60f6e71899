"""A chain inside this process, for development and tests: an EVM, blocks on disk, JSON-RPC.

Its accounts' keys are public, so it guards nothing. `satchel chain serve` runs it.
"""
