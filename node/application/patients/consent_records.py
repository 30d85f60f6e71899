"""What a consent of a patient's is, as a chart keeps it: a FHIR Consent with what the chain needs.

The record lies in the `sensitive` lane, which the fewest read and no relay does. It holds a seed,
from which the salt of its commitment and a pseudonym come that are used for it alone: whoever can
read the record can end it on chain, and nobody can link two. docs/decisions/0042-consents.md.
"""

import base64
import json
from dataclasses import dataclass
from typing import Final

from coincurve import PrivateKey

from node.application.patients.standing_policies import StandingPolicy
from sync.codec import decode, encode, fields, items, natural, octets, text
from sync.errors import CodecError
from sync.grantee import Right
from sync.identifiers import ChartId, ethereum_address, hashed

SOURCE: Final = "urn:satchel:consent"
TYPE: Final = "Consent"
LANE: Final = "sensitive"
POLICY: Final = "policy"
GRANT: Final = "grant"
_EXTENSION: Final = "urn:satchel:consent"
_SEED_SIZE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """A standing policy, or one grant that rests on consent. Its repr shows the kind only."""

    kind: str
    seed: bytes
    """32 random bytes."""
    roles: int
    """Of a policy: a bit for each role that it opens the chart to."""
    minimum_age_seconds: int
    lanes: tuple[str, ...]
    rights: Right
    until_milliseconds: int | None
    to: str
    """Of a grant: the grantee, a DID."""

    @property
    def id(self) -> str:
        """The resource's id: 32 hexadecimal digits."""
        return self.policy_id.hex()

    @property
    def policy_id(self) -> bytes:
        """16 bytes: what a grant names as its policy."""
        return hashed("consent-id", self.encoded())[:16]

    @property
    def salt(self) -> bytes:
        """32 bytes, of this consent alone."""
        return hashed("consent-salt", self.seed)

    @property
    def owner_secret(self) -> bytes:
        """The pseudonym's secp256k1 secret, of this consent alone."""
        count = 0
        while True:
            secret = hashed("consent-owner", self.seed, bytes([count]))
            try:
                PrivateKey(secret)
            except ValueError:  # one draw in 2^128
                count += 1
                continue
            return secret

    @property
    def owner(self) -> bytes:
        """The pseudonym's 20-byte address."""
        key = PrivateKey(self.owner_secret).public_key
        return bytes(ethereum_address(key.format(compressed=False)))

    def commitment(self, chart: ChartId) -> bytes:
        """What is committed to on chain: 32 bytes that say nothing without the salt."""
        if self.kind == POLICY:
            from contracts.typed_data import policy_commitment

            return bytes(policy_commitment(self.roles, self.minimum_age_seconds, self.salt))
        return hashed("consent-commitment", chart, self.terms(), self.salt)

    def commitment_id(self, chart: ChartId) -> bytes:
        """The 32-byte id under which the chain has its state."""
        from contracts.slots import commitment_id

        return bytes(commitment_id(self.owner, self.commitment(chart)))

    def standing(self) -> StandingPolicy:
        """The policy as requests are judged by it."""
        return StandingPolicy(
            id=self.policy_id,
            roles=self.roles,
            minimum_age_seconds=self.minimum_age_seconds,
            lanes=frozenset(self.lanes),
            rights=self.rights,
            owner=self.owner,
            salt=self.salt,
            until_milliseconds=self.until_milliseconds,
        )

    def encoded(self) -> bytes:
        """Canonical CBOR."""
        return self._encoded(self.seed)

    def terms(self) -> bytes:
        """The same without the seed, which is the key to end it: what an opening shows."""
        return self._encoded(None)

    def _encoded(self, seed: bytes | None) -> bytes:
        return encode(
            [
                1,
                self.kind,
                seed,
                self.roles,
                self.minimum_age_seconds,
                list(self.lanes),
                int(self.rights),
                self.until_milliseconds,
                self.to,
            ]
        )

    def __repr__(self) -> str:
        """Show the kind only: the seed links a chart to the chain."""
        return f"ConsentRecord({self.kind})"


def parse_consent(data: bytes) -> ConsentRecord:
    """What `encoded` gave, or raise CodecError."""
    version, kind, seed, roles, age, lanes, rights, until, to = fields(decode(data), 9, "consent")
    if version != 1 or kind not in (POLICY, GRANT):
        raise CodecError("a consent is of a newer version")
    return ConsentRecord(
        kind=text(kind, "kind", 16),
        seed=octets(seed, _SEED_SIZE_BYTES, "seed"),
        roles=natural(roles, "roles"),
        minimum_age_seconds=natural(age, "age", 1 << 40),
        lanes=tuple(text(lane, "lane", 16) for lane in items(lanes, "lanes", 8)),
        rights=Right(natural(rights, "rights", 15)),
        until_milliseconds=None if until is None else natural(until, "end", 1 << 48),
        to=text(to, "grantee", 200),
    )


def consent_document(record: ConsentRecord, *, active: bool, at: str) -> bytes:
    """The FHIR Consent, as it is written in the chart."""
    document: dict[str, object] = {
        "resourceType": TYPE,
        "id": record.id,
        "extension": [
            {"url": _EXTENSION, "valueBase64Binary": base64.b64encode(record.encoded()).decode()}
        ],
        "status": "active" if active else "inactive",
        "scope": {
            "coding": [
                {
                    "system": "http://terminology.hl7.org/CodeSystem/consentscope",
                    "code": "patient-privacy",
                }
            ]
        },
        "category": [{"coding": [{"system": "http://loinc.org", "code": "59284-0"}]}],
        "dateTime": at,
        "provision": {"type": "permit"},
    }
    return json.dumps(document, separators=(",", ":")).encode()


def record_of(document: dict[str, object]) -> ConsentRecord | None:
    """The record in a Consent of ours, None where it holds none that can be read."""
    extensions = document.get("extension")
    for one in extensions if isinstance(extensions, list) else []:
        if isinstance(one, dict) and one.get("url") == _EXTENSION:
            try:
                return parse_consent(base64.b64decode(str(one.get("valueBase64Binary"))))
            except (CodecError, ValueError):
                return None
    return None
