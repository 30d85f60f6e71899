"""Errors of runs with real processes.

SimulationError
└── NotServing    a node's process said no address
"""

from scenarios.engine.errors import SimulationError


class NotServing(SimulationError):
    """{node} did not begin to serve"""

    hint = "run again with --keep FOLDER, and read the node's log in it"

    def __init__(self, node: str) -> None:
        """Name the node."""
        super().__init__(node=node)
