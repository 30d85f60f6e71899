"""What crosses between two nodes: the messages of a sync session and their bytes."""
