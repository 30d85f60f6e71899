"""Receipts: a device's signed word on what it had when a session ended (DESIGN section 7.6)."""

from dataclasses import dataclass

from sync.codec import decode, encode, fields, is_number, octets
from sync.errors import CodecError, SessionError, SignatureError
from sync.identifiers import DeviceKey
from sync.signing import SIGNATURE_SIZE_BYTES, Signer, verify

DOMAIN = "receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one device held of all that it shares with another, after one session.

    `nonces` are both hellos' (the initiator's first); the roots those of a hello.
    """

    device: DeviceKey
    peer: DeviceKey
    nonces: bytes
    access_root: bytes
    content_root: bytes

    def _statement(self) -> list[object]:
        return [1, self.device, self.peer, self.nonces, self.access_root, self.content_root]

    def signed(self, signer: Signer) -> bytes:
        """The signed bytes, by the device itself."""
        signature = signer.sign(DOMAIN, encode(self._statement()))
        return encode([*self._statement(), signature])


def parse_receipt(data: bytes) -> Receipt:
    """Decode and verify a receipt, or raise SessionError."""
    try:
        parts = fields(decode(data), 7, "receipt")
        receipt = Receipt(
            DeviceKey(octets(parts[1], 32, "device")),
            DeviceKey(octets(parts[2], 32, "peer")),
            octets(parts[3], 32, "nonces"),
            octets(parts[4], 32, "access root"),
            octets(parts[5], 32, "content root"),
        )
        signature = octets(parts[6], SIGNATURE_SIZE_BYTES, "signature")
        verify(receipt.device, DOMAIN, encode(receipt._statement()), signature)
    except (CodecError, SignatureError) as error:
        raise SessionError(f"receipt does not verify: {error}") from error
    if not is_number(parts[0], 1):
        raise SessionError("receipt is of another version")
    return receipt
