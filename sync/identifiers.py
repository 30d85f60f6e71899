"""Identifiers: their types, how each is derived, and their text forms.

Every hash and signature is taken over a domain of its own, so that bytes made for one purpose
can never serve for another. This is the one place that uses py-multiformats.
"""

import base64
import hashlib
from typing import Final, NewType

from multiformats import multibase, multihash
from multiformats.cid import CID

from sync.errors import IdentifierError

ChartId = NewType("ChartId", bytes)
"""32 bytes: the hash of the chart's charter."""
LaneId = NewType("LaneId", bytes)
"""8 random bytes: a lane's opaque name in headers."""
DeviceKey = NewType("DeviceKey", bytes)
"""32 bytes: a device's (or a root's) Ed25519 public key."""
SealingKey = NewType("SealingKey", bytes)
"""32 bytes: an X25519 public key that boxes are sealed to."""
InstanceId = NewType("InstanceId", bytes)
"""16 bytes: one life of a device's store; 8 say whose, 8 are random (`draw_instance`)."""
OperationId = NewType("OperationId", bytes)
"""36 bytes: the CIDv1 (dag-cbor, sha2-256) of a header."""
ActId = NewType("ActId", bytes)
"""16 bytes: one act of an access operation, a grant of the charter, or the root's standing."""
EpochId = NewType("EpochId", bytes)
"""32 bytes: the hash of an epoch's key."""
EpochKey = NewType("EpochKey", bytes)
"""32 bytes: the secret key of an epoch."""
CertificateId = NewType("CertificateId", bytes)
"""32 bytes: the hash of a session certificate."""
OrganisationAddress = NewType("OrganisationAddress", bytes)
"""20 bytes: an organisation's Ethereum address."""

_DAG_CBOR: Final = 0x71
_CID_PREFIX: Final = CID(1, _DAG_CBOR, multihash.sha2_256(b"")).to_bytes()[:-32]
_ED25519_CODEC: Final = b"\xed\x01"


def hashed(domain: str, *parts: bytes) -> bytes:
    """SHA-256 over a domain, a zero byte, and the parts as they stand (each of fixed length)."""
    digest = hashlib.sha256(b"satchel/" + domain.encode() + b"\x00")
    for part in parts:
        digest.update(part)
    return digest.digest()


def domain_bytes(domain: str) -> bytes:
    """The prefix that keeps a signature made for `domain` from serving anything else."""
    return b"satchel/" + domain.encode() + b"\x00"


def operation_id(header: bytes) -> OperationId:
    """The content identifier of an encoded header: CIDv1, dag-cbor, sha2-256."""
    return OperationId(_CID_PREFIX + hashlib.sha256(header).digest())


def parse_operation_id(data: bytes) -> OperationId:
    """Check that bytes are an operation id, or raise IdentifierError."""
    if len(data) != 36 or not data.startswith(_CID_PREFIX):
        raise IdentifierError("bytes are not an operation id")
    return OperationId(data)


def operation_text(operation: OperationId) -> str:
    """An operation id as people see it: the CID in base32, `bafy…`."""
    return CID.from_bytes(operation).encode("base32")


def parse_operation_text(text: str) -> OperationId:
    """Read an operation id from its text form, or raise IdentifierError."""
    try:
        return parse_operation_id(CID.decode(text).to_bytes())
    except ValueError as error:
        raise IdentifierError("text is not an operation id") from error


def act_id(operation: OperationId, index: int) -> ActId:
    """The id of the act at `index` of an access operation (AUTHORITY, Terms: 16 bytes)."""
    return ActId(hashed("act", operation, index.to_bytes(4, "big"))[:16])


def charter_grant_id(chart: ChartId, index: int) -> ActId:
    """The id of the charter's own grant at `index`."""
    return ActId(hashed("charter-grant", chart, index.to_bytes(4, "big"))[:16])


def root_standing(chart: ChartId) -> ActId:
    """What a root's operation names as `under`: the charter itself."""
    return ActId(chart[:16])


def chart_id(charter: bytes) -> ChartId:
    """The id of a chart: the hash of its encoded charter (AUTHORITY rule 0)."""
    return ChartId(hashed("charter", charter))


