"""The node's API over its Unix socket: acts in, a stream of events out (DESIGN section 3)."""
