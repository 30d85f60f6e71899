"""Target: the record of a consent in a chart, as anybody who writes there may put it."""

import json

from node.application.patients.consent_records import (
    POLICY,
    ConsentRecord,
    consent_document,
    parse_consent,
    record_of,
)
from scenarios.soak.fuzz.target import Form, Target, says_why
from sync.errors import CodecError
from sync.grantee import RIGHTS_BY_NAME

_RECORD = ConsentRecord(
    POLICY, b"s" * 32, 3, 86_400, ("summary", "care"), RIGHTS_BY_NAME["read"], 1_900_000_000_000, ""
)


def _read(data: bytes) -> None:
    try:
        found = parse_consent(data)
    except CodecError as error:
        says_why(error)
        return
    assert parse_consent(found.encoded()) == found, "a record is read as another"
    document = json.loads(consent_document(found, active=True, at="2026-11-22T00:00:00Z"))
    assert record_of(document) == found


TARGETS = (
    Target("consent", _read, lambda: [_RECORD.encoded()], Form.CBOR,
           ("node.application.patients.consent_records:parse_consent",)),
)  # fmt: skip
