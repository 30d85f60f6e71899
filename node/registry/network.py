"""The network file: which chain, contracts and checkpoint signers a node trusts from its start.

People keep it as JSON and compare its fingerprint, in words, before they give it to `init`. The
fingerprint covers everything but the endpoints, which each site may have its own of. Written by
`chain deploy`, read by `init`, `network` and at every start; its encoded form travels in notices.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, NamedTuple

from contracts.loader import Name
from node.registry.errors import NetworkInvalid
from node.registry.limits import (
    block_number_max,
    chain_id_max,
    network_name_length_chars_max,
    network_size_bytes_max,
    network_url_length_chars_max,
    network_urls_max,
    signers_max,
)
from node.registry.signers import SignerSet
from node.registry.words import fingerprint_words
from sync import codec
from sync.errors import CodecError, IdentifierError
from sync.identifiers import DeviceKey, did_key, hashed, parse_did_key

_VERSION: Final = 1
CONTRACTS: Final = (Name.DID, Name.ACCREDITATION, Name.CONSENT)
"""The contracts in the order in which encoded forms number them."""


class Deployed(NamedTuple):
    """Where a contract is, and what its code must be."""

    address: bytes
    """20 bytes."""
    code_hash: bytes
    """Keccak-256 of the deployed code, as the account's own entry in the state has it."""


class Genesis(NamedTuple):
    """The block from which the network is trusted: no checkpoint before it counts."""

    block: int
    block_hash: bytes
    """32 bytes."""


@dataclass(frozen=True)
class Network:
    """What a network file says. One that can be made is well-formed; NetworkInvalid otherwise."""

    name: str
    chain: int
    contracts: Mapping[Name, Deployed]
    signers: tuple[DeviceKey, ...]
    """Checkpoint signers' Ed25519 keys at the genesis, kept in ascending order."""
    threshold: int
    """So many of them make a checkpoint."""
    genesis: Genesis
    development: bool
    """The chain is for development, demonstration or tests; every surface says so."""
    urls: tuple[str, ...] = field(default=(), compare=False)
    """Endpoints, best first; no part of the fingerprint."""

    def __post_init__(self) -> None:
        """Order what has no order of its own, and refuse what is malformed."""
        object.__setattr__(self, "signers", tuple(sorted(self.signers)))
        object.__setattr__(
            self,
            "contracts",
            {name: Deployed(*deployed) for name, deployed in self.contracts.items()},
        )
        _check(self)

    def encoded(self) -> bytes:
        """Canonical CBOR of all that the fingerprint covers."""
        return codec.encode(
            [
                _VERSION,
                self.name,
                self.chain,
                [list(self.contracts[name]) for name in CONTRACTS],
                list(self.signers),
                self.threshold,
                list(self.genesis),
                self.development,
            ]
        )

    @cached_property
    def fingerprint(self) -> bytes:
        """32 bytes; nodes share a registry only when theirs agree."""
        return hashed("network", self.encoded())

    @property
    def words(self) -> tuple[str, ...]:
        """The fingerprint as 12 words, for people to compare."""
        return fingerprint_words(self.fingerprint)

    @property
    def signer_set(self) -> SignerSet:
        """The checkpoint signers at the genesis."""
        return SignerSet(self.signers, self.threshold)

    def to_json(self) -> bytes:
        """The file that people keep."""
        value = {
            "satchel_network": _VERSION,
            "name": self.name,
            "chain": self.chain,
            "contracts": {
                name.value: {
                    "address": "0x" + self.contracts[name].address.hex(),
                    "code_hash": "0x" + self.contracts[name].code_hash.hex(),
                }
                for name in CONTRACTS
            },
            "signers": [did_key(signer) for signer in self.signers],
            "threshold": self.threshold,
            "genesis": {
                "block": self.genesis.block,
                "hash": "0x" + self.genesis.block_hash.hex(),
            },
            "development": self.development,
            "urls": list(self.urls),
        }
        return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def decode_network(data: bytes) -> Network:
    """Read what `encoded` gave; it has no endpoints. Raises NetworkInvalid."""
    if len(data) > network_size_bytes_max:
        raise NetworkInvalid(f"it is larger than {network_size_bytes_max} bytes")
    try:
        version, name, chain, contracts, signers, threshold, genesis, development = codec.fields(
            codec.decode(data), 8, "network"
        )
        if not codec.is_number(version, _VERSION):
            raise CodecError("its version is another")
        deployed = [
            Deployed(*codec.fields(entry, 2, "contract"))
            for entry in codec.items(contracts, "contracts", len(CONTRACTS))
        ]
        network = Network(
            name=name,
            chain=chain,
            contracts=dict(zip(CONTRACTS, deployed, strict=False)),
            signers=tuple(
                DeviceKey(codec.octets(signer, 32, "signer"))
                for signer in codec.items(signers, "signers", signers_max)
            ),
            threshold=threshold,
            genesis=Genesis(*codec.fields(genesis, 2, "genesis")),
            development=development,
        )
    except CodecError as error:
        raise NetworkInvalid(str(error)) from error
    if network.encoded() != data:
        raise NetworkInvalid("its signers are not in order")
    return network


