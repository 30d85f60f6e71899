"""FHIR's data types in words: doses above all, which must never say what nobody wrote."""

from decimal import Decimal
from typing import Any

import pytest

from node.ips.dosage import dosages
from node.ips.wording import choice, concept, minute, newest, period, plain, quantity


def every(**repeat: Any) -> dict[str, Any]:
    return {"timing": {"repeat": repeat}}


@pytest.mark.parametrize(
    ("instruction", "words"),
    [
        ({"text": "5 mg daily"}, "5 mg daily"),
        (every(frequency=1, period=1, periodUnit="d"), "1 time a day"),
        (every(frequency=3, period=Decimal("1.0"), periodUnit="d"), "3 times a day"),
        (every(frequency=1, period=8, periodUnit="h"), "1 time every 8 hours"),
        (every(frequency=1, frequencyMax=2, period=6, periodMax=8, periodUnit="h"),
         "1 to 2 times every 6 to 8 hours"),
        (every(frequency=2, period=3), "2 times every 3 (no unit given)"),
        (every(when=["MORN", "HS"], boundsDuration={"value": 5, "unit": "d"}),
         "in the morning, before sleep, for 5 d"),
        (every(timeOfDay=["08:00:00"], dayOfWeek=["mon", "fri"]), "at 08:00:00, on mon, fri"),
        ({"doseAndRate": [{"doseQuantity": {"value": Decimal("0.50"), "unit": "mg"}}]}, "0.50 mg"),
        ({"doseAndRate": [{"doseQuantity": {"value": 1}}]}, "dose 1"),
        ({"doseAndRate": [{"doseRange": {"low": {"value": 1, "unit": "g"},
                                         "high": {"value": 2, "unit": "g"}}}]}, "1 g to 2 g"),
        ({"asNeededBoolean": True, "route": {"text": "oral"}}, "as needed, oral"),
        ({"asNeededBoolean": False, "text": "daily"}, "daily"),
        ({"asNeededCodeableConcept": {"text": "pain"}}, "as needed for pain"),
        ({"maxDosePerPeriod": {"numerator": {"value": 4, "unit": "g"},
                               "denominator": {"value": 1, "unit": "d"}}}, "at most 4 g / 1 d"),
        ({"text": "with food", "doseAndRate": [{"doseQuantity": {"value": 5, "unit": "mg"}}]},
         "5 mg (“with food”)"),
        (every(frequency=1, period=1, periodUnit="d", count=9), "1 time a day, more in the entry"),
        ({"maxDosePerLifetime": {"value": 9}, "text": "x"}, "more in the entry (“x”)"),
    ],
)  # fmt: skip
def test_a_dose_in_words(instruction: dict[str, Any], words: str) -> None:
    assert dosages([instruction]) == words


def test_doses_follow_each_other_in_their_sequence() -> None:
    steps = [{"sequence": 2, "text": "10 mg"}, {"sequence": 1, "text": "5 mg"}]
    assert dosages(steps) == "5 mg; then 10 mg"


@pytest.mark.parametrize("nothing", [None, [], {}, "x", [{"text": 5}], [[["deep"]]]])
def test_what_is_no_dose_has_no_words(nothing: object) -> None:
    assert dosages(nothing) == ""


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"text": " Mal\x1baria\n "}, "Malaria"),
        ({"coding": [{"code": "1"}, {"display": "second", "userSelected": True}]}, "second"),
        ({"coding": [{"system": "http://snomed.info/sct", "code": "6142"}]}, "SNOMED CT 6142"),
        ({"coding": [{"system": "https://odd", "code": "x"}]}, "https://odd x"),
        ([{"text": "a"}, {"text": "b"}, {"text": "a"}], "a, b"),
        ({"coding": "nothing"}, ""),
        (None, ""),
    ],
)  # fmt: skip
def test_a_concept_in_words(value: object, words: str) -> None:
    assert concept(value) == words


def test_dates_are_shown_as_they_were_written() -> None:
    assert minute("2020-02-03T04:05:06.789+05:00") == "2020-02-03 04:05"
    assert minute("2020-02") == "2020-02"
    assert period({"start": "2020-01-01T10:00:00Z"}) == "since 2020-01-01"
    assert period({"start": "2020-01-01", "end": "2021"}) == "2020-01-01 to 2021"
    assert choice({"onsetAge": {"value": 34, "unit": "a"}}, "onset") == "at 34 a"
    assert choice({"onsetString": "as a child"}, "onset") == "as a child"
    assert choice({"deceasedBoolean": False}, "deceased") == "no"


def test_moments_of_several_zones_sort_by_time() -> None:
    late = newest({"effectiveDateTime": "2020-01-01T23:00:00-05:00"}, "effective")
    early = newest({"effectiveDateTime": "2020-01-02T01:00:00Z"}, "effective")
    assert early < late
    assert newest({"effectivePeriod": {"start": "2019", "end": "2020"}}, "effective") == "2020"
    assert newest({"effectiveDateTime": "soon"}, "effective") == ""


def test_numbers_keep_their_digits_and_booleans_are_none() -> None:
    assert quantity({"value": Decimal("1.50"), "unit": "mg", "comparator": ">="}) == ">=1.50 mg"
    assert quantity({"value": True, "unit": "mg"}) == ""
    assert quantity({"value": "5", "unit": "mg"}) == ""


def test_scripts_that_spell_with_joiners_keep_them() -> None:
    assert plain("कर\u200dम") == "कर\u200dम"
    assert plain("a\u202eb\u0000c\udc80") == "abc"
