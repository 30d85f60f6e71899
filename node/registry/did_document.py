"""A DID document from an identity's events, as the ethr-did-resolver makes it; no chain is asked.

Where this differs from npm's ethr-did-resolver 11.1.3: what is valid until a second is not valid in
that second (as the contract's own `validDelegate` says), so that a revocation counts in its own
block; and a revoked `enc` key leaves no reference under `keyAgreement`.
"""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from node.registry.did import EthrDid, KeyDid, checksummed
from node.registry.did_events import (
    AttributeChanged,
    DelegateChanged,
    Event,
    OwnerChanged,
    text_of,
)

Document = dict[str, Any]

_CONTEXT: Final = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/secp256k1recovery-2020/v2",
    "https://w3id.org/security/v3-unstable",
)
_KEY_CONTEXT: Final = (
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/suites/ed25519-2020/v1",
)
_ATTRIBUTE: Final = re.compile(r"did/(pub|svc)/(\w+)(/(\w+))?(/(\w+))?", re.ASCII)
_PURPOSES: Final = {
    "sigAuth": "SignatureAuthentication2018",
    "veriKey": "VerificationKey2018",
    "enc": "KeyAgreementKey2019",
}
_SECP256K1_KEY: Final = "EcdsaSecp256k1VerificationKey2019"
_ED25519_KEY: Final = "Ed25519VerificationKey2018"
_METHODS: Final = {
    "Secp256k1VerificationKey2018": _SECP256K1_KEY,
    "Ed25519SignatureAuthentication2018": _ED25519_KEY,
    "Secp256k1SignatureAuthentication2018": _SECP256K1_KEY,
    "RSAVerificationKey2018": "RSAVerificationKey2018",
    "Ed25519VerificationKey2018": _ED25519_KEY,
    "X25519KeyAgreementKey2019": "X25519KeyAgreementKey2019",
}
_ALPHABET: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_NOBODY: Final = bytes(20)


@dataclass(frozen=True)
class Folded:
    """What an identity's events make."""

    document: Document
    deactivated: bool
    version: int | None
    """The last block whose changes it has; None where nothing ever changed."""
    next_version: int | None
    """The block of the first change that it leaves out."""
    owner: bytes
    """20 bytes; zeros once deactivated."""


def key_document(did: KeyDid) -> Document:
    """The document of a did:key (W3C CCG did:key method), which needs no chain."""
    method = f"{did.text}#{did.text.removeprefix('did:key:')}"
    return {
        "@context": list(_KEY_CONTEXT),
        "id": did.text,
        "verificationMethod": [
            {
                "id": method,
                "type": "Ed25519VerificationKey2020",
                "controller": did.text,
                "publicKeyMultibase": did.text.removeprefix("did:key:"),
            }
        ],
        "authentication": [method],
        "assertionMethod": [method],
        "capabilityDelegation": [method],
        "capabilityInvocation": [method],
    }


def fold_events(did: EthrDid, chain: int, events: Iterable[Event], now_seconds: int) -> Folded:
    """The document as of a time, from all events of an identity in order.

    `now_seconds` is not before any event's block that counts; events after `did.version` only say
    that there is a next version.
    """
    maker = _Maker(did, chain, now_seconds)
    version, next_version = None, None
    for event in events:
        if did.version is not None and event.block > did.version:
            next_version = event.block if next_version is None else next_version
            continue
        version = event.block
        maker.take(event)
        if maker.owner == _NOBODY:
            break
    deactivated = maker.owner == _NOBODY
    return Folded(maker.document(), deactivated, version, next_version, maker.owner)


