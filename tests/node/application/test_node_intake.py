"""Imports in pieces: whole transactions, charts that wait for their Patient, one id of two."""

import json
from typing import Any

import pytest
from clinics import Clinic, Make, Resource, Two, allergy, as_file, level, observation, patient

from node.application.importing import import_tally, intake
from node.application.progress import quiet
from sync.change import Part


@pytest.fixture
def a(clinic: Make) -> Clinic:
    return clinic("A")


def person(identity: str, family: str, born: str, **more: Any) -> Resource:
    name = [{"family": family, "given": ["Amina"]}]
    return {"resourceType": "Patient", "id": identity, "name": name, "birthDate": born, **more}


def bundle_of(kind: str, *resources: Resource) -> bytes:
    entries: list[Resource] = []
    for one in resources:
        entry: Resource = {"fullUrl": f"urn:uuid:{one['id']}", "resource": one}
        if kind in ("transaction", "batch"):
            entry["request"] = {"method": "POST", "url": one["resourceType"]}
        entries.append(entry)
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries}).encode()


def fed(clinic: Clinic, content: bytes, piece: int, label: str = "test") -> Resource:
    """One file in pieces, written whenever there is something to write."""
    taking = clinic.node.import_open(label)
    for at in range(0, len(content), piece):
        taking.feed(content[at : at + piece], quiet)
        while taking.ready:
            taking.commit(quiet)
    return taking.finish(quiet)


def names(clinic: Clinic) -> set[str]:
    return {str(one["id"]) for one in clinic.resources()}


def listed(value: object) -> list[Resource]:
    """A list of JSON objects."""
    assert isinstance(value, list)
    return value


def reasons(done: Resource) -> list[str]:
    return [line["reason"] for line in done["rejected"]]


# -- transactions


def test_a_transaction_is_taken_whole(a: Clinic) -> None:
    content = bundle_of("transaction", patient("p1"), observation("o1", "p1"), allergy("al", "p1"))
    done = a.node.import_file("visit", content)
    assert (done["accepted"], done["rejected"]) == (3, [])
    assert names(a) == {"p1", "o1", "al"}


def test_one_bad_resource_stops_its_whole_transaction_and_each_is_told_why(a: Clinic) -> None:
    broken = {**observation("o2", "p1"), "status": 7}
    content = bundle_of("transaction", patient("p1"), observation("o1", "p1"), broken)
    done = a.node.import_file("visit", content)
    assert done["accepted"] == 0
    assert done["charts"] == []
    assert done["rejected_count"] == 3
    assert sum("taken whole or not at all" in reason for reason in reasons(done)) == 2
    assert names(a) == set()
    assert a.chart_ids() == []


def test_a_transaction_that_breaks_off_leaves_nothing(a: Clinic) -> None:
    content = bundle_of("transaction", patient("p1"), observation("o1", "p1"))
    done = fed(a, content[:-20], 50)
    assert done["accepted"] == 0
    assert names(a) == set()


def test_a_type_behind_the_entries_is_waited_for(a: Clinic) -> None:
    bundle = json.loads(bundle_of("transaction", patient("p1"), observation("o1", "nobody")))
    bundle["entry"][1]["resource"]["status"] = 7
    content = json.dumps(
        {"resourceType": "Bundle", "entry": bundle["entry"], "type": "transaction"}
    ).encode()
    assert fed(a, content, 64)["accepted"] == 0
    assert names(a) == set()


def test_one_bad_resource_of_a_collection_stops_no_other(a: Clinic) -> None:
    broken = {**observation("o2", "p1"), "status": 7}
    content = bundle_of("collection", patient("p1"), broken, observation("o1", "p1"))
    done = a.node.import_file("visit", content)
    assert done["accepted"] == 2
    assert len(reasons(done)) == 1
    assert names(a) == {"p1", "o1"}


