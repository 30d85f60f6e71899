"""Where imported resources go, what is new about them, and what is refused with its reason."""

import json

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Make,
    Resource,
    Two,
    allergy,
    as_file,
    bundles,
    exported,
    level,
    observation,
    patient,
    synced,
)

from node.application.errors import AmbiguousName, BadRequest, NotFound
from sync.change import Change


@pytest.fixture
def a(clinic: Make) -> Clinic:
    return clinic("A")


def changes_of(clinic: Clinic, chart: str) -> list[Change]:
    replica = clinic.replica(chart)
    found: list[Change] = []
    for operation in replica.operations.values():
        entry = None
        if operation.prefix.lane != replica.access_lane:
            entry = replica.entry(operation)
        found += [] if entry is None else entry.changes
    return found


def lanes_of(clinic: Clinic, chart: str) -> dict[str, str]:
    resources = clinic.node.chart_show(chart)["resources"]
    assert isinstance(resources, list)
    return {line["id"]: line["lane"] for line in resources}


def test_the_same_file_again_is_taken_and_nothing_new(a: Clinic) -> None:
    content = bundles(5, 1)[0]
    first = a.node.import_file("p", content)
    written = a.everything_written()
    again = a.node.import_file("p", content)
    assert first["unchanged"] == 0
    assert again["accepted"] == again["unchanged"] == first["accepted"]
    assert again["rejected"] == []
    assert again["charts"] == first["charts"]
    assert a.everything_written() == written


def test_another_layout_of_the_same_content_is_nothing_new(a: Clinic) -> None:
    a.take(patient("p1"))
    written = a.everything_written()
    other = json.dumps(dict(reversed(patient("p1").items())), indent=3).encode()
    assert a.node.import_file("p", other)["unchanged"] == 1
    assert a.everything_written() == written


def test_a_changed_element_makes_one_version_that_touches_only_it(a: Clinic) -> None:
    a.take(patient("p1"), observation("o1", "p1"))
    (chart,) = a.charts()
    before = len(changes_of(a, chart))
    done = a.take(patient("p1", born="1981-02-02"), observation("o1", "p1"))
    assert (done["accepted"], done["unchanged"]) == (2, 1)
    changes = changes_of(a, chart)
    assert len(changes) == before + 1
    (new,) = [change for change in changes if change.supersedes]
    assert new.touched == ("birthDate",)
    assert a.resource("Patient", "p1")["birthDate"] == "1981-02-02"
    assert a.conflicts() == []


def test_an_element_that_is_left_out_is_taken_away(a: Clinic) -> None:
    a.take({**patient("p1"), "gender": "female"})
    a.take(patient("p1"))
    assert "gender" not in a.resource("Patient", "p1")
    assert len(a.resources(history=True)) == 2


def test_the_original_bytes_come_out_again(a: Clinic) -> None:
    original = (
        b'{"id":"p1",  "resourceType" : "Patient","extension":[{"url":"x","valueDecimal":1.50}]}'
    )
    a.node.import_file("p", original)
    (out,) = exported(a)
    assert b"1.50" in out
    assert json.loads(out) == json.loads(original)


def test_a_record_from_another_file_joins_its_patients_chart(a: Clinic) -> None:
    a.take(patient("p1"))
    a.take(patient("p2"))
    a.take(observation("o1", "p1"))
    a.take(observation("o2", "p2"))
    (first,) = [chart for chart in a.charts() if "p1" in lanes_of(a, chart)]
    assert set(lanes_of(a, first)) == {"p1", "o1"}
    assert len(a.charts()) == 2


def test_records_may_come_before_their_patient(a: Clinic) -> None:
    a.take(observation("o1", "p1"))
    a.take(observation("o2", "p1"))
    a.take(patient("p1"))
    (chart,) = a.charts()
    assert set(lanes_of(a, chart)) == {"p1", "o1", "o2"}
    assert a.node.charts()[0]["name"] == "Amara Okafor"


def test_two_sources_with_the_same_ids_stay_two_people(a: Clinic) -> None:
    a.take(patient("1", "Ana Lima"), observation("1", "1"), source="his.example")
    a.take(patient("1", "Bo Berg"), observation("1", "1"), source="lab.example")
    a.take(patient("1", "Cy Chen"))
    assert len(a.charts()) == 3
    a.take(observation("2", "1"), source="lab.example")
    (lab,) = a.node.search("Berg")
    assert lab["resources"] == 3
    assert a.conflicts() == []
    assert len([one for one in a.resources() if one["resourceType"] == "Patient"]) == 3


def test_what_belongs_to_nobody_goes_to_the_directory(a: Clinic) -> None:
    a.take({"resourceType": "Organization", "id": "o", "name": "District hospital"})
    a.take({"resourceType": "Medication", "id": "m", "code": {"text": "Amlodipine"}})
    (directory,) = a.node.charts()
    assert (directory["name"], directory["resources"]) == ("(directory)", 2)
    assert a.charts() == []


