"""Patient summaries of whole nodes: complete, valid, honest about conflicts, quarantine, lanes."""

import json
from pathlib import Path
from typing import Any

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Make,
    Resource,
    Three,
    Two,
    allergy,
    as_file,
    bundles,
    level,
    observation,
    patient,
    prescription,
    synced,
)
from summary_reading import (
    assert_holds_all_active,
    expected,
    in_files,
    in_text,
    listed,
    subject_of,
    unresolved,
)

from node.application.errors import BadRequest
from node.fhir.schema import schema_flaw
from node.keystore.secrets import NodeKind
from scenarios.population import Population

TESTDATA = Path(__file__).parents[4] / "shared" / "testdata"
shared_data = pytest.mark.skipif(not TESTDATA.is_dir(), reason="no ../shared/testdata here")

ALLERGIES, MEDICINES, PROBLEMS = "48765-2", "10160-0", "11450-4"


def summaries(clinic: Clinic, chart: str | None = None) -> list[Resource]:
    lines = list(clinic.node.export(chart, form="ips", history=False))
    assert all(line.endswith(b"\n") and line.count(b"\n") == 1 for line in lines)
    return [json.loads(line) for line in lines]


def the_summary(clinic: Clinic) -> Resource:
    (found,) = summaries(clinic)
    assert schema_flaw(found) is None
    return found


def words(document: Resource, section: str | None = None) -> str:
    composition = document["entry"][0]["resource"]
    if section is None:
        return str(composition["text"]["div"])
    (found,) = [
        one for one in composition["section"] if one["code"]["coding"][0]["code"] == section
    ]
    return str(found["text"]["div"])


def ids(document: Resource, section: str) -> list[str]:
    return [one["id"] for one in listed(document)[section]]


def take_all(clinic: Clinic, files: list[tuple[str, bytes]], source: str | None = None) -> None:
    for name, content in files:
        assert clinic.node.import_file(name, content, source=source)["rejected"] == []


def assert_summed_up(clinic: Clinic, texts: list[str]) -> int:
    """Each patient's summary is valid, whole in itself, and lists what is active in the source."""
    documents = summaries(clinic)
    for document in documents:
        assert schema_flaw(document) is None
        assert unresolved(document) == []
    found = (resource for text in texts for resource in in_text(text))
    return assert_holds_all_active(documents, expected(found))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_made_up_patients_are_summed_up_with_all_that_is_active(clinic: Make, seed: int) -> None:
    a = clinic("A")
    files = bundles(seed, 6)
    take_all(a, [("directory.ndjson", as_file(*Population(seed).directory))])
    take_all(a, [(f"{place}.json", content) for place, content in enumerate(files)])
    assert assert_summed_up(a, [content.decode() for content in files]) > 6


@shared_data
@pytest.mark.parametrize("folder", ["bundles", "bulk-10"])
def test_synthea_patients_are_summed_up_with_all_that_is_active(clinic: Make, folder: str) -> None:
    a = clinic("A")
    files = sorted((TESTDATA / "synthea" / folder).glob("*json"))
    take_all(a, [(file.name, file.read_bytes()) for file in files], source=folder)
    active = assert_summed_up(a, [file.read_text() for file in files])
    assert active > 30


@shared_data
@pytest.mark.parametrize(
    "name",
    [
        "hl7-bundle-minimal",
        "hl7-bundle-no-info-required-sections",
        "ritikarawlani-Bundle-IPS-examples-Bundle-01",
    ],
)
def test_a_summary_of_others_comes_in_and_goes_out_again(clinic: Make, name: str) -> None:
    a = clinic("A")
    file = TESTDATA / "fhir" / "ips" / f"{name}.json"
    take_all(a, [(file.name, file.read_bytes())])
    document = the_summary(a)
    wanted = expected(in_files([file]))[subject_of(document)["id"]].by_section
    for section, identities in wanted.items():
        assert set(ids(document, section)) == identities
    assert unresolved(document) == []