def test_a_large_transaction_is_marked_until_all_its_parts_are_here(two: Two) -> None:
    a, b = two
    big = [{**observation(f"o{n}", "p1"), "note": [{"text": "x" * 9000}]} for n in range(30)]
    a.node.import_file("visit", bundle_of("transaction", patient("p1"), *big))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=["summary", "care"], history=True)
    replica = a.replica(chart)
    parts = [
        entry.part
        for operation in replica.operations.values()
        if operation.prefix.lane == replica.charter.lane("care")
        and (entry := replica.entry(operation)) is not None
        and entry.changes
    ]
    total = len(parts)
    assert total > 1
    assert parts == [Part(place, total) for place in range(total)]
    mine = a.node.session(b.device, initiator=True)
    theirs = b.node.session(a.device, initiator=False)
    level(a, b)
    assert b.node.chart_show(chart)["incomplete"] == []
    del mine, theirs


def test_of_a_transaction_that_has_come_in_part_the_rest_is_missed(two: Two) -> None:
    a, b = two
    big = [{**observation(f"o{n}", "p1"), "note": [{"text": "x" * 9000}]} for n in range(30)]
    a.node.import_file("visit", bundle_of("transaction", patient("p1"), *big))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=["summary", "care"], history=True)
    operations = list(a.replica(chart).operations.values())
    care = [one for one in operations if one.prefix.lane == a.charter(chart).lane("care")]
    level(a, b)
    # What a relay had when the link was cut: all but the last operation of the log.
    store = b.node.context.store
    last = max(care, key=lambda one: one.prefix.sequence)
    content = b.node._contents.of(b.node._charts.find(chart))
    assert content.incomplete.transactions == []
    content.replica.drop([last.id])
    b.node._contents._kept.clear()
    page = b.node.chart_show(chart)
    (act,) = listed(page["incomplete"])
    assert act["operations"] == act["of"] - 1
    marked = [
        one for one in listed(page["resources"]) if "part of an incomplete entry" in one["labels"]
    ]
    assert 0 < len(marked) < 31
    assert store.findings() == []


def test_lines_that_are_transactions_are_taken_or_refused_each_by_itself(a: Clinic) -> None:
    broken = {**observation("o2", "p2"), "status": 7}
    bundles = [
        bundle_of("transaction", patient("p1"), observation("o1", "p1")),
        bundle_of("transaction", patient("p2"), broken),
        bundle_of("transaction", patient("p3"), observation("o3", "p3")),
        as_file(observation("o4", "p3")),
    ]
    done = fed(a, b"\n".join(bundles), 200, "x.ndjson")
    assert done["accepted"] == 5
    assert done["rejected_count"] == 2
    assert names(a) == {"p1", "o1", "p3", "o3", "o4"}
    assert len(a.chart_ids()) == 2
    assert a.audit_ok()


def test_transactions_on_lines_of_a_file_that_looked_like_one_bundle_are_taken(a: Clinic) -> None:
    """Found by fuzzing: the second was neither taken nor refused, as the first made all whole."""
    one = bundle_of("transaction", patient("p"), observation("o", "p"))
    other = bundle_of("transaction", patient("q", "Noor Haddad"), allergy("l", "q"))
    done = a.node.import_file("bundles.json", one + b"\n" + other + b"\n")
    assert (done["accepted"], done["rejected"]) == (4, [])
    assert names(a) == {"p", "o", "q", "l"}


def test_a_history_imports_again_version_by_version(a: Clinic, clinic: Make) -> None:
    a.take(patient("p1"), observation("o1", "p1"))
    a.take({**observation("o1", "p1"), "status": "amended"})
    a.take({**observation("o1", "p1"), "status": "corrected"})
    content = b"".join(a.node.export(None, form="ndjson", history=True))
    b = clinic("B")
    done = fed(b, content, 1000, "x.ndjson")
    assert (done["accepted"], done["rejected"]) == (4, [])
    assert b.exported(history=True) == a.exported(history=True)
    assert b.resource("Observation", "o1")["status"] == "corrected"


# -- pieces


@pytest.mark.parametrize("piece", [1, 7, 300, 100_000])
def test_pieces_of_any_size_give_the_same(a: Clinic, piece: int) -> None:
    listed = [patient("p1"), *(observation(f"o{n}", "p1") for n in range(5))]
    done = fed(a, as_file(*listed), piece, "x.ndjson")
    assert done["accepted"] == 6
    assert names(a) == {"p1", "o0", "o1", "o2", "o3", "o4"}


