"""What holds of every two records: of people, and of anything shaped like a Patient."""

import random
from typing import Any

import pytest
from errors_in_records import ERRORS, MemoryRegister, people_of, second_record
from hypothesis import given
from hypothesis import strategies as st

from node.matching.candidates import candidates
from node.matching.keys import bearer_keys, blocking_keys
from node.matching.limits import keys_max
from node.matching.person import parse_person, person_of
from node.matching.scoring import judge
from scenarios.population import Population

RECORDS = [made.patient for made in Population("matching").patients(120, visits=(0, 0))]
REGISTER = MemoryRegister(people_of(RECORDS))
PEOPLE = list(REGISTER.people(range(len(RECORDS))).values())

TEXTS = st.text(max_size=30) | st.sampled_from(["Amara", "1984-03-12", "male", "phone", "\ud800"])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from("family given text use system value line city postalCode".split()),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)
FIELDS = "name birthDate gender identifier telecom address multipleBirthInteger".split()
PATIENTS = st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=7)


@given(st.lists(PATIENTS, max_size=3), st.lists(PATIENTS, max_size=3))
def test_anything_shaped_like_a_patient_can_be_compared(
    one: list[dict[str, Any]], other: list[dict[str, Any]]
) -> None:
    first, second = person_of(one), person_of(other)

    assert judge(first, second, REGISTER) == judge(second, first, REGISTER)
    assert parse_person(first.encoded()) == first
    assert len(blocking_keys(first)) <= keys_max
    assert len(bearer_keys(first)) <= keys_max
    assert all(isinstance(found.number, int) for found in candidates(first, REGISTER))


@given(st.integers(0, 119), st.sampled_from(sorted(ERRORS)), st.integers(0, 1000))
def test_the_order_of_what_a_record_lists_means_nothing(place: int, kind: str, seed: int) -> None:
    rng = random.Random(seed)
    made = second_record(rng, RECORDS[place], kind, identifiers="same")
    shuffled = {
        name: rng.sample(value, len(value)) if isinstance(value, list) else value
        for name, value in rng.sample(list(made.items()), len(made))
    }
    original = PEOPLE[place]

    assert judge(original, person_of([made]), REGISTER).bits == pytest.approx(
        judge(original, person_of([shuffled]), REGISTER).bits
    )


@given(st.integers(0, 119))
def test_nobody_is_more_alike_than_the_same_record(place: int) -> None:
    person = PEOPLE[place]
    same = judge(person, person, REGISTER).bits
    found = candidates(person, REGISTER)

    assert found[0].judgement.bits == same
    assert place in [one.number for one in found if one.judgement.bits == same]
    assert all(judge(person, other, REGISTER).bits <= same for other in PEOPLE)


@given(st.integers(0, 119), st.integers(0, 119), st.sampled_from(sorted(ERRORS)))
def test_a_judgement_is_the_same_either_way_round(one: int, other: int, kind: str) -> None:
    changed = person_of([second_record(random.Random(one), RECORDS[other], kind)])

    assert judge(PEOPLE[one], changed, REGISTER) == judge(changed, PEOPLE[one], REGISTER)
