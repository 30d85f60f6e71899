"""The shipped code lists: well formed, their check digits right, sources named, nothing twice."""

from importlib import resources

import pytest

from node.fhir.placement.lists import (
    BLOOD_GROUP,
    NAMES_LIST,
    SENSITIVE_LISTS,
    SYSTEMS,
    code_list,
    codes_of,
    medicine_names,
)

LISTS = (*SENSITIVE_LISTS, BLOOD_GROUP)

# The dihedral group's tables of Verhoeff's check digit.
TIMES = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 4, 0, 6, 7, 8, 9, 5], [2, 3, 4, 0, 1, 7, 8, 9, 5, 6],
    [3, 4, 0, 1, 2, 8, 9, 5, 6, 7], [4, 0, 1, 2, 3, 9, 5, 6, 7, 8], [5, 9, 8, 7, 6, 0, 4, 3, 2, 1],
    [6, 5, 9, 8, 7, 1, 0, 4, 3, 2], [7, 6, 5, 9, 8, 2, 1, 0, 4, 3], [8, 7, 6, 5, 9, 3, 2, 1, 0, 4],
    [9, 8, 7, 6, 5, 4, 3, 2, 1, 0],
]  # fmt: skip
TURNS = [
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 5, 7, 6, 2, 8, 3, 0, 9, 4], [5, 8, 0, 3, 7, 9, 6, 1, 4, 2],
    [8, 9, 1, 6, 0, 4, 3, 5, 2, 7], [9, 4, 5, 3, 1, 2, 6, 8, 7, 0], [4, 2, 8, 6, 5, 7, 3, 9, 0, 1],
    [2, 7, 9, 3, 8, 0, 6, 4, 1, 5], [7, 0, 4, 6, 9, 1, 3, 2, 5, 8],
]  # fmt: skip


def is_snomed(code: str) -> bool:
    """SNOMED CT identifiers end in Verhoeff's check digit, and are of a concept."""
    check = 0
    for place, digit in enumerate(reversed(code)):
        check = TIMES[check][TURNS[place % 8][int(digit)]]
    return check == 0 and code[-3:-1] in ("00", "10")


def is_loinc(code: str) -> bool:
    """LOINC codes end in Luhn's check digit (modulus 10)."""
    number, _, check = code.partition("-")
    total = 0
    for place, digit in enumerate(reversed(number)):
        doubled = int(digit) * (2 if place % 2 == 0 else 1)
        total += doubled // 10 + doubled % 10
    return (10 - total % 10) % 10 == int(check)


def test_the_check_digits_are_computed_right() -> None:
    assert is_snomed("86406008")
    assert not is_snomed("86406018")
    assert is_loinc("882-1")
    assert not is_loinc("883-0")


@pytest.mark.parametrize("name", LISTS)
def test_no_code_was_mistyped(name: str) -> None:
    for system, code in code_list(name).codes:
        if system == "snomed":
            assert is_snomed(code), code
        elif system == "loinc":
            assert is_loinc(code), code
        elif system in ("rxnorm", "ciel"):
            assert code.isdecimal(), code


@pytest.mark.parametrize("name", [*LISTS, NAMES_LIST])
def test_every_list_has_a_title_sources_and_codes(name: str) -> None:
    listed = medicine_names() if name == NAMES_LIST else code_list(name)
    assert listed.title
    assert listed.sources
    assert len(listed.codes) > 5
    assert len(set(listed.codes)) == len(listed.codes)


def test_every_file_is_a_list_that_is_asked() -> None:
    folder = resources.files("node.fhir.placement").joinpath("codes")
    files = {one.name.removesuffix(".tsv") for one in folder.iterdir()}
    assert files == {*LISTS, NAMES_LIST}


def test_no_code_is_in_two_lists() -> None:
    seen: dict[tuple[str, str], str] = {}
    for name in LISTS:
        for code in code_list(name).codes:
            assert code not in seen, (code, seen.get(code), name)
            seen[code] = name


def test_systems_have_one_meaning_an_address() -> None:
    addresses = [address for known in SYSTEMS.values() for address in known]
    assert len(set(addresses)) == len(addresses)
    for system, known in SYSTEMS.items():
        for address in known:
            assert codes_of(address) is codes_of(known[0]), system


def test_strange_systems_have_no_codes() -> None:
    for system in ("", " ", "|", "http://", "x" * 5000, None, 7, ["http://loinc.org"], SYSTEMS):
        assert codes_of(system) is None


def test_medicine_names_are_single_lower_case_words() -> None:
    for _, name in medicine_names().codes:
        assert name.isalpha()
        assert name == name.lower()
