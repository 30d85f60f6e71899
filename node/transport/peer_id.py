"""Peer ids and the multiaddrs that end in them, without libp2p: cards and messages need both.

A peer id is the base58btc text of the identity multihash of the protobuf-encoded public key
(libp2p specification, peer-ids); for an Ed25519 key it always begins with `12D3KooW`.
"""

from typing import Final

from multiformats import multibase

from node.transport.errors import AddressError
from sync.identifiers import DeviceKey

_PREFIX: Final = bytes.fromhex("002408011220")
"""Identity multihash of 36 bytes; protobuf: type Ed25519, 32 bytes of data."""


def peer_id(device: DeviceKey) -> str:
    """The peer id of a device's 32-byte Ed25519 public key."""
    if len(device) != 32:
        raise AddressError(device.hex(), "a device key has 32 bytes")
    return multibase.encode("base58btc", _PREFIX + device)[1:]


def parse_peer_id(text: str) -> DeviceKey:
    """Read the device key out of a peer id, or raise AddressError."""
    try:
        _, data = multibase.decode("z" + text)
    except ValueError as error:
        raise AddressError(text, "no base58 text of a peer id") from error
    if len(data) != 38 or not data.startswith(_PREFIX):
        raise AddressError(text, "not the peer id of an Ed25519 key")
    return DeviceKey(data[len(_PREFIX) :])


def split_peer_address(multiaddr: str) -> tuple[str, DeviceKey]:
    """Split `/…/p2p/<peer id>` into the address before it and the peer's key.

    Raises AddressError when the address names no peer, or goes through another one.
    """
    where, separator, who = multiaddr.rpartition("/p2p/")
    if not separator or not where.startswith("/"):
        raise AddressError(multiaddr, "it must end in /p2p/ and a peer id")
    if "/p2p/" in where:
        raise AddressError(multiaddr, "ways through another peer are not supported")
    return where, parse_peer_id(who)
