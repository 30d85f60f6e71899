"""Who stands behind a summary: its authors, the custodian, and a patient of whom nothing is known.

A Practitioner or Organization of the directory that carries the DID as an identifier is taken;
otherwise the little that the node knows is said, and no more.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from node.ips.codes import DATA_ABSENT, MARK, PATIENT_UNKNOWN
from node.ips.entries import json_bytes
from node.ips.holdings import Holdings
from node.ips.naming import derived_id
from node.ips.statement import Key, Maker, Resource, Statement, Told
from node.ips.wording import member, plain

_URI: Final = "urn:ietf:rfc:3986"
_NAMED: Final = re.compile(r"(?:Patient/|urn:uuid:)([A-Za-z0-9\-.]{1,64})")


@dataclass(slots=True)
class Parties:
    """Authors and custodian: statements of the directory, or resources made here."""

    authors: list[Statement | Resource] = field(default_factory=list)
    custodian: Statement | Resource | None = None

    @property
    def statements(self) -> list[Statement]:
        """Those that the directory holds."""
        listed = [*self.authors, self.custodian]
        return [one for one in listed if isinstance(one, Statement)]

    @property
    def made(self) -> list[Resource]:
        """Those that are made here, each once."""
        listed = [*self.authors, self.custodian]
        found = {str(one["id"]): one for one in listed if isinstance(one, dict)}
        return list(found.values())


def parties(maker: Maker, holdings: Holdings) -> Parties:
    """Everybody who must be named: organisation, practitioner where one is known, device."""
    organisation = _organisation(maker.organisation, maker.node_name, holdings)
    practitioner = holdings.identified("Practitioner", maker.practitioner)
    found = Parties([organisation])
    if practitioner is not None:
        found.authors.append(practitioner)
    found.authors.append(_device(maker))
    if maker.custodian == maker.organisation:
        found.custodian = organisation
    else:
        found.custodian = _organisation(maker.custodian, maker.custodian_name, holdings)
    return found


def unknown_patient(told: Told) -> Statement:
    """A Patient of whom nothing is known here, named as the chart's entries refer to it."""
    key = _referred_patient(told) or Key("", "Patient", derived_id("patient", told.chart))
    document: Resource = {
        "resourceType": "Patient",
        "id": key.id,
        "meta": {"tag": [{"system": MARK, "code": PATIENT_UNKNOWN}]},
        "name": [{"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]}],
        "_birthDate": {"extension": [{"url": DATA_ABSENT, "valueCode": "unknown"}]},
    }
    return Statement(key, "summary", json_bytes(document), document)


def _referred_patient(told: Told) -> Key | None:
    for statement in told.statements:
        for element in ("subject", "patient"):
            found = _NAMED.fullmatch(plain(member(statement.document.get(element), "reference")))
            if found:
                return Key(statement.key.source, "Patient", found[1])
    return None


def _organisation(did: str, name: str | None, holdings: Holdings) -> Statement | Resource:
    held = holdings.identified("Organization", did)
    if held is not None:
        return held
    return {
        "resourceType": "Organization",
        "id": derived_id("organisation", did),
        "identifier": [{"system": _URI, "value": did}],
        "name": name or did,
    }


def _device(maker: Maker) -> Resource:
    return {
        "resourceType": "Device",
        "id": derived_id("device", maker.device),
        "identifier": [{"system": _URI, "value": maker.device}],
        "deviceName": [{"name": maker.node_name, "type": "user-friendly-name"}],
    }
