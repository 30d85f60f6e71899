"""An empty store in a folder of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from stored_charts import KEY, seeded_randomness

from node.store.store import Store, create_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the store's file is; the name has what URIs and SQL would stumble over."""
    return tmp_path / "a clinic's 100% store?.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    """An empty store, closed at the end."""
    with create_store(path, KEY, seeded_randomness()) as made:
        yield made
