"""Clinics for attacks: those of the application's tests, and what a hostile one writes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import Clinic, Make, made_clinic, pair

from node.keystore.secrets import NodeKind


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Make]:
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
    a, b = clinic("A"), clinic("B")
    pair(a, b)
    return a, b


@pytest.fixture
def three(clinic: Make) -> tuple[Clinic, Clinic, Clinic]:
    a, b, c = clinic("A"), clinic("B"), clinic("C")
    pair(a, b, c)
    return a, b, c