def parse_network(data: bytes) -> Network:
    """Read a network file. Unknown, missing and doubled members are refused, so that nothing in a
    file looks agreed upon and is not. Raises NetworkInvalid.
    """  # noqa: D205
    if len(data) > network_size_bytes_max:
        raise NetworkInvalid(f"it is larger than {network_size_bytes_max} bytes")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_members, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        if isinstance(error, UnicodeDecodeError | json.JSONDecodeError | RecursionError):
            raise NetworkInvalid("it is not JSON") from None
        raise NetworkInvalid(str(error)) from None
    top = _object(
        value,
        ("satchel_network", "name", "chain", "contracts", "signers", "threshold", "genesis"),
        ("development", "urls"),
        "the file",
    )
    if not codec.is_number(top["satchel_network"], _VERSION):
        raise NetworkInvalid(f"`satchel_network` is not {_VERSION}: it is none, or a newer one")
    contracts = _object(top["contracts"], tuple(name.value for name in CONTRACTS), (), "contracts")
    genesis = _object(top["genesis"], ("block", "hash"), (), "genesis")
    return Network(
        name=top["name"],
        chain=top["chain"],
        contracts={name: _deployed(contracts[name.value], name) for name in CONTRACTS},
        signers=tuple(_signer(text) for text in _list(top["signers"], "signers")),
        threshold=top["threshold"],
        genesis=Genesis(genesis["block"], _hexadecimal(genesis["hash"], 32, "genesis.hash")),
        development=top.get("development", False),
        urls=tuple(_list(top.get("urls", []), "urls")),
    )


def _check(network: Network) -> None:
    name: object = network.name
    if not isinstance(name, str) or not 0 < len(name) <= network_name_length_chars_max:
        raise NetworkInvalid(f"its name is not text of 1 to {network_name_length_chars_max}")
    if not name.isprintable() or name != name.strip():
        raise NetworkInvalid("its name is not printable")
    _check_number(network.chain, 1, chain_id_max, "chain")
    if set(network.contracts) != set(CONTRACTS):
        raise NetworkInvalid("it does not name the three contracts")
    for contract, deployed in network.contracts.items():
        _check_octets(deployed.address, 20, f"{contract}: address")
        _check_octets(deployed.code_hash, 32, f"{contract}: code_hash")
    if len({deployed.address for deployed in network.contracts.values()}) != len(CONTRACTS):
        raise NetworkInvalid("two contracts have one address")
    try:
        SignerSet(network.signers, network.threshold)
    except ValueError as error:
        raise NetworkInvalid(str(error)) from error
    _check_number(network.genesis.block, 0, block_number_max, "genesis.block")
    _check_octets(network.genesis.block_hash, 32, "genesis.hash")
    development: object = network.development
    if not isinstance(development, bool):
        raise NetworkInvalid("`development` is neither true nor false")
    if len(network.urls) > network_urls_max:
        raise NetworkInvalid(f"it names more than {network_urls_max} endpoints")
    urls: tuple[object, ...] = network.urls
    for url in urls:
        if not isinstance(url, str) or len(url) > network_url_length_chars_max:
            raise NetworkInvalid("an endpoint is no text, or too long")
        if not url.startswith(("http://", "https://")) or not url.isprintable() or " " in url:
            raise NetworkInvalid("an endpoint is not an http:// or https:// address")


def _check_number(value: object, least: int, most: int, what: str) -> None:
    if type(value) is not int or not least <= value <= most:
        raise NetworkInvalid(f"`{what}` is not a whole number from {least} to {most}")


def _check_octets(value: object, size: int, what: str) -> None:
    if not isinstance(value, bytes) or len(value) != size or not any(value):
        raise NetworkInvalid(f"`{what}` is not {size} bytes, or all zero")


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is there twice")
    return members


def _refuse(_constant: str) -> None:
    raise ValueError("it has a number that is none")


def _object(
    value: object, needed: tuple[str, ...], allowed: tuple[str, ...], what: str
) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NetworkInvalid(f"{what} is not an object")
    missing = [name for name in needed if name not in value]
    if missing:
        raise NetworkInvalid(f"{what} lacks `{missing[0]}`")
    if len(value) > len([name for name in (*needed, *allowed) if name in value]):
        raise NetworkInvalid(f"{what} has a member that this version does not know")
    return value


def _list(value: object, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise NetworkInvalid(f"`{what}` is not a list")
    return value


def _deployed(value: object, name: Name) -> Deployed:
    members = _object(value, ("address", "code_hash"), (), name.value)
    return Deployed(
        _hexadecimal(members["address"], 20, f"{name}.address"),
        _hexadecimal(members["code_hash"], 32, f"{name}.code_hash"),
    )


def _signer(text: object) -> DeviceKey:
    if not isinstance(text, str):
        raise NetworkInvalid("a signer is not the did:key of an Ed25519 key")
    try:
        return parse_did_key(text)
    except IdentifierError:
        raise NetworkInvalid("a signer is not the did:key of an Ed25519 key") from None


def _hexadecimal(value: object, size: int, what: str) -> bytes:
    """Bytes from `0x` and digits of either case, without anything between them."""
    if isinstance(value, str) and value.startswith("0x") and len(value) == 2 + 2 * size:
        try:
            data = bytes.fromhex(value[2:])
        except ValueError:
            data = b""
        if len(data) == size:
            return data
    raise NetworkInvalid(f"`{what}` is not 0x and {2 * size} hexadecimal digits")
