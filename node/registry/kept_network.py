"""The network file that a home was made with, and the mark of it in the store.

`init` keeps both; each start compares them, so that a file that was swapped, or put into a home
that had none, is noticed before anything is judged by it.
"""

from node.home.layout import Home
from node.home.replace import replace_file
from node.registry.errors import NetworkChanged, NetworkInvalid, NetworkMissing
from node.registry.limits import network_size_bytes_max
from node.registry.network import Network, parse_network
from node.store.settings import NETWORK_FINGERPRINT, Settings


def keep_network(home: Home, settings: Settings, network: Network) -> None:
    """Keep the network of a home that is being made. Raises OSError."""
    replace_file(home.network, network.to_json())
    settings.put(NETWORK_FINGERPRINT, network.fingerprint)


def kept_network(home: Home, settings: Settings) -> Network | None:
    """The home's network, None for a home without a shared registry.

    Its endpoints may have been edited since; everything else is covered by the fingerprint.
    Raises NetworkChanged, NetworkMissing.
    """
    fingerprint = settings.get(NETWORK_FINGERPRINT)
    network = read_network(home)
    if fingerprint is None and network is None and not home.network.exists():
        return None
    if fingerprint is not None and not home.network.exists():
        raise NetworkMissing(home.network)
    if network is None or network.fingerprint != fingerprint:
        raise NetworkChanged(home.network)
    return network


def read_network(home: Home) -> Network | None:
    """What the home's file says, not compared with the store; None for none, or a damaged one."""
    try:
        with home.network.open("rb") as file:
            return parse_network(file.read(network_size_bytes_max + 1))
    except FileNotFoundError:
        return None
    except NetworkInvalid:
        return None
