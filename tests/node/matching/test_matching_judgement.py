"""Who is called alike and who is not, and the reasons that are given."""

from typing import Any

import pytest
from errors_in_records import MemoryRegister, people_of

from node.matching.person import Person, person_of
from node.matching.reasons import REASONS, Reason
from node.matching.scoring import Grade, Judgement, judge

Resource = dict[str, Any]

HOME = {"line": ["12 Mill Lane"], "city": "Nakuru"}
PHONE = {"system": "phone", "value": "+254 555 0193 44"}


def somebody(given: str = "Amara", family: str = "Okafor", **more: Any) -> Resource:
    made: Resource = {
        "resourceType": "Patient",
        "name": [{"family": family, "given": given.split()}],
        "birthDate": "1984-03-12",
        "gender": "female",
    }
    return {**made, **more}


def judged(one: Resource, other: Resource, *others: Resource) -> Judgement:
    people = people_of([one, other, *others])
    return judge(people[0], people[1], MemoryRegister(people))


def identifier(value: str, system: str = "urn:national") -> list[Resource]:
    return [{"system": system, "value": value}]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (somebody(), Reason.SAME_NAME),
        (somebody(family="Okaofr"), Reason.FAMILY_TYPO),
        (somebody(given="Amrara"), Reason.GIVEN_TYPO),
        (somebody(given="Okafor", family="Amara"), Reason.NAMES_SWAPPED),
        (somebody(family="Okhaffor"), Reason.FAMILY_SOUND),
        (somebody(given="Амара", family="Окафор"), Reason.SAME_NAME),
        (somebody(given="عمارة", family="اوكافور"), Reason.OTHER_SCRIPT),
        (somebody(given="Amara Grace"), Reason.PART_OF_NAME),
        (somebody(birthDate="1984-12-03"), Reason.DAY_AND_MONTH_SWAPPED),
        (somebody(birthDate="1948-03-12"), Reason.DIGITS_SWAPPED),
        (somebody(birthDate="1984-03-17"), Reason.ONE_DIGIT),
        (somebody(birthDate="1984"), Reason.AS_FAR_AS_KNOWN),
        (somebody(birthDate="1979-03-12"), Reason.OTHER_YEAR),
        (somebody(birthDate="1984-04-05"), Reason.BORN_NEAR),
    ],
)
def test_an_error_of_one_kind_leaves_a_pair_listed_with_its_reason(
    other: Resource, reason: Reason
) -> None:
    found = judged(somebody(), other)

    assert found.grade is not Grade.UNLIKELY
    assert reason in found.reasons


def test_a_typo_and_a_transposed_date_together_leave_a_pair_listed() -> None:
    found = judged(somebody(), somebody(family="Okafr", birthDate="1984-12-03"))

    assert {Reason.FAMILY_TYPO, Reason.DAY_AND_MONTH_SWAPPED} <= set(found.reasons)
    assert found.grade is not Grade.UNLIKELY


def test_twins_are_no_alarm_however_much_their_household_agrees() -> None:
    shared: Resource = {"address": [HOME], "telecom": [PHONE]}
    found = judged(somebody(**shared), somebody(given="Chidinma", **shared))

    assert Reason.TWINS in found.reasons
    assert found.grade is Grade.UNLIKELY


def test_twins_with_like_names_are_told_apart_by_their_order_of_birth() -> None:
    one = somebody(given="Taiwo", multipleBirthInteger=1)
    other = somebody(given="Taiwa", multipleBirthInteger=2)
    found = judged(one, other)

    assert Reason.BIRTH_ORDER in found.reasons
    assert found.grade is Grade.UNLIKELY
    assert judged(one, {**one, "multipleBirthInteger": True}).grade is Grade.LIKELY


def test_father_and_son_of_one_name_and_house_are_no_alarm() -> None:
    shared: Resource = {"address": [HOME], "telecom": [PHONE], "gender": "male"}
    found = judged(
        somebody(given="Juma", birthDate="1960-05-02", **shared),
        somebody(given="Juma", birthDate="1988-11-20", **shared),
    )

    assert Reason.GENERATION in found.reasons
    assert found.grade is Grade.UNLIKELY


def test_a_name_that_was_changed_in_marriage_is_found_by_the_former_one() -> None:
    now = {"use": "official", "family": "Mwangi", "given": ["Amara"]}
    maiden = {"use": "maiden", "family": "Okafor", "given": ["Amara"]}

    assert judged(somebody(), somebody(name=[now, maiden])).grade is Grade.LIKELY


def test_an_identifier_of_one_system_outweighs_names_and_dates() -> None:
    found = judged(
        somebody(identifier=identifier("19-4711")),
        somebody(given="Baby", family="Girl", birthDate="1984", identifier=identifier("19 4711")),
    )

    assert Reason.SAME_IDENTIFIER in found.reasons
    assert found.grade is not Grade.UNLIKELY


def test_different_identifiers_of_one_system_speak_against() -> None:
    alike = judged(somebody(), somebody())
    numbered = judged(
        somebody(identifier=identifier("194711")), somebody(identifier=identifier("280355"))
    )
    mistyped = judged(
        somebody(identifier=identifier("194711")), somebody(identifier=identifier("194771"))
    )

    assert numbered.bits < alike.bits
    assert Reason.OTHER_IDENTIFIER in numbered.reasons
    assert mistyped.bits == alike.bits


@pytest.mark.parametrize("value", ["unknown", "N/A", "000000", "", "7"])
def test_what_stands_for_no_identifier_is_none(value: str) -> None:
    assert not person_of([somebody(identifier=identifier(value))]).identifiers


def test_a_rare_name_says_more_than_a_common_one() -> None:
    others = [somebody(given=f"N{letter}oor", family="Okafor") for letter in "abcdefghijklmnopq"]

    assert judged(somebody(), somebody(), *others).bits < judged(somebody(), somebody()).bits


def test_namesakes_of_the_same_year_are_no_alarm_where_the_name_is_common() -> None:
    days = [f"{year}-{month:02d}-23" for year in range(1950, 2010, 3) for month in (2, 5, 8, 11)]
    others = [somebody(birthDate=day) for day in days]
    found = judged(somebody(birthDate="1984-03-12"), somebody(birthDate="1984-10-25"), *others)

    assert Reason.SAME_NAME in found.reasons
    assert found.grade is Grade.UNLIKELY


def test_digits_in_names_are_no_part_of_them() -> None:
    found = judged(somebody("Goldner995", "Kub44"), somebody("Goldner995", "Kub44"))

    assert Reason.SAME_NAME in found.reasons


def test_the_last_digits_make_a_telephone_number_whatever_its_prefix() -> None:
    one = somebody(telecom=[{"system": "phone", "value": "+254 712 345 678"}])
    other = somebody(telecom=[{"system": "phone", "value": "0712-345678"}])

    assert Reason.SAME_CONTACT in judged(one, other).reasons


def test_nobody_without_a_name_or_identifier_is_compared() -> None:
    assert not person_of([{"birthDate": "1984-03-12", "gender": "female"}]).is_comparable
    assert person_of([somebody()]).is_comparable


def test_reasons_name_nobody_and_keep_their_codes() -> None:
    assert Person(contacts=frozenset({"555019344"})).__repr__() == "Person()"
    assert all(REASONS[int(reason)] is reason for reason in Reason)
    assert all(0 < int(reason) < 256 for reason in Reason)
    assert Reason.NAMES_SWAPPED.words == "given and family name swapped"
    assert Reason.TWINS.against
