"""Clinics and relays in homes of their own, paired, and sessions between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import Clinic, Make, made_clinic, pair

from node.keystore.secrets import NodeKind


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Make]:
    """Make a clinic by name; `kind` and a `clock` of its own may be given. Closed at the end."""
    made: list[Clinic] = []

    def make(name: str, kind: NodeKind = NodeKind.CLINIC, clock: int | None = None) -> Clinic:
        one = made_clinic(tmp_path / name, name, len(made), kind, clock)
        made.append(one)
        return one

    yield make
    for one in made:
        one.crash()


@pytest.fixture
def two(clinic: Make) -> tuple[Clinic, Clinic]:
    """Clinics A and B, paired."""
    a, b = clinic("A"), clinic("B")
    pair(a, b)
    return a, b


@pytest.fixture
def three(clinic: Make) -> tuple[Clinic, Clinic, Clinic]:
    """Clinics A, B and C, paired."""
    a, b, c = clinic("A"), clinic("B"), clinic("C")
    pair(a, b, c)
    return a, b, c


@pytest.fixture
def carried(clinic: Make) -> tuple[Clinic, Clinic, Clinic]:
    """Clinics A and B and the relay R, paired."""
    a, b, r = clinic("A"), clinic("B"), clinic("R", NodeKind.RELAY)
    pair(a, b, r)
    return a, b, r
