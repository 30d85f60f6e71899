"""Seeded randomness, a cheap passphrase cost, and the secrets of a made-up clinic."""

import random

import pytest

from node.keystore.keystore import PassphraseCost
from node.keystore.making import make_secrets
from node.keystore.secrets import NodeKind, Secrets
from node.randomness import Randomness


@pytest.fixture
def randomness() -> Randomness:
    return random.Random(1).randbytes


@pytest.fixture
def cheap() -> PassphraseCost:
    return PassphraseCost(passes=1, memory_bytes=8192)


@pytest.fixture
def secrets(randomness: Randomness) -> Secrets:
    return make_secrets("Hilltop Clinic", NodeKind.CLINIC, randomness)[0]
