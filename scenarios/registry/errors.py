"""Errors of the simulated chains.

SimulationError
├── CallReverted       a contract refused a call
└── ChainActRefused    the chain refused what the simulation itself did there
"""

from scenarios.engine.errors import SimulationError


class CallReverted(SimulationError):
    """the contract refused a call: {reason}"""

    def __init__(self, reason: str) -> None:
        """Give the contract's own words."""
        super().__init__(reason=reason)
        self.reason = reason


class ChainActRefused(SimulationError):
    """the simulated chain refused an act of the simulation: {reason}"""

    hint = "an act on chain needs what the contracts ask for: docs/CONTRACTS.md"

    def __init__(self, reason: str) -> None:
        """Give the chain's own words."""
        super().__init__(reason=reason)
