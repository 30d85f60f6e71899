"""Session certificates: a practitioner lends their name to a device instance for a shift.

DESIGN section 4. The header of an operation names the certificate by hash; the first operation
that uses one carries it in its body, so that every reader of the lane can check it.
"""

from dataclasses import dataclass

from sync.codec import decode, encode, fields, is_number, natural, octets
from sync.errors import CertificateError, CodecError, SignatureError
from sync.identifiers import CertificateId, DeviceKey, InstanceId, hashed
from sync.limits import certificate_age_seconds_max
from sync.signing import Signer, verify

DOMAIN = "session-certificate"


@dataclass(frozen=True, slots=True)
class Certificate:
    """A practitioner's signed statement that a device instance acts for them for a while."""

    practitioner: DeviceKey
    device: DeviceKey
    instance: InstanceId
    from_milliseconds: int
    until_milliseconds: int
    signature: bytes

    def encoded(self) -> bytes:
        """The bytes that are hashed and carried."""
        return encode([*_statement(self), self.signature])

    @property
    def id(self) -> CertificateId:
        """What a header names."""
        return CertificateId(hashed(DOMAIN, self.encoded()))

    def covers(self, device: DeviceKey, instance: InstanceId, at_milliseconds: int) -> bool:
        """Whether it lends the practitioner's name to an operation of this origin and time."""
        return (self.device, self.instance) == (device, instance) and (
            self.from_milliseconds <= at_milliseconds <= self.until_milliseconds
        )


def _statement(certificate: Certificate) -> list[object]:
    return [
        1,
        certificate.practitioner,
        certificate.device,
        certificate.instance,
        certificate.from_milliseconds,
        certificate.until_milliseconds,
    ]


def certify(
    practitioner: Signer, device: DeviceKey, instance: InstanceId, from_milliseconds: int
) -> Certificate:
    """Sign a certificate of the longest allowed life for a device instance."""
    from_milliseconds = max(from_milliseconds, 0)
    until = from_milliseconds + certificate_age_seconds_max * 1000
    unsigned = Certificate(practitioner.public, device, instance, from_milliseconds, until, b"")
    signature = practitioner.sign(DOMAIN, encode(_statement(unsigned)))
    return Certificate(practitioner.public, device, instance, from_milliseconds, until, signature)


def parse_certificate(data: bytes) -> Certificate:
    """Decode and verify a certificate, or raise CertificateError."""
    try:
        version, practitioner, device, instance, start, end, signature = fields(
            decode(data), 7, "certificate"
        )
        certificate = Certificate(
            DeviceKey(octets(practitioner, 32, "practitioner")),
            DeviceKey(octets(device, 32, "device")),
            InstanceId(octets(instance, 16, "instance")),
            natural(start, "start"),
            natural(end, "end"),
            octets(signature, 64, "signature"),
        )
        verify(certificate.practitioner, DOMAIN, encode(_statement(certificate)), signature)
    except (CodecError, SignatureError) as error:
        raise CertificateError(f"session certificate does not verify: {error}") from error
    life = certificate.until_milliseconds - certificate.from_milliseconds
    if not is_number(version, 1) or not 0 < life <= certificate_age_seconds_max * 1000:
        raise CertificateError("session certificate is of another version or lives too long")
    return certificate