def test_the_lane_may_be_named_and_a_resource_stays_where_it_first_was(a: Clinic) -> None:
    hiv = {**observation("hiv", "p1"), "code": {"text": "HIV 1 RNA"}}
    a.take(patient("p1"))
    a.node.import_file("s", as_file(hiv), lane="sensitive")
    (chart,) = a.charts()
    a.take({**hiv, "valueQuantity": {"value": 50}})
    a.node.import_file("s", as_file({**hiv, "valueQuantity": {"value": 60}}), lane="care")
    a.node.record_add(chart, "s", as_file({**hiv, "valueQuantity": {"value": 70}}), lane="summary")
    assert lanes_of(a, chart) == {"p1": "summary", "hiv": "sensitive"}
    assert a.resource("Observation", "hiv")["valueQuantity"]["value"] == 70
    assert len(a.resources(chart, history=True)) == 5


def test_types_go_to_the_lane_that_is_theirs(a: Clinic) -> None:
    medicine = {"medicationCodeableConcept": {"text": "x"}, "subject": {"reference": "Patient/p1"}}
    a.take(
        patient("p1"),
        allergy("al", "p1"),
        observation("ob", "p1"),
        {"resourceType": "Condition", "id": "co", "subject": {"reference": "Patient/p1"}},
        {"resourceType": "Flag", "id": "fl", "subject": {"reference": "Patient/p1"}},
        {"resourceType": "MedicationRequest", "id": "mr", **medicine},
        {"resourceType": "MedicationStatement", "id": "ms", **medicine},
        {
            "resourceType": "Encounter",
            "id": "en",
            "status": "finished",
            "class": {"code": "AMB"},
            "subject": {"reference": "Patient/p1"},
        },
    )
    (chart,) = a.charts()
    lanes = lanes_of(a, chart)
    assert {name for name, lane in lanes.items() if lane == "care"} == {"ob", "en"}
    assert set(lanes.values()) == {"summary", "care"}


LARGE = {"resourceType": "Observation", "id": "big", "note": [{"text": "x" * 60_000}]}


def test_at_the_limit_of_an_entry_a_resource_is_taken_whole_on_either_side(a: Clinic) -> None:
    a.take(patient("p1"))
    for size in range(47_000, 48_400, 100):
        one = {**observation(f"s{size}", "p1"), "note": [{"text": "x" * size}]}
        assert a.take(one)["accepted"] == 1
        assert a.resource("Observation", f"s{size}") == one
    assert a.audit_ok()


