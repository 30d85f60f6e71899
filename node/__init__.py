"""A Satchel node: one process with its keys, store, transport, registry, API and commands."""
