"""Content that is well signed and senseless must not stop lists, pages, exports or a start."""

from typing import Any

import pytest
from clinics import Clinic, Two, observation, patient, synced
from malice import author_of, granted, keep

from sync.change import Change, ChangeKind, ChangeRef, Entry, Part
from sync.clock import STAMP_MAX
from sync.grantee import Right
from sync.identifiers import DeviceKey, OperationId

PATIENT = b'{"resourceType":"Patient","id":"p1"'
CONTENTS = {
    "a lone surrogate in a name": PATIENT + b',"name":[{"family":"\\ud800x","given":["\\udfff"]}]}',
    "a lone surrogate in a birth date": PATIENT + b',"birthDate":"\\ud800"}',
    "a lone surrogate in an identifier": PATIENT
    + b',"identifier":[{"system":"\\ud800","value":"\\ud801"}]}',
    "a lone surrogate in a telecom": PATIENT
    + b',"telecom":[{"system":"phone","value":"\\ud801"}]}',
    "a nul in a name": PATIENT + b',"name":[{"family":"a\\u0000b"}]}',
    "names of other shapes": PATIENT
    + b',"name":{"family":[1,{"a":2}]},"birthDate":[3],"gender":{"a":1}}',
    "a number of many digits": PATIENT + b',"multipleBirthInteger":' + b"9" * 6000 + b"}",
    "a large exponent": PATIENT + b',"multipleBirthInteger":1e999999999999}',
    "numbers that are none": PATIENT + b',"multipleBirthInteger":NaN,"a":-Infinity}',
    "deep": PATIENT + b',"a":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "no json": b"\xff\xfe",
    "not an object": b"[]",
    "nothing": b"",
    "a name many times": PATIENT + b',"name":[' + b",".join([b'{"family":"x"}'] * 2000) + b"]}",
    "a long name": PATIENT + b',"name":[{"family":"' + b"x" * 40000 + b'"}]}',
    "a null name": PATIENT
    + b',"name":[null,1,"a",{"family":null,"given":"x"},{"given":[null,1]}]}',
    "coding of other shapes": PATIENT
    + b',"identifier":[null,3,{"value":7}],"telecom":[null,{"value":null}],"deceasedBoolean":"x"}',
}


def poisoned(
    b: Clinic, chart: str, *changes: Change, stamp: int | None = None, **parts: Any
) -> None:
    """B writes an entry of these changes, `parts` of it replaced, unchecked."""
    author = author_of(b, chart)
    lane = author.replica.charter.lane("summary")
    said = {"transaction": bytes(16), "part": None, "practitioner": None, "certificate": None}
    entry = Entry(**(said | parts), changes=changes)
    with pytest.MonkeyPatch.context() as patch:
        if stamp is not None:
            patch.setattr("sync.chart.place.tick", lambda *_: stamp)
        under, epoch = author.standing(Right.APPEND, lane), author._epoch(lane)
        author._append(lane, under, epoch, entry.encoded(), None)
    keep(b, author)


def looked_at(a: Clinic, chart: str) -> None:
    a.node.settle()
    a.restart()
    a.node.charts()
    a.node.chart_show(chart)
    a.node.chart_history(chart)
    a.node.conflicts()
    a.node.quarantine()
    a.node.search("Okafor")
    for form in ("ndjson", "bundle"):
        for history in (False, True):
            list(a.node.export(None, form=form, history=history))
    a.node.doctor()
    assert a.node.audit_verify()["ok"]
    a.add(chart, observation("after", "p1"))
    a.add(chart, patient("p1", "Amara Okafor", "1981-01-01"))
    a.node.charts()


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("superseding", [True, False])
def test_content_of_any_shape_stops_nothing(two: Two, name: str, superseding: bool) -> None:
    a, b = two
    chart = granted(a, b)
    source = a.organisation
    supersedes: tuple[ChangeRef, ...] = ()
    if superseding:
        held = next(
            h
            for h in b.node._contents.of(b._charts.find(chart)).resources()
            if h.view.key.id == "p1"
        )
        supersedes = tuple(held.view.supersedes_for(["name", "birthDate"]))
    poisoned(
        b,
        chart,
        Change(
            ChangeKind.PUT,
            source,
            "Patient",
            "p1",
            CONTENTS[name],
            ("name", "birthDate", "identifier"),
            supersedes,
        ),
    )
    synced(b, a)
    looked_at(a, chart)


@pytest.mark.parametrize("stamp", [0, STAMP_MAX, STAMP_MAX - 0xFFFF, 1 << 63])
def test_stamps_of_any_size_stop_nothing(two: Two, stamp: int) -> None:
    a, b = two
    chart = granted(a, b)
    poisoned(
        b,
        chart,
        Change(
            ChangeKind.PUT,
            a.organisation,
            "Patient",
            "p1",
            b'{"resourceType":"Patient","id":"p1","birthDate":"1999-01-01"}',
            ("birthDate",),
            (),
        ),
        stamp=stamp,
    )
    synced(b, a)
    looked_at(a, chart)


@pytest.mark.parametrize(
    "names",
    [
        ("Pati ent", "x\ny"),
        ("", ""),
        ("Patient", "\x00"),
        ("Observation", "../../x"),
        ("Patient", "p1\u202e"),
        ("\u0000", "\uffff"),
        ("Patient", "a/b/c"),
    ],
)
def test_names_of_any_characters_stop_nothing(two: Two, names: tuple[str, str]) -> None:
    a, b = two
    chart = granted(a, b)
    kind, identity = names
    poisoned(
        b,
        chart,
        Change(
            ChangeKind.PUT,
            "\x00\n",
            kind,
            identity,
            b'{"resourceType":"Patient","id":"p1","birthDate":"1999-01-01"}',
            ("", "birthDate", "\x00"),
            (ChangeRef(OperationId(bytes.fromhex("01711220") + bytes(32)), 2**40),),
        ),
    )
    poisoned(b, chart, Change(ChangeKind.RESOLVE, a.organisation, "Patient", "p1", b"", (), ()))
    synced(b, a)
    looked_at(a, chart)


def test_a_certificate_of_any_bytes_stops_nothing(two: Two) -> None:
    a, b = two
    chart = granted(a, b)
    change = Change(
        ChangeKind.PUT,
        a.organisation,
        "Patient",
        "p1",
        b'{"resourceType":"Patient","id":"p1","birthDate":"1999-01-01"}',
        ("birthDate",),
        (),
    )
    poisoned(
        b,
        chart,
        change,
        certificate=b"\xff" * 9,
        practitioner=DeviceKey(bytes(32)),
        part=Part(3, 2**20),
    )
    poisoned(b, chart, change, change, part=Part(0, 1))
    synced(b, a)
    looked_at(a, chart)
