"""The terminal app, a client of a node's API. Empty until the issue that builds it."""
