"""Checkpoints: k of n signers vouch for a block, so that its state can be trusted without a chain.

    checkpoint = [1, fingerprint 32, block, block hash 32, [[signer 32, signature 64] …]]

A signature is Ed25519 over the domain `checkpoint` and [fingerprint, block, block hash]; the list
is ascending by signer. As a file it is one line of text. Signed hourly by who holds a key, combined
by anybody, carried in every snapshot.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from node.registry.errors import CheckpointInvalid, CheckpointsDisagree
from node.registry.limits import block_number_max, checkpoint_size_bytes_max, signers_max
from node.registry.signers import SignerSet
from sync import codec
from sync.errors import CodecError, SignatureError
from sync.identifiers import DeviceKey
from sync.signing import SIGNATURE_SIZE_BYTES, Signer, verify

_VERSION: Final = 1
_DOMAIN: Final = "checkpoint"
_PREFIX: Final = "satchel-checkpoint:1:"


class Signed(NamedTuple):
    """One signer's word."""

    signer: DeviceKey
    signature: bytes
    """64 bytes."""


@dataclass(frozen=True)
class Checkpoint:
    """A block, and who vouches for it; nothing of it is checked before `verify_checkpoint`."""

    fingerprint: bytes
    """32 bytes: which network's."""
    block: int
    block_hash: bytes
    """32 bytes."""
    signatures: tuple[Signed, ...]

    def values(self) -> list[object]:
        """The checkpoint as a value of canonical CBOR."""
        return [
            _VERSION,
            self.fingerprint,
            self.block,
            self.block_hash,
            [list(signed) for signed in self.signatures],
        ]


def sign_checkpoint(
    signer: Signer, fingerprint: bytes, block: int, block_hash: bytes
) -> Checkpoint:
    """One signer's checkpoint of a block that it saw finalized."""
    bare = Checkpoint(fingerprint, block, block_hash, ())
    signature = signer.sign(_DOMAIN, _message(bare))
    return Checkpoint(fingerprint, block, block_hash, (Signed(signer.public, signature),))


def combine_checkpoints(
    checkpoints: Sequence[Checkpoint], signers: SignerSet, fingerprint: bytes | None = None
) -> Checkpoint:
    """One checkpoint with all the signatures of several, once they reach the threshold.

    With a fingerprint they must be of that network; else of one and the same.

    Raises CheckpointsDisagree (an alarm: one number, two hashes) and CheckpointInvalid.
    """
    if not checkpoints:
        raise CheckpointInvalid("there is none to combine")
    first = checkpoints[0]
    for other in checkpoints[1:]:
        if other.fingerprint != first.fingerprint:
            raise CheckpointInvalid("they are of different networks")
        if other.block != first.block:
            raise CheckpointInvalid(f"they are of blocks {first.block} and {other.block}")
    for other in checkpoints:
        _check_signatures(other, signers)
    for other in checkpoints[1:]:
        if other.block_hash != first.block_hash:  # said only of what signers did sign
            raise CheckpointsDisagree(first.block, first.block_hash.hex(), other.block_hash.hex())
    signatures = sorted(signed for checkpoint in checkpoints for signed in checkpoint.signatures)
    combined = Checkpoint(first.fingerprint, first.block, first.block_hash, tuple(signatures))
    verify_checkpoint(combined, fingerprint or first.fingerprint, signers)
    return combined


def verify_checkpoint(checkpoint: Checkpoint, fingerprint: bytes, signers: SignerSet) -> None:
    """Check that enough signers vouch, each once, and that nobody else is named.

    Raises CheckpointInvalid.
    """
    if checkpoint.fingerprint != fingerprint:
        raise CheckpointInvalid("it is of another network")
    _check_signatures(checkpoint, signers)
    if len(checkpoint.signatures) < signers.threshold:
        raise CheckpointInvalid(
            f"{len(checkpoint.signatures)} signed, and it takes {signers.threshold}"
        )


def _check_signatures(checkpoint: Checkpoint, signers: SignerSet) -> None:
    named = [signed.signer for signed in checkpoint.signatures]
    if named != sorted(named):
        raise CheckpointInvalid("its signatures are not in order")
    if len(set(named)) != len(named):
        raise CheckpointInvalid("one signer is there twice")
    if not set(named) <= set(signers.keys):
        raise CheckpointInvalid("one who signed is no signer of the network")
    message = _message(checkpoint)
    for signed in checkpoint.signatures:
        try:
            verify(signed.signer, _DOMAIN, message, signed.signature)
        except SignatureError as error:
            raise CheckpointInvalid("a signature does not match") from error


def decode_checkpoint(value: object) -> Checkpoint:
    """Read `Checkpoint.values` from decoded CBOR. Raises CodecError."""
    version, fingerprint, block, block_hash, signatures = codec.fields(value, 5, "checkpoint")
    if not codec.is_number(version, _VERSION):
        raise CodecError("checkpoint is of another version")
    return Checkpoint(
        codec.octets(fingerprint, 32, "fingerprint"),
        codec.natural(block, "block", block_number_max),
        codec.octets(block_hash, 32, "block hash"),
        tuple(_signed(entry) for entry in codec.items(signatures, "signatures", signers_max)),
    )


def checkpoint_text(checkpoint: Checkpoint) -> str:
    """A checkpoint as one line of text, without a line end: what files hold."""
    encoded = base64.urlsafe_b64encode(codec.encode(checkpoint.values()))
    return _PREFIX + encoded.rstrip(b"=").decode()


def parse_checkpoint(text: str) -> Checkpoint:
    """Read a checkpoint's line; white space around it is left away. Raises CheckpointInvalid."""
    text = text.strip(" \t\r\n")
    if not text.startswith(_PREFIX):
        raise CheckpointInvalid("it is none, or of another version")
    payload = text.removeprefix(_PREFIX)
    if len(payload) > checkpoint_size_bytes_max or not re.fullmatch(r"[A-Za-z0-9_-]+", payload):
        raise CheckpointInvalid("it is too long, or has characters that none has")
    try:
        data = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        checkpoint = decode_checkpoint(codec.decode(data))
    except (CodecError, ValueError) as error:
        raise CheckpointInvalid("it is cut off or changed") from error
    if checkpoint_text(checkpoint) != text:
        raise CheckpointInvalid("it is cut off or changed")
    return checkpoint


def _signed(value: object) -> Signed:
    signer, signature = codec.fields(value, 2, "signature")
    return Signed(
        DeviceKey(codec.octets(signer, 32, "signer")),
        codec.octets(signature, SIGNATURE_SIZE_BYTES, "signature"),
    )


def _message(checkpoint: Checkpoint) -> bytes:
    return codec.encode([checkpoint.fingerprint, checkpoint.block, checkpoint.block_hash])
