"""What every test has: trio under `pytest.mark.anyio`, and hypothesis profiles."""

import gc
import os

import pytest
from hypothesis import HealthCheck, settings

from node.command.main import COLLECTOR_THRESHOLDS

settings.register_profile(
    "suite",
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.register_profile("long", parent=settings.get_profile("suite"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

gc.set_threshold(*COLLECTOR_THRESHOLDS)  # as the command does; it is a thirtieth of the suite


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Names the node's event loop; Textual's tests are marked `asyncio` instead."""
    return "trio"
