"""Numbers, dates and ages as people type them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.search.birth import ages, dates, shorter_dates
from node.search.limits import numbers_per_face_max
from node.search.number import identifier_forms, number_forms, phone_forms, searched_forms
from node.search.query import readings

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("NHS-123 456", "nhs123456"),
        ("NHS-123 456", "123 456"),
        ("MRN-000123", "mrn 123"),
        ("MRN-000123", "MRN000123"),
        ("MRN-000123", "000123"),
        ("000123", "123"),
        ("999-12-3456", "3456"),
        ("999-12-3456", "999123456"),
        ("P/2024/00123", "123"),
        ("٠١٢٣٤٥", "12345"),
    ],
)
def test_an_identifier_is_found_without_what_fills_it_up(kept: str, typed: str) -> None:
    assert set(identifier_forms(kept)) & set(searched_forms(typed))


@pytest.mark.parametrize(
    ("kept", "typed"),
    [
        ("+31 6 1234 5678", "0612345678"),
        ("+31 (0)6 1234 5678", "06 12345678"),
        ("0612345678", "+31612345678"),
        ("0612345678", "0031 6 12345678"),
        ("+221 77 123 45 67", "1234567"),
        ("+1 (555) 010-0200", "555 010 0200"),
        ("(0161) 496 0000", "+441614960000"),
        ("254712345678", "0712345678"),
        ("0712345678", "254712345678"),
    ],
)
def test_a_phone_number_is_found_from_within_and_from_abroad(kept: str, typed: str) -> None:
    assert set(phone_forms(kept)) & set(searched_forms(typed))


@given(st.lists(st.text(max_size=300), max_size=200))
def test_any_numbers_have_bounded_forms(values: list[str]) -> None:
    forms = number_forms(values, values, values)
    assert len(forms) <= numbers_per_face_max
    assert all(form and "\n" not in form and len(form) <= 64 for form, _ in forms)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1984-03-02", [("1984-03-02", "1984-03-02")]),
        ("1984/3/2", [("1984-03-02", "1984-03-02")]),
        ("02.03.1984", [("1984-03-02", "1984-03-02"), ("1984-02-03", "1984-02-03")]),
        ("2/3/1984", [("1984-03-02", "1984-03-02"), ("1984-02-03", "1984-02-03")]),
        ("2-3-84", [("1984-03-02", "1984-03-02"), ("1984-02-03", "1984-02-03")]),
        ("30/3/1984", [("1984-03-30", "1984-03-30")]),
        ("5/5/1984", [("1984-05-05", "1984-05-05")]),
        ("19840302", [("1984-03-02", "1984-03-02")]),
        ("30031984", [("1984-03-30", "1984-03-30")]),
        ("1984", [("1984-01-01", "1984-12-31")]),
        ("03/1984", [("1984-03-01", "1984-03-31")]),
        ("1984-02", [("1984-02-01", "1984-02-29")]),
        ("31/2/1984", []),
        ("2/3/9999", []),
        ("2099", []),
        ("0000-00-00", []),
        ("abc", []),
    ],
)
def test_a_date_is_read_in_its_spellings(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(born.first, born.last) for born in dates(text, TODAY)] == expected


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("42", "1983-11-23", "1984-11-22"),
        ("42y", "1983-11-23", "1984-11-22"),
        ("42 yo", "1983-11-23", "1984-11-22"),
        ("age 42", "1983-11-23", "1984-11-22"),
        ("~40", "1981-11-23", "1990-11-22"),
        ("6m", "2026-04-23", "2026-05-22"),
        ("6 months", "2026-04-23", "2026-05-22"),
        ("0", "2025-11-23", "2026-11-22"),
        ("10 days", "2026-11-12", "2026-11-12"),
    ],
)
def test_an_age_is_read_as_of_today(text: str, first: str, last: str) -> None:
    (born,) = ages(text, TODAY)
    assert (born.first, born.last, born.from_age) == (first, last, True)


def test_an_age_on_a_leap_day_is_read() -> None:
    (born,) = ages("1", date(2024, 2, 29))
    assert (born.first, born.last) == ("2022-03-01", "2023-02-28")


@pytest.mark.parametrize("text", ["131", "999", "61m", "121 days", "age", "~", "4 2"])
def test_what_is_no_age_is_none(text: str) -> None:
    assert ages(text, TODAY) == []


def test_a_day_may_be_known_by_its_year_or_month_only() -> None:
    assert shorter_dates(dates("1984-03-02", TODAY)[0]) == {"1984", "1984-03"}


@given(st.text(alphabet="0123456789-./ ~ymdage", max_size=14), st.dates(date(1900, 1, 1)))
def test_no_text_and_no_day_raises(text: str, today: date) -> None:
    for born in (*dates(text, today), *ages(text, today)):
        assert born.first <= born.last


@pytest.mark.parametrize(
    "text",
    [
        "nakato 2 march 1984",
        "nakato march 2, 1984",
        "nakato 2nd of March 1984",
        "2 mars 1984 nakato",
        "nakato 2 de marzo de 1984",
        "nakato 1984 MAR 02",
    ],
)
def test_a_month_may_be_a_word(text: str) -> None:
    (first, *_) = readings(text, TODAY)
    assert {day.first for token in first.tokens for day in token.born} == {"1984-03-02"}
    assert any(spelling.text == "nakato" for token in first.tokens for spelling in token.names)


@pytest.mark.parametrize("text", ["april jones", "mai lan", "jan 12", "may"])
def test_a_month_without_a_year_is_a_name(text: str) -> None:
    names = {s.text for one in readings(text, TODAY) for token in one.tokens for s in token.names}
    assert text.split()[0] in names


def test_a_month_with_a_year_may_still_be_a_name() -> None:
    found = readings("may 1984", TODAY)
    assert found[0].tokens[0].born[0].first == "1984-05-01"
    assert any(s.text == "may" for one in found for token in one.tokens for s in token.names)
