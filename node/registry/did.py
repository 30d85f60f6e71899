"""DIDs as people give them: did:key, and did:ethr with or without a network; read for the resolver.

did:ethr's forms are those of the method's specification (uport, "ethr DID Method"): an address or a
compressed public key, after a chain's hexadecimal id, its name, or nothing.
"""

import re
from dataclasses import dataclass
from typing import Final

from coincurve import PublicKey

from node.registry.errors import DidInvalid
from node.registry.keccak import keccak
from sync.errors import IdentifierError
from sync.identifiers import DeviceKey, ethereum_address, parse_did_key

_LENGTH_CHARS_MAX: Final = 400
_ETHR: Final = re.compile(
    r"did:ethr:(?:([A-Za-z0-9._:%-]+):)?(0x[0-9a-fA-F]{40}|0x[0-9a-fA-F]{66})", re.ASCII
)
_CHAIN_NUMBER: Final = re.compile(r"0x[0-9a-fA-F]{1,14}", re.ASCII)
_CHAIN_NAMES: Final = {
    "mainnet": 1,
    "gno": 100,
    "polygon": 137,
    "holesky": 17_000,
    "sepolia": 11_155_111,
    "aurora": 1_313_161_554,
}


@dataclass(frozen=True)
class KeyDid:
    """A did:key of an Ed25519 key."""

    text: str
    key: DeviceKey


@dataclass(frozen=True)
class EthrDid:
    """A did:ethr."""

    text: str
    """Without its query."""
    network: str | None
    address: bytes
    """20 bytes: whose history is asked for."""
    public_key: str | None
    """As it stands in the DID, without `0x`; None where that has an address."""
    version: int | None
    """The block that `?versionId=` asks for."""

    def is_on(self, chain: int, name: str) -> bool:
        """Whether it is a DID of a network; one without a network part is of whichever asks."""
        if self.network is None or self.network == name:
            return True
        if _CHAIN_NUMBER.fullmatch(self.network):
            return int(self.network, 16) == chain
        return _CHAIN_NAMES.get(self.network) == chain


def parse_did(text: str) -> KeyDid | EthrDid:
    """Read a DID with an optional `?versionId=BLOCK`. Raises DidInvalid."""
    did, _, query = text.partition("?")
    if len(text) > _LENGTH_CHARS_MAX:
        raise DidInvalid("it is too long")
    if did.startswith("did:key:"):
        try:
            key = parse_did_key(did)
        except IdentifierError:
            raise DidInvalid("it is not the did:key of an Ed25519 key") from None
        if query:
            raise DidInvalid("a did:key has no versions")
        return KeyDid(did, key)
    found = _ETHR.fullmatch(did)
    if found is None:
        raise DidInvalid("it is neither a did:key nor a did:ethr")
    network, identifier = found.groups()
    data = bytes.fromhex(identifier[2:])
    if len(data) == 20:
        return EthrDid(did, network, data, None, _version(query))
    try:
        address = ethereum_address(PublicKey(data).format(compressed=False))
    except ValueError:
        raise DidInvalid("it has no point of secp256k1") from None
    return EthrDid(did, network, address, identifier[2:], _version(query))


def checksummed(address: bytes) -> str:
    """A 20-byte address with its checksum in the case of its letters (EIP-55)."""
    digits = address.hex()
    marks = keccak(digits.encode()).hex()
    return "0x" + "".join(
        digit.upper() if int(mark, 16) >= 8 else digit
        for digit, mark in zip(digits, marks, strict=False)
    )


def _version(query: str) -> int | None:
    if not query:
        return None
    name, _, value = query.partition("=")
    if name != "versionId" or not re.fullmatch(r"[0-9]{1,15}", value, re.ASCII):
        raise DidInvalid("the only question about one is ?versionId=BLOCK")
    return int(value)
