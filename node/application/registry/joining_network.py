"""Gives a home that was made without one a network file; called by `network join`, offline."""

from node.home.layout import Home
from node.keystore.keystore import Keystore
from node.randomness import Randomness, system_randomness
from node.registry.errors import NetworkKept
from node.registry.kept_network import keep_network, kept_network
from node.registry.network import Network
from node.store.store import open_store


def join_network(
    home: Home,
    passphrase: bytes,
    network: Network,
    *,
    random: Randomness = system_randomness,
) -> int:
    """Trust a network from here on; how many charts were opened before, which no notice bars.

    A charter names the network that was there when its chart was opened, or none, for ever. The
    home's lock is held by the caller. Raises NetworkKept where the home has one, OSError.
    """
    keystore = Keystore.open(home.keystore, passphrase, random)
    with open_store(home.store, keystore.secrets.store_key) as store:
        if kept_network(home, store.settings) is not None:
            raise NetworkKept(home.network)
        with store.transaction():
            keep_network(home, store.settings, network)
        return len(store.charts.all_lanes())
