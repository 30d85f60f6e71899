"""What a session reads and writes of this node's store."""