def test_a_summary_of_ours_comes_in_elsewhere_and_sums_up_the_same(two: Two) -> None:
    a, b = two
    (content,) = bundles(5, 1)
    take_all(a, [("one.json", content)])
    (line,) = a.node.export(None, form="ips", history=False)
    assert b.node.import_file("summary.json", line, source="A")["rejected"] == []
    (again,) = [one for one in summaries(b) if subject_of(one).get("name")]
    first = json.loads(line)
    for section in (ALLERGIES, MEDICINES, PROBLEMS):
        mine = [one for one in ids(first, section) if one in content.decode()]
        theirs = [one for one in ids(again, section) if one in content.decode()]
        assert mine == theirs
    assert schema_flaw(again) is None


def test_a_conflict_between_two_clinics_is_listed_with_both_readings(two: Two) -> None:
    a, b = two
    before = prescription("m", "p1")
    a.take(patient("p1"), before)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    (chart,) = a.charts()
    a.add(chart, {**before, "dosageInstruction": [{"text": "10 mg daily"}]})
    b.add(chart, {**before, "status": "stopped"})
    level(a, b)
    for one in (a, b):
        document = the_summary(one)
        assert ids(document, MEDICINES) == ["m"]
        told = words(document, MEDICINES)
        assert "CONFLICT, not settled" in told
        assert "10 mg daily" in told
        assert "stopped" in told
        (entry,) = listed(document)[MEDICINES]
        assert entry["meta"]["tag"][0]["code"] == "conflicting"
        assert "Conflicts not settled among what is listed: 1." in words(document)


def quarantined_at(a: Clinic, b: Clinic, before: list[Resource], late: list[Resource]) -> Resource:
    """B writes after its access had ended; what A's summary says then."""
    a.take(patient("p1"), *before)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = a.charts()
    a.node.revoke("all", from_="B")
    b.add(chart, *late)
    synced(b, a)
    assert a.quarantined()
    return the_summary(a)


def test_quarantined_allergies_and_medicines_are_listed_as_unverified(two: Two) -> None:
    a, b = two
    late = [allergy("late", "p1", "Latex"), prescription("also", "p1")]
    document = quarantined_at(a, b, [allergy("a", "p1")], late)
    assert sorted(ids(document, ALLERGIES)) == ["a", "late"]
    assert ids(document, MEDICINES) == ["also"]
    for section, identity in ((ALLERGIES, "late"), (MEDICINES, "also")):
        told = words(document, section)
        assert "UNVERIFIED:" in told
        assert "written by B, whose access had ended" in told
        (entry,) = [one for one in listed(document)[section] if one["id"] == identity]
        assert entry["meta"]["tag"][0]["code"] == "unverified"
        pointers = ("meta", "patient", "subject")  # B's own source: pointed at the one patient
        clinical = {name: value for name, value in entry.items() if name not in pointers}
        assert clinical in [
            {name: value for name, value in one.items() if name not in pointers} for one in late
        ]
    assert unresolved(document) == []


def test_a_quarantined_stop_and_refutation_end_nothing(two: Two) -> None:
    a, b = two
    held = [allergy("a", "p1"), prescription("m", "p1")]
    late: list[dict[str, Any]] = [
        {**held[0], "verificationStatus": {"coding": [{"code": "refuted"}]}},
        {**held[1], "status": "stopped"},
    ]
    document = quarantined_at(a, b, held, late)
    assert ids(document, ALLERGIES) == ["a"]
    assert ids(document, MEDICINES) == ["m"]
    assert "refuted" in words(document, ALLERGIES)
    assert "stopped" in words(document, MEDICINES)
    assert listed(document)[MEDICINES] == [held[1]]


