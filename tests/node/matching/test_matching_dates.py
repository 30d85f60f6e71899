"""Two dates of birth, by the error that may lie between them."""

import pytest

from node.matching.dates import Dates, compare_dates
from node.matching.person import Born, person_of


def born(text: str) -> Born:
    (date,) = person_of([{"birthDate": text}]).born
    return date


@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("1984-03-12", "1984-03-12", Dates.SAME),
        ("1984-01-01", "1984-01-01", Dates.SAME_FIRST_DAY),
        ("1984-03-12", "1984-12-03", Dates.DAY_AND_MONTH_SWAPPED),
        ("1984-03-12", "1948-03-12", Dates.DIGITS_SWAPPED),
        ("1984-03-12", "1984-03-21", Dates.DIGITS_SWAPPED),
        ("1984-03-12", "1984-03-17", Dates.ONE_DIGIT),
        ("1984-03-12", "1934-03-12", Dates.ONE_DIGIT),
        ("1984-03-12", "1995-03-12", Dates.DAY_AND_MONTH),
        ("1984-03-12", "1942-03-12", Dates.DAY_AND_MONTH),
        ("1984-03-12", "1984-04-03", Dates.NEAR),
        ("1984-12-28", "1985-01-05", Dates.NEAR),
        ("1984-03-12", "1984-11-25", Dates.SAME_YEAR),
        ("1984", "1984-11-25", Dates.AS_FAR_AS_KNOWN),
        ("1984-11", "1984-11-25", Dates.AS_FAR_AS_KNOWN),
        ("1984-03", "1984-11-25", Dates.SAME_YEAR),
        ("1984", "1984", Dates.AS_FAR_AS_KNOWN),
        ("1984", "1990-11-25", Dates.APART),
        ("1984-03-12", "1990-11-25", Dates.APART),
        ("1984-03-12", "2009-11-25", Dates.A_GENERATION_APART),
        ("1984", "2009", Dates.A_GENERATION_APART),
    ],
)
def test_dates_are_as_alike_as_the_error_between_them(one: str, other: str, found: Dates) -> None:
    assert compare_dates(born(one), born(other)) is found
    assert compare_dates(born(other), born(one)) is found


@pytest.mark.parametrize("text", ["", "soon", "84-03-12", None, 1984, ["1984"], "١٩٨٤"])
def test_what_is_no_date_is_unknown(text: object) -> None:
    assert person_of([{"birthDate": text}]).born == ()
