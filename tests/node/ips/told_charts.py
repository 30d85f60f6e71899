"""Charts as a summary is made from them, written down in a test; and what came of it."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

from node.ips.document import compose_summary
from node.ips.holdings import Directory
from node.ips.statement import Key, Linked, Maker, Statement, Told, Waiting

Resource = dict[str, Any]

NOW = "2026-11-22T18:20:00Z"
MAKER = Maker("did:ethr:0xaa", "did:key:zd", "did:key:zp", "riverside", "did:ethr:0xaa", None)
XHTML = "{http://www.w3.org/1999/xhtml}"

PATIENT: Resource = {
    "resourceType": "Patient",
    "id": "p",
    "name": [{"family": "Okafor", "given": ["Amara"]}],
    "birthDate": "1980-01-01",
}


def stated(
    resource: Resource | bytes,
    *,
    source: str = "clinic",
    lane: str = "summary",
    disputed: tuple[Resource, ...] = (),
    waiting: tuple[Resource, ...] = (),
    unverified: bool = False,
) -> Statement:
    original = resource if isinstance(resource, bytes) else json.dumps(resource).encode()
    document = json.loads(original, parse_float=Decimal)
    return Statement(
        Key(source, document["resourceType"], document["id"]),
        lane,
        original,
        document,
        disputed,
        tuple(Waiting(each, "hilltop", "2026-01-01T00:00:00Z") for each in waiting),
        unverified,
    )


@dataclass
class Made:
    """A document that was made."""

    line: bytes

    @property
    def bundle(self) -> Resource:
        found: Resource = json.loads(self.line)
        return found

    @property
    def composition(self) -> Resource:
        found: Resource = self.bundle["entry"][0]["resource"]
        return found

    def section(self, code: str) -> Resource:
        (found,) = [
            one for one in self.composition["section"] if one["code"]["coding"][0]["code"] == code
        ]
        return dict(found)

    def codes(self) -> list[str]:
        return [one["code"]["coding"][0]["code"] for one in self.composition["section"]]

    def listed(self, code: str) -> list[str]:
        """The ids of a section's entries, in its order."""
        return [str(self.at(each["reference"])["id"]) for each in self.section(code)["entry"]]

    def at(self, url: str) -> Resource:
        (found,) = [entry["resource"] for entry in self.bundle["entry"] if entry["fullUrl"] == url]
        return dict(found)

    def entry(self, kind: str, identity: str) -> Resource:
        (found,) = [
            entry["resource"]
            for entry in self.bundle["entry"]
            if (entry["resource"]["resourceType"], entry["resource"]["id"]) == (kind, identity)
        ]
        return dict(found)

    def words(self, code: str = "") -> str:
        """A section's narrative as its reader sees it (the document's own without a code)."""
        text = self.section(code)["text"] if code else self.composition["text"]
        root = ElementTree.fromstring(text["div"])  # noqa: S314 (made by the code under test)
        return " ".join(" ".join(root.itertext()).split())

    def rows(self, code: str) -> list[list[str]]:
        """The cells of the body of a section's tables."""
        root = ElementTree.fromstring(self.section(code)["text"]["div"])  # noqa: S314
        return [
            ["".join(cell.itertext()) for cell in row]
            for body in root.iter(f"{XHTML}tbody")
            for row in body
        ]


def made(
    *statements: Statement | Resource,
    directory: tuple[Statement, ...] = (),
    lanes_unread: tuple[str, ...] = (),
    entries_unread: int = 0,
    patient: Resource | None = PATIENT,
    maker: Maker = MAKER,
    linked: tuple[Linked, ...] = (),
) -> Made:
    listed = [one if isinstance(one, Statement) else stated(one) for one in statements]
    known = [] if patient is None else [stated(patient)]
    told = Told("chartid", (*known, *listed), lanes_unread, entries_unread, linked=linked)
    return Made(compose_summary(told, Directory(directory), maker, NOW))


def of_patient(kind: str, identity: str, **members: Any) -> Resource:
    """A resource about the patient of these charts."""
    whose = "patient" if kind in ("AllergyIntolerance", "Immunization", "Device") else "subject"
    return {
        "resourceType": kind,
        "id": identity,
        whose: {"reference": "Patient/p"},
        **members,
    }


def coded(code: str, system: str = "http://terminology.hl7.org/CodeSystem/x") -> Resource:
    return {"coding": [{"system": system, "code": code}]}
