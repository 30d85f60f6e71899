"""`satchel lanes`: each resource's lane, rule and place, and nothing else of it."""

import gzip
import json
from pathlib import Path

import pytest
from satchel_process import Satchel

from node.fhir.placement.explaining import Explanation
from node.fhir.placement.lists import NAMES_LIST, SENSITIVE_LISTS

SECRET = "Quillonbury"
PATIENT = {"resourceType": "Patient", "id": "p", "name": [{"family": SECRET}]}
HIV = {
    "resourceType": "Condition",
    "id": "c",
    "subject": {"reference": "Patient/p"},
    "code": {
        "coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "B24"}],
        "text": SECRET,
    },
}
WEIGHT = {
    "resourceType": "Observation",
    "id": "w",
    "status": "final",
    "subject": {"reference": "Patient/p"},
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
}
MEDICINE = {
    "resourceType": "MedicationRequest",
    "id": "m",
    "status": "active",
    "intent": "order",
    "subject": {"reference": "Patient/p"},
    "medicationReference": {"reference": "Medication/art"},
}
MEDICATION = {"resourceType": "Medication", "id": "art", "code": {"text": "Dolutegravir"}}


def bundle(*resources: object) -> bytes:
    entries = [{"resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries}).encode()


def test_each_resource_is_told_with_its_lane_rule_and_place_and_no_other_content(
    riverside: Satchel, tmp_path: Path
) -> None:
    file = tmp_path / "visit.json"
    file.write_bytes(bundle(PATIENT, HIV, WEIGHT, MEDICINE, MEDICATION))
    told = riverside.done("lanes", "explain", str(file))
    assert told.lines == [
        "lane       rule                        resource",
        "summary    summary type                Patient/p",
        "sensitive  code hiv                    Condition/c",
        "           at code.coding[0]",
        "care       otherwise                   Observation/w",
        "sensitive  medication antiretroviral   MedicationRequest/m",
        "           at medicationReference",
        "sensitive  name antiretroviral         Medication/art",
        "           at code.text",
    ]
    assert told.err == "satchel: 5 resources: 1 summary, 1 care, 3 sensitive\n"
    assert SECRET not in told.out + told.err
    assert riverside.done("chart", "list", "--json").json == []


def test_json_says_the_same_also_of_gzip_and_of_a_lane_that_is_named(
    riverside: Satchel, tmp_path: Path
) -> None:
    file = tmp_path / "visit.ndjson.gz"
    lines = [json.dumps(one) for one in (PATIENT, HIV)]
    file.write_bytes(gzip.compress("\n".join(lines).encode()))
    told = riverside.done("lanes", "explain", str(file), "--json").json
    assert told["lanes"] == {"summary": 1, "care": 0, "sensitive": 1}
    assert told["resources"][1] == {
        "resource": "Condition/c",
        "lane": "sensitive",
        "rule": "code",
        "detail": "hiv",
        "place": "code.coding[0]",
        "position": "line 2",
    }
    forced = riverside.done("lanes", "explain", str(file), "--lane", "care", "--json").json
    assert {one["rule"] for one in forced["resources"]} == {"forced"}


def test_what_cannot_be_taken_is_told_with_exit_codes_three_and_four(
    riverside: Satchel, tmp_path: Path
) -> None:
    file = tmp_path / "half.json"
    file.write_bytes(bundle(PATIENT, {"resourceType": "Nothing", "secret": SECRET}))
    told = riverside.run("lanes", "explain", str(file))
    assert told.code == 3
    assert "entry[1]: the resourceType is none of FHIR R4" in " ".join(told.out.split())
    assert SECRET not in told.out + told.err
    file.write_bytes(b"\xff" + SECRET.encode())
    told = riverside.run("lanes", "explain", str(file))
    assert told.code == 4
    assert SECRET not in told.out + told.err
    assert riverside.run("lanes", "explain", str(tmp_path / "absent")).code == 7


def test_an_explanation_agrees_with_what_an_import_does(riverside: Satchel, tmp_path: Path) -> None:
    file = tmp_path / "visit.json"
    file.write_bytes(bundle(PATIENT, HIV, WEIGHT, MEDICINE, MEDICATION))
    told = riverside.done("lanes", "explain", str(file), "--json").json
    taken = riverside.done("import", str(file), "--json").json
    held = {}
    for chart in taken["chart_ids"]:
        for one in riverside.done("chart", "show", chart, "--json").json["resources"]:
            held[f"{one['type']}/{one['id']}"] = one["lane"]
    assert held == {one["resource"]: one["lane"] for one in told["resources"]}
    assert held["Condition/c"] == held["MedicationRequest/m"] == "sensitive"


def test_the_rules_are_listed_in_order_with_their_lists_and_sources(riverside: Satchel) -> None:
    rules = riverside.done("lanes", "list", "--json").json
    assert [one["rule"] for one in rules] == [
        "forced", "label", "code", "name", "medication", "summary type", "summary code",
        "otherwise",
    ]  # fmt: skip
    lists = {one["name"]: one for rule in rules for one in rule["lists"]}
    assert {*SENSITIVE_LISTS, NAMES_LIST} < set(lists)
    assert all(one["codes"] and one["sources"] and one["title"] for one in lists.values())
    text = riverside.done("lanes", "list")
    assert text.out.startswith("1. forced: ")
    assert all(len(line) <= 80 for line in text.lines)


def test_memory_of_an_explanation_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.fhir.placement.explaining.explained_listed_max", 10)
    monkeypatch.setattr("node.fhir.placement.explaining.explained_window_size_bytes", 1000)
    told = Explanation("many.ndjson", None)
    heard: list[int] = []
    for number in range(50):
        line = json.dumps(WEIGHT | {"id": f"w{number}"}) + "\n" + '{"resourceType":"X"}\n'
        told.feed(line.encode(), lambda _what, done, _total: heard.append(done))
    result = told.finish(lambda _what, done, total: heard.append(done))
    assert isinstance(result["resources"], list)
    assert isinstance(result["rejected"], list)
    assert (len(result["resources"]), len(result["rejected"])) == (10, 10)
    assert result["lanes"] == {"summary": 0, "care": 50, "sensitive": 0}
    assert result["rejected_count"] == 50
    assert heard == sorted(heard)
    assert heard[-1] == 50
