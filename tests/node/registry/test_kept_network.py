"""A home's network file at each start: the one of `init`, or nothing is begun."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_registry import network

from node.home.layout import Home
from node.registry.errors import NetworkChanged, NetworkMissing
from node.registry.kept_network import keep_network, kept_network
from node.store.settings import Settings
from node.store.store import create_store


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


@pytest.fixture
def settings(home: Home) -> Iterator[Settings]:
    with create_store(home.store, bytes(32), bytes) as store:
        yield store.settings


def test_a_home_keeps_the_network_that_it_was_made_with(home: Home, settings: Settings) -> None:
    keep_network(home, settings, network())

    assert kept_network(home, settings) == network()
    assert home.network.stat().st_mode & 0o777 == 0o600


def test_endpoints_may_be_edited_and_nothing_else(home: Home, settings: Settings) -> None:
    keep_network(home, settings, network())
    file = json.loads(home.network.read_bytes())

    home.network.write_text(json.dumps(file | {"urls": ["https://another.example"]}))
    edited = kept_network(home, settings)
    assert edited is not None
    assert edited.urls == ("https://another.example",)

    for changes in ({"threshold": 1}, {"development": False}, {"surprise": 1}, {"name": "other"}):
        home.network.write_text(json.dumps(file | changes))
        with pytest.raises(NetworkChanged):
            kept_network(home, settings)


def test_a_file_that_is_gone_or_was_put_into_a_home_without_one_is_noticed(
    home: Home, settings: Settings
) -> None:
    assert kept_network(home, settings) is None
    home.network.write_bytes(network().to_json())
    with pytest.raises(NetworkChanged):
        kept_network(home, settings)
    home.network.write_text("damaged")
    with pytest.raises(NetworkChanged):
        kept_network(home, settings)

    keep_network(home, settings, network())
    home.network.unlink()
    with pytest.raises(NetworkMissing):
        kept_network(home, settings)