BROKEN = {
    "no JSON": b"hello",
    "empty": b"",
    "an array": b"[1, 2]",
    "no type": b'{"id": "x"}',
    "unknown type": b'{"resourceType": "Potion", "id": "x"}',
    "no UTF-8": b'{"resourceType": "Patient", "id": "\xff"}',
    "cut off": b'{"resourceType": "Patient", "id": "p1", "name": [',
    "a member twice": b'{"resourceType": "Patient", "id": "p1", "id": "p2"}',
    "nested too deep": b'{"resourceType": "Patient", "id": "p1", "x": '
    + b"[" * 5000
    + b"]" * 5000
    + b"}",
    "a bundle of nothing": b'{"resourceType": "Bundle", "type": "collection", "entry": [{}]}',
    "a bad id": b'{"resourceType": "Patient", "id": "../../etc/passwd"}',
    "a long id": b'{"resourceType": "Patient", "id": "' + b"x" * 65 + b'"}',
    "an id of another type": b'{"resourceType": "Patient", "id": 5}',
    "a null byte": b'{"resourceType": "Patient", "id": "p\x00"}',
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_refused_with_a_reason_and_changes_nothing(a: Clinic, name: str) -> None:
    a.take(patient("p1"))
    before = a.everything_written(), exported(a)
    done = a.node.import_file("broken", BROKEN[name])
    assert done["accepted"] == 0
    assert done["rejected"] or name == "empty"
    assert (a.everything_written(), exported(a)) == before
    assert a.audit_ok()


UNREADABLE: dict[str, Resource] = {
    "an element with a long name": {"x" * 300: 1},
    "more elements than a reader takes": {f"x{place}": 1 for place in range(600)},
    "a name that is no Unicode": {"\ud800": 1},
    "many long names": {f"{place:0255}": 1 for place in range(300)},
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_no_reader_would_take_is_refused_alone(two: Two, name: str) -> None:
    a, b = two
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    done = a.take({**observation("o1", "p1"), **UNREADABLE[name]}, observation("o2", "p1"))
    assert done["accepted"] == 1
    assert len(done["rejected"]) == 1
    a.restart()
    level(a, b)
    assert {one["id"] for one in a.resources()} == {"p1", "o2"}
    assert exported(a) == exported(b)


@pytest.mark.parametrize("source", ["x" * 257, "\udcff"])
def test_a_source_that_no_entry_can_name_is_refused(a: Clinic, source: str) -> None:
    with pytest.raises(BadRequest):
        a.take(patient("p1"), source=source)
    a.take(patient("p1"))
    (chart,) = a.charts()
    with pytest.raises(BadRequest):
        a.add(chart, observation("o1", "p1"), source=source)
    assert len(a.resources()) == 1


def test_a_source_of_the_greatest_length_is_read_again(a: Clinic) -> None:
    a.take(patient("p1"), source="x" * 256)
    a.restart()
    assert len(a.resources()) == 1


# -- record add


def test_a_record_goes_into_the_chart_that_is_named(a: Clinic) -> None:
    a.take(patient("p1"))
    (chart,) = a.charts()
    a.add(
        chart,
        {"resourceType": "Condition", "id": "c1", "subject": {"display": "p"}},
        observation("o1", "somebody-else"),
    )
    assert set(lanes_of(a, chart)) == {"p1", "c1", "o1"}
    assert a.charts() == [chart]


def test_a_chart_is_named_by_six_characters_or_more(a: Clinic) -> None:
    a.take(patient("p1"))
    (chart,) = a.charts()
    a.add(chart[:6], observation("o1", "p1"))
    a.add(chart.upper(), observation("o2", "p1"))
    for text in (chart[:5], "", "nonsense", chart + "a"):
        with pytest.raises(NotFound):
            a.add(text, observation("o3", "p1"))
    assert set(lanes_of(a, chart)) == {"p1", "o1", "o2"}


def test_adding_a_resource_that_another_clinic_named_edits_it(two: Two) -> None:
    a, b = two
    a.take(patient("p1"), source="his.example")
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = b.charts()
    b.add(chart, patient("p1", born="1999-09-09"))
    level(a, b)
    for one in (a, b):
        (shown,) = one.resources()
        assert shown["birthDate"] == "1999-09-09"
        assert len(one.resources(history=True)) == 2
        assert one.conflicts() == []
    # Which chart imports of that source go to is not learnt from somebody else's chart.
    b.take(patient("p1", "Somebody Else"), source="his.example")
    assert len(b.charts()) == 2


def test_a_record_of_two_sources_is_ones_own_when_added(a: Clinic) -> None:
    a.take(patient("p1"))
    (chart,) = a.charts()
    for source in ("his.example", "lab.example"):
        a.add(chart, observation("o1", "p1", 36.0), source=source)
    a.add(chart, observation("o1", "p1", 39.0))
    values = sorted(one["valueQuantity"]["value"] for one in a.resources() if one["id"] == "o1")
    assert values == [36.0, 36.0, 39.0]


# -- what lists say


def test_lists_and_search_follow_what_is_written_at_both_ends(two: Two) -> None:
    a, b = two
    a.take(patient("p1", "Ngozi Adeyemi"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    (chart,) = b.charts()
    b.add(chart, {**patient("p1", "Ngozi Balogun"), "gender": "female"})
    synced(b, a)
    for one in (a, b):
        (line,) = one.node.charts()
        assert (line["name"], line["gender"]) == ("Ngozi Balogun", "female")
        assert [found["chart"] for found in one.node.search("balogun")] == [chart]
        (former,) = one.node.search("adeyemi")
        assert (former["chart"], former["match"]) == (chart, "name, former name")


def test_an_ambiguous_beginning_is_refused(a: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    a.take(patient("p1"))
    (chart,) = a._charts.ids()
    twin = type(chart)(chart[:-1] + bytes([chart[-1] ^ 1]))
    held = a.node.context.store.charts
    monkeypatch.setattr(held, "beginning_with", lambda _text: [chart, twin])
    with pytest.raises(AmbiguousName):
        a._charts.find(a.charts()[0][:8])


def transaction(*resources: Resource) -> bytes:
    entry = [{"fullUrl": f"urn:uuid:{one['id']}", "resource": one} for one in resources]
    return json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entry}).encode()


def test_a_transaction_larger_than_an_operation_is_several_parts_of_one(a: Clinic) -> None:
    many = [
        {**observation(f"o{place}", "p1"), "note": [{"text": "x" * 3000}]} for place in range(40)
    ]
    done = a.node.import_file("t", transaction(patient("p1"), *many))
    assert done["accepted"] == 41
    (chart,) = a.charts()
    replica = a.replica(chart)
    care = a.charter(chart).lane("care")
    entries = [
        entry
        for operation in replica.operations.values()
        if operation.prefix.lane == care and (entry := replica.entry(operation)) and entry.changes
    ]
    assert len(entries) > 1
    assert len({entry.transaction for entry in entries}) == 1
    parts = [entry.part for entry in entries]
    assert [part.place for part in parts if part] == list(range(len(entries)))
    labels = [str(line["labels"]) for line in a.node.chart_history(chart)]
    assert any("part 1 of" in label for label in labels)
    assert not any("incomplete" in label for label in labels)
