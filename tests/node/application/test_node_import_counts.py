"""Imports of anything in any pieces: each resource is accounted for, no chart has two people."""

import json
import random

import pytest
from clinics import Make, Resource, allergy, as_file, observation, patient
from derived_rows import assert_lists_are_right

from node.application.importing import intake
from node.application.progress import quiet

PEOPLE = (("Amina Diallo", "1984-03-02"), ("Binh Nguyen", "2001-09-09"))


def some_resource(draw: random.Random, identity: str) -> Resource:
    whose = str(draw.randrange(3))
    number = {"system": "urn:x", "value": str(draw.randrange(3))}
    match draw.randrange(8):
        case 0:
            person = patient(whose, *draw.choice(PEOPLE))
            return {**person, "active": draw.random() < 0.5, "identifier": [number]}
        case 1:
            return {**observation(identity, whose), "subject": {"identifier": number}}
        case 2:
            return {
                "resourceType": "Provenance",
                "id": identity,
                "target": [{"reference": f"Observation/s{draw.randrange(6)}"}],
                "recorded": "2020-01-01T00:00:00Z",
                "agent": [{"who": {"display": "a clerk"}}],
            }
        case 3:
            return {**observation(identity, whose), "status": 7}
        case 4:
            return allergy(identity, whose)
        case 5:
            return {"resourceType": "Organization", "id": identity, "name": "Hill"}
        case _:
            return observation(identity, whose, draw.randrange(100))


def some_resources(draw: random.Random, file: int) -> list[Resource]:
    """Some have ids of their own, and some meet others in this file or another."""
    return [
        some_resource(draw, f"{file}-{number}" if draw.random() < 0.7 else f"s{draw.randrange(6)}")
        for number in range(draw.randint(1, 14))
    ]


def bundle_of(kind: str, resources: list[Resource]) -> bytes:
    entries = [
        {"resource": one, "request": {"method": "PUT", "url": f"{one['resourceType']}/{one['id']}"}}
        for one in resources
    ]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def some_file(draw: random.Random, file: int) -> tuple[str, bytes, int]:
    """A label, a file, and how many resources are in it."""
    resources = some_resources(draw, file)
    form = draw.choice(("lines", "lines of transactions", "transaction", "collection", "batch"))
    if form == "lines":
        return "x.ndjson", as_file(*resources), len(resources)
    once = list({(one["resourceType"], one["id"]): one for one in resources}.values())
    if form != "lines of transactions":
        return "x.json", bundle_of(form, once), len(once)
    half = len(once) // 2
    parts = [part for part in (once[:half], once[half:]) if part]
    return "x.ndjson", b"\n".join(bundle_of("transaction", part) for part in parts), len(once)


def make_windows_small(draw: random.Random, patched: pytest.MonkeyPatch) -> None:
    patched.setattr(intake, "import_window_size_bytes", draw.choice((1, 400, 2000)))
    patched.setattr(intake, "import_batch_resources_max", draw.choice((1, 3)))
    patched.setattr(intake, "import_line_look_ahead_bytes", draw.choice((1, 500)))
    patched.setattr(intake, "import_look_ahead_bytes", draw.choice((1, 500)))


@pytest.mark.parametrize("seed", range(40))
def test_each_resource_is_taken_or_refused_and_no_chart_has_two_people(
    clinic: Make, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    a = clinic("A")
    draw = random.Random(seed)
    if draw.random() < 0.6:
        make_windows_small(draw, monkeypatch)
    for file in range(draw.randint(1, 4)):
        label, content, count = some_file(draw, file)
        taking = a.node.import_open(label)
        step = draw.choice((50, 300, 1_000_000))
        for at in range(0, len(content), step):
            taking.feed(content[at : at + step], quiet)
            while taking.ready:
                taking.commit(quiet)
        done = taking.finish(quiet)
        assert int(str(done["accepted"])) + int(str(done["rejected_count"])) == count
        if draw.random() < 0.3:
            a.restart()
    assert_lists_are_right(a)
    for chart in a.charts():
        held = a.resources(chart, history=True)
        assert len({one["birthDate"] for one in held if one["resourceType"] == "Patient"}) <= 1
