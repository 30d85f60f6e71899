"""What a node does: each act of its people, over the store and the replication logic."""