@dataclass
class _Maker:
    """Takes events in order. Each key and service keeps the number it was given when it came."""

    did: EthrDid
    chain: int
    now_seconds: int
    owner: bytes = b""
    delegates: int = 0
    services_count: int = 0
    keys: dict[object, Document] = field(default_factory=dict)
    authentication: dict[object, str] = field(default_factory=dict)
    assertion: dict[object, str] = field(default_factory=dict)
    agreement: dict[object, str] = field(default_factory=dict)
    services: dict[object, Document] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.owner = self.did.address

    def take(self, event: Event) -> None:
        """Add, or take away, what one event speaks of."""
        if isinstance(event, OwnerChanged):
            self.owner = event.owner
        elif isinstance(event, DelegateChanged):
            kind = text_of(event.kind)
            if kind is not None:
                self._take_delegate(event, kind)
        else:
            name = text_of(event.name)
            if name is not None:
                self._take_attribute(event, name)

    def _take_delegate(self, event: DelegateChanged, kind: str) -> None:
        which = (kind, event.delegate)
        self.delegates += 1
        if event.valid_to_seconds <= self.now_seconds:
            self._take_away(which)
            return
        method = f"{self.did.text}#delegate-{self.delegates}"
        if kind == "sigAuth":
            self.authentication[which] = method
        if kind in ("sigAuth", "veriKey"):
            self.keys[which] = self._recovery_method(method, event.delegate)
            self.assertion[which] = method

    def _take_attribute(self, event: AttributeChanged, name: str) -> None:
        which = (name, event.value, "attribute")
        if event.valid_to_seconds <= self.now_seconds:
            self.delegates += name.startswith("did/pub/")
            self.services_count += name.startswith("did/svc/")
            self._take_away(which)
            return
        found = _ATTRIBUTE.fullmatch(name)
        if found is None:
            return
        section, algorithm, purpose, encoding = found[1], found[2], found[4], found[6]
        if section == "svc":
            self._take_service(which, algorithm, event.value)
        else:
            self._take_key(which, algorithm, purpose, encoding, event.value)

    def _take_key(
        self, which: object, algorithm: str, purpose: str | None, encoding: str | None, value: bytes
    ) -> None:
        self.delegates += 1
        method = f"{self.did.text}#delegate-{self.delegates}"
        written = _written(value, encoding)
        if written is None:
            return
        kind = "" if purpose is None else algorithm + _PURPOSES.get(purpose, purpose)
        self.keys[which] = {
            "id": method,
            "type": _METHODS.get(kind, algorithm),
            "controller": self.did.text,
            **written,
        }
        if purpose == "enc":
            self.agreement[which] = method
        else:
            self.assertion[which] = method
        if purpose == "sigAuth":
            self.authentication[which] = method

    def _take_service(self, which: object, kind: str, value: bytes) -> None:
        self.services_count += 1
        try:
            text = value.decode()
        except UnicodeDecodeError:
            return
        self.services[which] = {
            "id": f"{self.did.text}#service-{self.services_count}",
            "type": kind,
            "serviceEndpoint": _endpoint(text),
        }

    def _take_away(self, which: object) -> None:
        for kept in (self.authentication, self.assertion, self.agreement, self.keys, self.services):
            kept.pop(which, None)

    def document(self) -> Document:
        """What is left."""
        document: Document = {"@context": list(_CONTEXT), "id": self.did.text}
        if self.owner == _NOBODY:
            return document | {
                "verificationMethod": [],
                "authentication": [],
                "assertionMethod": [],
            }
        methods = [self._recovery_method(f"{self.did.text}#controller", self.owner)]
        if self.did.public_key is not None and self.owner == self.did.address:
            methods.append(
                {
                    "id": f"{self.did.text}#controllerKey",
                    "type": _SECP256K1_KEY,
                    "controller": self.did.text,
                    "publicKeyHex": self.did.public_key,
                }
            )
        controllers = [method["id"] for method in methods]
        document["verificationMethod"] = [*methods, *self.keys.values()]
        document["authentication"] = [*controllers, *self.authentication.values()]
        document["assertionMethod"] = [*controllers, *self.assertion.values()]
        if self.services:
            document["service"] = list(self.services.values())
        if self.agreement:
            document["keyAgreement"] = list(self.agreement.values())
        return document

    def _recovery_method(self, method: str, address: bytes) -> Document:
        return {
            "id": method,
            "type": "EcdsaSecp256k1RecoveryMethod2020",
            "controller": self.did.text,
            "blockchainAccountId": f"eip155:{self.chain}:{checksummed(address)}",
        }


def _written(value: bytes, encoding: str | None) -> dict[str, str] | None:
    """A key in the encoding that its attribute names; None for a PEM that is no text."""
    match encoding:
        case None | "hex":
            return {"publicKeyHex": value.hex()}
        case "base64":
            return {"publicKeyBase64": base64.b64encode(value).decode()}
        case "base58":
            return {"publicKeyBase58": _base58(value)}
        case "pem":
            try:
                return {"publicKeyPem": value.decode()}
            except UnicodeDecodeError:
                return None
        case _:
            return {"value": value.hex()}


def _base58(data: bytes) -> str:
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = _ALPHABET[digit] + digits
    return _ALPHABET[0] * (len(data) - len(data.lstrip(b"\0"))) + digits


def _endpoint(text: str) -> object:
    """A service's endpoint: JSON where it is some, else the text."""
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return text


def _no_constant(_name: str) -> None:
    raise ValueError("JSON has no such number")
