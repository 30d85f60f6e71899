"""The instance token stays with its folder and not with a copy of it."""

import random
import shutil

import pytest

from node.home.instance_token import read_instance_token, renew_instance_token
from node.home.layout import Home
from node.randomness import Randomness


@pytest.fixture
def randomness() -> Randomness:
    return random.Random(3).randbytes


def test_a_token_is_the_same_at_every_reading(home: Home, randomness: Randomness) -> None:
    assert read_instance_token(home) is None
    token = renew_instance_token(home, randomness)
    assert len(token) == 32
    assert read_instance_token(home) == read_instance_token(home) == token


def test_a_renewed_token_is_another(home: Home, randomness: Randomness) -> None:
    assert renew_instance_token(home, randomness) != renew_instance_token(home, randomness)


def test_a_moved_home_keeps_its_token_and_a_copied_one_does_not(
    home: Home, randomness: Randomness
) -> None:
    token = renew_instance_token(home, randomness)
    copied = Home(shutil.copytree(home.path, home.path.with_name("copied")))
    moved = Home(home.path.rename(home.path.with_name("moved")))
    assert read_instance_token(moved) == token
    assert read_instance_token(copied) not in (token, None)


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_damaged_token_is_none(home: Home, size: int) -> None:
    home.instance_token.write_bytes(bytes(size))
    assert read_instance_token(home) is None


def test_a_file_put_back_from_a_copy_gives_another_token(
    home: Home, randomness: Randomness
) -> None:
    token = renew_instance_token(home, randomness)
    backup = shutil.copy2(home.instance_token, home.path.with_name("backup"))
    home.instance_token.unlink()  # its number is free: many file systems give it out again
    shutil.copy2(backup, home.instance_token)
    assert read_instance_token(home) not in (token, None)
