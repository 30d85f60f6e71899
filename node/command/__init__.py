"""The `satchel` command: a client of the node, which it starts where none runs."""
