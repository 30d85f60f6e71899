"""Where a node's random bytes come from: the only place that asks the operating system.

Everything that needs them takes a `Randomness`, so that the simulator can give seeded ones.
"""

import os
from collections.abc import Callable

Randomness = Callable[[int], bytes]
"""Gives so many random bytes."""

system_randomness: Randomness = os.urandom
"""The operating system's generator: what every real node uses."""
