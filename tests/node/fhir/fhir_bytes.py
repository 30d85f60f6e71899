"""FHIR as bytes, for tests of the reader."""

import json


def patient(number: int, **more: object) -> bytes:
    made = {"resourceType": "Patient", "id": f"p{number}", "birthDate": "1990-01-02", **more}
    return json.dumps(made).encode()


def observation(number: int, **more: object) -> bytes:
    made = {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"text": "weight"},
        "subject": {"reference": "Patient/p1"},
        "valueQuantity": {"value": 71.5, "unit": "kg"},
        **more,
    }
    return json.dumps(made).encode()


def bundle(*resources: bytes, kind: str = "collection") -> bytes:
    entries = b",".join(b'{"resource":%b}' % resource for resource in resources)
    return b'{"resourceType":"Bundle","type":"%b","entry":[%b]}' % (kind.encode(), entries)