def test_a_stream_is_written_in_batches_as_it_comes(
    a: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "import_window_size_bytes", 2000)
    monkeypatch.setattr(intake, "import_batch_resources_max", 3)
    people = [patient(f"p{n}") for n in range(8)]
    listed = people + [observation(f"o{n}", f"p{n % 8}") for n in range(40)]
    taking = a.node.import_open("x.ndjson")
    batches = 0
    for line in as_file(*listed).splitlines(keepends=True):
        taking.feed(line, quiet)
        while taking.ready:
            taking.commit(quiet)
            batches += 1
    assert batches > 5
    assert names(a)  # durable before the end
    done = taking.finish(quiet)
    assert done["accepted"] == 48
    assert len(a.charts()) == 8
    assert sum(int(str(line["resources"])) for line in a.node.charts()) == 48


def test_a_stream_that_is_abandoned_keeps_what_was_written_and_goes_on_when_repeated(
    a: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "import_window_size_bytes", 1000)
    content = as_file(patient("p1"), *(observation(f"o{n}", "p1") for n in range(30)))
    taking = a.node.import_open("x.ndjson")
    taking.feed(content[: len(content) // 2], quiet)
    while taking.ready:
        taking.commit(quiet)
    taking.abandon()
    some = names(a)
    assert 0 < len(some) < 31
    done = fed(a, content, 500, "x.ndjson")
    assert (done["accepted"], done["unchanged"]) == (31, len(some))
    assert len(a.resources(history=True)) == 31


def test_a_later_line_of_the_same_resource_is_its_next_version(a: Clinic) -> None:
    first = observation("o1", "p1")
    a.take(patient("p1"), first)
    second = {**first, "status": "amended"}
    done = fed(a, as_file(second), 100, "y.ndjson")
    assert done["accepted"] == 1
    assert a.resource("Observation", "o1")["status"] == "amended"
    assert len(a.resources(history=True)) == 3


# -- charts that wait for their Patient


def test_a_chart_waits_unmatched_and_adopts_its_patient(a: Clinic) -> None:
    a.take(observation("o1", "p1"))
    (chart,) = a.chart_ids()
    assert a.node.charts()[0]["name"] == ""
    a.take(person("p1", "Diallo", "1984-03-02"))
    assert a.chart_ids() == [chart]
    assert a.node.charts()[0]["name"] == "Amina Diallo"


def test_a_patient_is_taken_into_the_chart_that_waits_for_its_identifier(a: Clinic) -> None:
    named = {"identifier": {"system": "urn:s", "value": "77"}, "type": "Patient"}
    a.take({**observation("o1", "x"), "subject": named})
    (chart,) = a.chart_ids()
    a.take(person("p9", "Diallo", "1984-03-02", identifier=[{"system": "urn:s", "value": "77"}]))
    assert a.chart_ids() == [chart]
    a.take({**observation("o2", "x"), "subject": named}, observation("o3", "p9"))
    assert a.chart_ids() == [chart]


def test_a_reference_by_an_identifier_finds_a_patient_of_an_earlier_file(a: Clinic) -> None:
    a.take(person("p9", "Diallo", "1984-03-02", identifier=[{"system": "urn:s", "value": "77"}]))
    a.take({**observation("o2", "x"), "subject": {"reference": "Patient?identifier=urn:s|77"}})
    assert len(a.chart_ids()) == 1


def test_an_identifier_that_two_people_have_names_nobody(a: Clinic) -> None:
    card = [{"system": "urn:household", "value": "5"}]
    a.take(person("p1", "Diallo", "1984-03-02", identifier=card))
    a.take(person("p2", "Traore", "2001-09-09", identifier=card))
    named = {"identifier": card[0], "type": "Patient"}
    done = a.take({**observation("o2", "x"), "subject": named})
    assert done["accepted"] == 0
    assert "several have" in reasons(done)[0]


def test_a_name_of_a_bundle_that_came_before_is_known(a: Clinic) -> None:
    a.node.import_file("one", bundle_of("collection", patient("p1")))
    late = {**observation("o1", "x"), "subject": {"reference": "urn:uuid:p1"}}
    assert a.take(late)["accepted"] == 1
    assert len(a.chart_ids()) == 1


def test_a_name_of_a_bundle_that_comes_later_makes_a_chart_that_waits(a: Clinic) -> None:
    early = {**observation("o1", "x"), "subject": {"reference": "urn:uuid:p1"}}
    a.take(early)
    (chart,) = a.chart_ids()
    a.node.import_file("one", bundle_of("collection", patient("p1"), observation("o2", "p1")))
    assert a.chart_ids() == [chart]
    assert names(a) == {"p1", "o1", "o2"}


def test_what_speaks_of_another_patient_than_before_is_in_both_charts_and_counted(
    a: Clinic,
) -> None:
    a.take(patient("p1"), patient("p2"), observation("o1", "p1"))
    done = a.take(observation("o1", "p2"))
    assert (done["accepted"], done["moved"]) == (1, 1)
    assert len([one for one in a.resources() if one["id"] == "o1"]) == 2


# -- one id of two people


def test_a_patient_who_is_somebody_else_is_refused_with_what_belongs_to_them(a: Clinic) -> None:
    a.take(person("1", "Diallo", "1984-03-02"))
    stranger = person("1", "Nguyen", "2001-09-09")
    stranger["name"] = [{"family": "Nguyen", "given": ["Binh"]}]
    done = a.take(stranger, allergy("al", "1"))
    assert done["accepted"] == 0
    assert "--source" in reasons(done)[0]
    assert names(a) == {"1"}
    # In another file too: it is the same system's Patient/1.
    assert a.take(allergy("al", "1"))["accepted"] == 0
    # Under a name of its own it is another person.
    taken = a.node.import_file("test", as_file(stranger, allergy("al", "1")), source="other")
    assert taken["accepted"] == 2
    assert len(a.charts()) == 2
    # And the one that is held goes on as before.
    assert a.take(person("1", "Diallo", "1984-03-02", active=True))["accepted"] == 1
    assert a.take(allergy("al", "1"))["accepted"] == 1


@pytest.mark.parametrize(
    "new",
    [
        person("1", "Diallo", "2001-09-09"),
        person("1", "Traore", "1984-03-02"),
        person("1", "Traore", "1984-03"),
        {"resourceType": "Patient", "id": "1", "birthDate": "2001-09-09"},
        {"resourceType": "Patient", "id": "1", "name": [{"family": "Nguyen", "given": ["Binh"]}]},
    ],
)
def test_a_patient_who_agrees_in_one_thing_is_a_new_version(a: Clinic, new: Resource) -> None:
    a.take(person("1", "Diallo", "1984-03-02"))
    assert a.take(new)["accepted"] == 1
    assert len(a.chart_ids()) == 1


# -- what cannot be half in


def test_an_import_that_fails_in_the_store_leaves_nothing_of_its_batch(
    a: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    a.take(patient("p0"))

    def broken(*_: object) -> None:
        raise OSError("the disk went away")

    with monkeypatch.context() as patched:
        patched.setattr(a.node._lists, "note_written", broken)
        with pytest.raises(OSError, match="disk"):
            a.take(patient("p1"), observation("o1", "p1"))
    assert names(a) == {"p0"}
    assert a.take(patient("p1"), observation("o1", "p1"))["accepted"] == 2
    assert names(a) == {"p0", "p1", "o1"}
    assert a.audit_ok()


def test_the_answer_lists_so_many_rejections_and_counts_them_all(
    a: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_tally, "import_rejections_listed_max", 5)
    done = a.node.import_file("x.ndjson", b"nonsense\n" * 20 + as_file(patient("p1")))
    assert len(done["rejected"]) == 5  # type: ignore[arg-type]  # JSON
    assert done["rejected_count"] == 20
    assert done["accepted"] == 1
