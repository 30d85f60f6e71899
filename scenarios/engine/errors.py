"""Errors of the simulator.

NodeError
└── SimulationError
    ├── PlanInvalid       a scenario file says what cannot be
    ├── ScenarioMissing   no such scenario file
    ├── SystemRead        something in a run read the system's clock or randomness
    └── MemberDown        an act was asked of a node that is off
"""

from pathlib import Path

from node.errors import NodeError
from node.exits import ExitCode


class SimulationError(NodeError):
    """the simulation cannot go on"""


class PlanInvalid(SimulationError):
    """{path}: {faults}"""

    hint = "docs/SCENARIOS.md says what a scenario file may hold"
    exit_code = ExitCode.USAGE

    def __init__(self, path: str, faults: str) -> None:
        """Name the file, and each fault with its place."""
        super().__init__(path=path, faults=faults)


class ScenarioMissing(SimulationError):
    """{path} cannot be read: {reason}"""

    exit_code = ExitCode.USAGE

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file."""
        super().__init__(path=path, reason=reason)


class SystemRead(SimulationError):
    """{what} was read by {module}, so this run cannot be repeated"""

    def __init__(self, what: str, module: str) -> None:
        """Name what was read, and by which module."""
        super().__init__(what=what, module=module)


class MemberDown(SimulationError):
    """{node} is off"""

    def __init__(self, node: str) -> None:
        """Name the node."""
        super().__init__(node=node)
