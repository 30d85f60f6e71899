"""Wards for the tests of hostile peers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_ward import Ward, made_ward


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Callable[..., Ward]]:
    """Make a ward; closed at the end."""
    made: list[Ward] = []

    def make(**what: Any) -> Ward:
        made.append(made_ward(tmp_path, **what))
        return made[-1]

    yield make
    for one in made:
        for clinic in (one.a, one.b, one.h):
            clinic.crash()
