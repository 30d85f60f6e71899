"""A finished home with nothing of worth in it."""

from pathlib import Path

import pytest

from node.home.creation import begin_home
from node.home.layout import Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
    with begin_home(tmp_path / "home") as creation:
        creation.home.keystore.touch(mode=0o600)
        creation.finish()
    return creation.home