def test_lanes_that_were_not_given_are_named_and_the_rest_is_summed_up(two: Two) -> None:
    a, b = two
    a.take(patient("p1"), allergy("a", "p1"), observation("o", "p1"))
    a.node.grant("all", to="B", lanes=["summary"], history=True)
    synced(b, a)
    document = the_summary(b)
    assert ids(document, ALLERGIES) == ["a"]
    assert "made without the care lane" in words(document)
    assert "made without the sensitive lane" in words(document)
    assert "made without" not in words(the_summary(a))


def test_a_relay_makes_no_summary_and_says_that_it_left_one_out(carried: Three) -> None:
    a, _, r = carried
    a.take(patient("p1"))
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    synced(r, a)
    exporting = r.node.export(None, form="ips", history=False)
    with pytest.raises(StopIteration) as ended:
        next(exporting)
    counted = ended.value.value
    assert (counted["charts"], counted["left_out"]) == (0, 1)


def test_another_organisations_directory_cannot_rename_a_medicine(two: Two) -> None:
    a, b = two
    order = {**prescription("m", "p1"), "medicationReference": {"reference": "Medication/x"}}
    del order["medicationCodeableConcept"]
    pill: Resource = {"resourceType": "Medication", "id": "x", "code": {"text": "Warfarin"}}
    a.take(patient("p1"), order, source="shared")
    b.take({**pill, "code": {"text": "Aspirin"}}, source="shared")
    b.node.grant("all", to="A", lanes=ALL_LANES, history=True)
    synced(a, b)
    assert "Aspirin" not in words(the_summary(a), MEDICINES)
    a.take(pill, source="shared")
    assert "Warfarin" in words(the_summary(a), MEDICINES)


def test_the_allergies_of_a_linked_chart_are_told(clinic: Make) -> None:
    a = clinic("A")
    a.take(patient("p1"), allergy("mine", "p1", "Penicillin"))
    a.take(patient("p2"), allergy("theirs", "p2", "Latex"))
    one, other = a.charts()
    a.node.people.link(one, other)
    for chart, beside in ((one, other), (other, one)):
        (document,) = summaries(a, chart)
        assert len(ids(document, ALLERGIES)) == 1
        here = "Latex" if "Latex" in words(document, ALLERGIES) else "Penicillin"
        there = {"Latex": "Penicillin", "Penicillin": "Latex"}[here]
        assert f"Chart {beside} is linked as the same person" in words(document)
        assert f"Allergies there: {there} (criticality high)." in words(document)
        assert schema_flaw(document) is None


def test_what_makes_no_sense_is_refused(clinic: Make) -> None:
    a = clinic("A")
    a.take(patient("p1"), {"resourceType": "Organization", "id": "o", "name": "Hill"})
    (directory,) = set(a.chart_ids()) - set(a.charts())
    for chart, form, history in (
        (None, "ips", True),
        (directory, "ips", False),
        (None, "x", False),
    ):
        with pytest.raises(BadRequest):
            next(a.node.export(chart, form=form, history=history))
    assert len(summaries(a)) == 1


def test_an_export_with_history_is_a_valid_bundle_in_causal_order(clinic: Make) -> None:
    a = clinic("A", NodeKind.CLINIC)
    a.take(patient("p1"))
    (chart,) = a.charts()
    for dose in ("5 mg", "10 mg", "20 mg"):
        a.clock.milliseconds -= 3_600_000  # whatever the clock says
        a.add(chart, prescription("m", "p1", dose))
    content = b"".join(a.node.export(None, form="bundle", history=True))
    document = json.loads(content)
    assert schema_flaw(document) is None
    versions = [one for one in document["entry"] if one["resource"]["id"] == "m"]
    doses = [one["resource"]["dosageInstruction"][0]["text"] for one in versions]
    assert doses == ["5 mg", "10 mg", "20 mg"]
    assert [one["response"]["etag"] for one in versions] == ['W/"1"', 'W/"2"', 'W/"3"']
    shown = json.loads(b"".join(a.node.export(None, form="bundle", history=False)))
    assert schema_flaw(shown) is None
    assert len(shown["entry"]) == 2