def epoch_id(chart: ChartId, lane: LaneId, key: EpochKey) -> EpochId:
    """The id of an epoch: a hash of its key, as the cipher commits to none (AUTHORITY rule 11)."""
    return EpochId(hashed("epoch", chart, lane, key))


def draw_instance(device: DeviceKey, random: bytes) -> InstanceId:
    """A new instance of a device, from 8 random bytes.

    Logs are named by their instance. Were it random throughout, anybody with a right to append
    could write a second branch into another device's log.
    """
    if len(random) != 8:
        raise IdentifierError("an instance takes 8 random bytes")
    return InstanceId(hashed("instance", device)[:8] + random)


def is_instance_of(instance: InstanceId, device: DeviceKey) -> bool:
    """Whether an instance names this device: what a replica asks before it keeps an operation."""
    return instance[:8] == hashed("instance", device)[:8]


def base32(data: bytes) -> str:
    """Lower-case base32 without padding (RFC 4648 section 6), as all our text ids are."""
    return base64.b32encode(data).decode().rstrip("=").lower()


def chart_text(chart: ChartId) -> str:
    """A chart id as people see it: 52 characters of base32."""
    return base32(chart)


def chart_span(beginning: str) -> tuple[ChartId, ChartId]:
    """The first and the last chart id whose text begins so, or raise IdentifierError."""
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    length = len(beginning)
    if length > 52 or not set(beginning) <= set(letters):
        raise IdentifierError("text is not the beginning of a chart id")
    first = 0
    for letter in beginning:
        first = first << 5 | letters.index(letter)
    room = 260 - 5 * length  # 52 letters of 5 bits hold the 256, and 4 that are always 0
    first, last = first << room >> 4, (((first + 1) << room) - 1) >> 4
    return ChartId(first.to_bytes(32, "big")), ChartId(last.to_bytes(32, "big"))


def parse_chart_text(text: str) -> ChartId:
    """Read a chart id from its text form, or raise IdentifierError."""
    try:
        data = base64.b32decode(text.upper() + "=" * (-len(text) % 8))
    except ValueError as error:
        raise IdentifierError("text is not a chart id") from error
    if len(data) != 32 or chart_text(ChartId(data)) != text:
        raise IdentifierError("text is not a chart id")
    return ChartId(data)


def did_key(device: DeviceKey) -> str:
    """The `did:key` of an Ed25519 public key (W3C CCG did:key method)."""
    return "did:key:" + multibase.encode("base58btc", _ED25519_CODEC + device)


def parse_did_key(text: str) -> DeviceKey:
    """Read an Ed25519 key from a `did:key`, or raise IdentifierError."""
    if not text.startswith("did:key:z"):
        raise IdentifierError("text is not a did:key")
    try:
        _, data = multibase.decode(text.removeprefix("did:key:"))
    except ValueError as error:
        raise IdentifierError("text is not a did:key") from error
    if len(data) != 34 or not data.startswith(_ED25519_CODEC):
        raise IdentifierError("text is not the did:key of an Ed25519 key")
    return DeviceKey(data[2:])


def did_ethr(organisation: OrganisationAddress) -> str:
    """The `did:ethr` of an organisation, on no particular network."""
    return "did:ethr:0x" + organisation.hex()


def parse_did_ethr(text: str) -> OrganisationAddress:
    """Read an organisation's address from its `did:ethr`, or raise IdentifierError."""
    digits = text.rpartition(":")[2]
    try:
        address = bytes.fromhex(digits.removeprefix("0x"))
    except ValueError as error:
        raise IdentifierError("text is not a did:ethr") from error
    if not text.startswith("did:ethr:") or not digits.startswith("0x") or len(address) != 20:
        raise IdentifierError("text is not a did:ethr")
    return OrganisationAddress(address)


def ethereum_address(public_key: bytes) -> OrganisationAddress:
    """The address of an uncompressed secp256k1 public key of 65 bytes (Keccak-256, last 20)."""
    if len(public_key) != 65 or public_key[0] != 4:
        raise IdentifierError("not an uncompressed secp256k1 public key")
    return OrganisationAddress(multihash.keccak_256(public_key[1:]).digest[-20:])
