"""Session certificates that practitioners signed on this device (DESIGN section 4)."""

from node.store.database import Database
from sync.certificate import Certificate, parse_certificate
from sync.identifiers import CertificateId, DeviceKey, InstanceId


class Certificates:
    """Certificates by id, and the one that lends a name now."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def add(self, certificate: Certificate) -> None:
        """Keep a certificate."""
        self._database.write(
            "INSERT INTO certificates (id, practitioner, instance, until, encoded)"
            " VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            (
                certificate.id,
                certificate.practitioner,
                certificate.instance,
                certificate.until_milliseconds,
                certificate.encoded(),
            ),
        )

    def get(self, certificate: CertificateId) -> Certificate | None:
        """A certificate by its id, or None."""
        encoded = self._database.value(
            "SELECT encoded FROM certificates WHERE id = ?", (certificate,)
        )
        return None if encoded is None else parse_certificate(encoded)

    def current(
        self, practitioner: DeviceKey, instance: InstanceId, at_milliseconds: int
    ) -> Certificate | None:
        """The certificate of a person and instance that holds at a time, the longest; or None."""
        for (encoded,) in self._database.rows(
            "SELECT encoded FROM certificates WHERE practitioner = ? AND instance = ?"
            " AND until >= ? ORDER BY until DESC",
            (practitioner, instance, at_milliseconds),
        ):
            certificate = parse_certificate(encoded)
            if certificate.covers(certificate.device, instance, at_milliseconds):
                return certificate
        return None
