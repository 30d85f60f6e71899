"""The ranked search: what people type, what must be found, how far up and why."""

from datetime import date
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from stored_charts import KEY, NOW_MILLISECONDS, make_charter, seeded_randomness

from node.search.spelling import folded
from node.store.faces import Face, Faces
from node.store.store import Store, create_store
from scenarios.population.tables.names import CULTURES
from sync.identifiers import ChartId, chart_text

TODAY = date(2026, 11, 22)
PEOPLE = [
    Face("Amina Hassan", ("Amina Hassan",), "1984-05-01", "female", ("NHS-123 456",)),
    Face("Aminata Diallo", ("Aminata Diallo",), "1991", phones=("+221 77 123 45 67",)),
    Face("José Ñáñez", ("José Ñáñez", "Pepe Ñáñez"), "1984-11-30", "male"),
    Face("Siobhán O'Brien-Smith", phones=("(0161) 496 0000",)),
    Face("王小明", ("王小明", "Wang Xiaoming"), "2026-05-01"),
    Face("李秀兰", ("李秀兰",)),
    Face("Сергей Ёлкин"),
    Face("أحمد مُحَمَّد"),
    Face("अमीना हसन"),
    Face("Søren Łukasz"),
    Face("Jürgen Müller", ("Jürgen Müller",), former_names=("Jürgen Weiß",)),
    Face("Anna Weiss", ("Anna Weiss",), "1986-07"),
    Face("Mohammed Garcia", (), "1984", "male", ("MRN-000123",), tags=("RED", "Ward 7")),
    Face("Fatima Garcia", (), "1984-03-02", "female"),
    Face("Zawadi MacDonald"),
    Face("Abdul Rahman Haddad"),
    Face("Mary-Ann van der Berg"),
    Face("Li Wei"),
    Face("Lian Wu"),
    Face("Abbott774 Zieme486"),
]

FOUND = [
    # As it is written, whole or begun, in any order.
    ("amina", "Amina Hassan", 1, "name"),
    ("AMINA HAS", "Amina Hassan", 1, "name, begins with"),
    ("has ami", "Amina Hassan", 1, "begins with"),
    ("hassan amina", "Amina Hassan", 1, "name"),
    ("jose nanez", "José Ñáñez", 1, "name"),
    ("JOSÉ", "José Ñáñez", 1, "name"),
    ("pepe", "José Ñáñez", 1, "name"),
    ("li", "Li Wei", 1, "name"),
    # Joints, particles and marks.
    ("o'brien", "Siobhán O'Brien-Smith", 1, "name"),
    ("obrien", "Siobhán O'Brien-Smith", 1, "name"),
    ("o brien", "Siobhán O'Brien-Smith", 1, "name"),
    ("smith siobhan", "Siobhán O'Brien-Smith", 1, "name"),
    ("abdulrahman", "Abdul Rahman Haddad", 1, "name"),
    ("abdul rahman", "Abdul Rahman Haddad", 1, "name"),
    ("al-haddad", "Abdul Rahman Haddad", 1, "name"),
    ("mary ann", "Mary-Ann van der Berg", 1, "name"),
    ("maryann", "Mary-Ann van der Berg", 1, "name"),
    ("vanderberg", "Mary-Ann van der Berg", 1, "name"),
    ("van der berg", "Mary-Ann van der Berg", 1, "name"),
    ("soeren", "Søren Łukasz", 1, "name"),
    ("soren lukasz", "Søren Łukasz", 1, "name"),
    ("mueller", "Jürgen Müller", 1, "name"),
    ("muller", "Jürgen Müller", 1, "name"),
    ("weiß", "Anna Weiss", 1, "name"),
    ("abbott", "Abbott774 Zieme486", 1, "name"),
    ("abbott774", "Abbott774 Zieme486", 1, "name"),
    # Said alike.
    ("hasan", "Amina Hassan", 2, "sounds alike"),
    ("muhammad garzia", "Mohammed Garcia", 1, "sounds alike"),
    ("mcdonald", "Zawadi MacDonald", 1, "sounds alike"),
    ("lukas", "Søren Łukasz", 1, "begins with"),
    ("muler", "Jürgen Müller", 1, "sounds alike"),
    # With typos.
    ("mina", "Amina Hassan", 4, "spelt alike"),
    ("garcai", "Fatima Garcia", 2, "spelt alike"),
    ("zwadi", "Zawadi MacDonald", 1, "sounds alike"),
    ("zawqdi", "Zawadi MacDonald", 1, "spelt alike"),
    ("mohamed garcai", "Mohammed Garcia", 1, "sounds alike, spelt alike"),
    ("zawqdo", "Zawadi MacDonald", 0, ""),
    ("macdxnxld", "Zawadi MacDonald", 1, "spelt alike"),
    # Across scripts.
    ("小明", "王小明", 1, "name"),
    ("王", "王小明", 1, "name"),
    ("明", "王小明", 1, "name"),
    ("wang xiaoming", "王小明", 1, "name"),
    ("xiulan", "李秀兰", 1, "other script"),
    ("xiulan li", "李秀兰", 1, "other script"),
    ("елкин", "Сергей Ёлкин", 1, "name"),
    ("elkin", "Сергей Ёлкин", 1, "other script"),
    ("sergey yelkin", "Сергей Ёлкин", 1, "sounds alike, other script, spelt alike"),
    ("sergey", "Сергей Ёлкин", 1, "sounds alike, other script"),
    ("احمد محمد", "أحمد مُحَمَّد", 1, "name"),
    ("ahmed mohamed", "أحمد مُحَمَّد", 1, "sounds alike, other script"),
    ("محمد", "Mohammed Garcia", 3, "sounds alike"),
    ("अमी", "अमीना हसन", 1, "begins with"),
    ("amina hasan", "अमीना हसन", 2, "other script, sounds alike"),
    ("амина", "Amina Hassan", 2, "other script"),
    # Former names come after those in use.
    ("weiss", "Anna Weiss", 1, "name"),
    ("weiss", "Jürgen Müller", 2, "name, former name"),
    # Numbers.
    ("nhs-123", "Amina Hassan", 1, "number"),
    ("nhs123456", "Amina Hassan", 1, "number"),
    ("nhs 123 456", "Amina Hassan", 1, "number"),
    ("123456", "Amina Hassan", 1, "number"),
    ("123 456", "Amina Hassan", 1, "number"),
    ("123456", "Aminata Diallo", 2, "phone"),
    ("MRN-000123", "Mohammed Garcia", 1, "number"),
    ("mrn 123", "Mohammed Garcia", 1, "number"),
    ("771234567", "Aminata Diallo", 1, "phone"),
    ("+221 77 123", "Aminata Diallo", 1, "phone"),
    ("077 123 45 67", "Aminata Diallo", 1, "phone"),
    ("tel 0161 496", "Siobhán O'Brien-Smith", 1, "phone"),
    ("+441614960000", "Siobhán O'Brien-Smith", 1, "phone"),
    ("red", "Mohammed Garcia", 1, "tag"),
    ("ward 7", "Mohammed Garcia", 1, "tag"),
    # Dates and ages.
    ("1984-05-01", "Amina Hassan", 1, "birth date"),
    ("01.05.1984", "Amina Hassan", 1, "birth date"),
    ("5/1/1984", "Amina Hassan", 1, "birth date"),
    ("2 3 1984", "Fatima Garcia", 1, "birth date"),
    ("1984-11", "José Ñáñez", 1, "birth date"),
    ("07/1986", "Anna Weiss", 1, "birth date"),
    ("1984-05-01", "Mohammed Garcia", 2, "year of birth"),
    ("dob 1986-07-04", "Anna Weiss", 1, "month of birth"),
    ("6m", "王小明", 1, "age"),
    ("~ 35", "Aminata Diallo", 4, "age"),
    # Mixed: what is certain must fit, the rest is ranked.
    ("hassan 1984", "Amina Hassan", 1, "name, birth date"),
    ("garcia 42 f", "Fatima Garcia", 1, "name, age, begins with"),
    ("garcia 42 m", "Mohammed Garcia", 1, "name, age, begins with"),
    ("nanez male", "José Ñáñez", 1, "name, gender"),
    ("fatima 1985", "Fatima Garcia", 0, ""),
    ("garcia 1984-03-02", "Fatima Garcia", 1, "name, birth date"),
    ("amara diallo", "Aminata Diallo", 0, ""),
    ("diallo 0771", "Aminata Diallo", 1, "name, phone"),
]  # fmt: skip


def charts_of(faces: list[Face]) -> list[ChartId]:
    return [make_charter(f"{place} {face.name}").chart for place, face in enumerate(faces)]


def fill(store: Store, faces: list[Face]) -> Faces:
    with store.transaction():
        for place, face in enumerate(faces):
            store.charts.add(make_charter(f"{place} {face.name}"), NOW_MILLISECONDS)
        store.faces.replace_many(zip(charts_of(faces), faces, strict=True))
    return store.faces


@pytest.fixture(scope="module")
def peopled(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    folder: Path = tmp_path_factory.mktemp("search")
    return fill(create_store(folder / "store.db", KEY, seeded_randomness()), PEOPLE)


def ranks(faces: Faces, text: str, count_max: int = 50) -> dict[str, tuple[int, str]]:
    return {
        found.listed.name: (place, found.match)
        for place, found in enumerate(faces.search(text, TODAY, count_max), 1)
    }


@pytest.mark.parametrize(("text", "name", "rank", "match"), FOUND)
def test_a_patient_is_found_high_enough_and_it_is_said_why(
    peopled: Faces, text: str, name: str, rank: int, match: str
) -> None:
    found, why = ranks(peopled, text).get(name, (0, ""))
    assert (found <= rank, bool(found), why) == (True, bool(rank), match)


def test_a_chart_is_found_by_the_beginning_of_its_id(peopled: Faces) -> None:
    text = chart_text(charts_of(PEOPLE)[3])
    for length in (6, 7, 16, 52):
        (found,) = [one for one in peopled.search(text[:length], TODAY) if one.match == "chart id"]
        assert found.listed.name == PEOPLE[3].name


def test_the_same_text_gives_the_same_order_and_no_more_than_asked_for(peopled: Faces) -> None:
    for text in ("a", "1984", "garcia", "m"):
        whole = list(ranks(peopled, text))
        assert whole == list(ranks(peopled, text))
        assert list(ranks(peopled, text, 2)) == whole[:2]


@pytest.mark.parametrize(
    "text",
    [
        "a " * 5_000,
        "x" * 100_000,
        "1" * 10_000,
        "1 " * 200,
        "\u0301" * 500,
        "王" * 300,
        "~" * 300,
        "m f m f m f",
        "a b c d e f g h i j k l",
        "-" * 200 + "a",
        "9999-99-99 0/0/0 61m ~999",
    ],
)
def test_a_hostile_text_is_answered(peopled: Faces, text: str) -> None:
    assert len(peopled.search(text, TODAY)) <= len(PEOPLE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.text(max_size=40) | st.text(alphabet="amin0189-./~'\"* ()%_:^", max_size=30))
@example("amina' OR '1'='1")
@example("\ud800\udfff \x00")
@example("²³ ① ٣")
def test_nothing_that_is_typed_fails(peopled: Faces, text: str) -> None:
    for found in peopled.search(text, TODAY):
        assert found.match


# -- among three hundred others

CROWD_SIZE = 300


def crowd() -> list[Face]:
    rng = Random(7)
    names: dict[str, None] = {}
    while len(names) < CROWD_SIZE:
        culture = rng.choice(CULTURES)
        given_name = rng.choice(culture.women + culture.men)
        family = rng.choice(culture.families)
        script = rng.random() < 0.5 and bool(given_name[1])
        names[" ".join((given_name[script], family[script]))] = None
    return [
        Face(name, (name,), f"{rng.randrange(1930, 2026)}", rng.choice(("male", "female")))
        for name in names
    ]


CROWD = crowd()
NAMES = [face.name for face in CROWD]


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> Faces:
    folder: Path = tmp_path_factory.mktemp("crowd")
    return fill(create_store(folder / "store.db", KEY, seeded_randomness()), CROWD)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_found_first_by_itself_and_backwards(crowded: Faces, name: str) -> None:
    assert ranks(crowded, name)[name][0] == 1
    assert ranks(crowded, " ".join(reversed(name.split())))[name][0] <= 2


@settings(deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_every_name_is_found_by_a_beginning_of_three_letters(
    crowded: Faces, name: str, data: st.DataObject
) -> None:
    words = [word for word in name.split() if len(word) >= 3]
    assume(words)
    word = data.draw(st.sampled_from(words))
    length = data.draw(st.integers(3, len(word)))
    assert name in ranks(crowded, word[:length])


@settings(deadline=None, max_examples=300)
@given(st.sampled_from(NAMES), st.data())
def test_every_name_is_found_with_one_typo_in_a_word_of_four_letters(
    crowded: Faces, name: str, data: st.DataObject
) -> None:
    words = name.split()
    long = [place for place, word in enumerate(words) if len(folded(word)) >= 4]
    assume(long)
    place = data.draw(st.sampled_from(long))
    words[place] = mistyped(folded(words[place]), data)
    assert ranks(crowded, " ".join(words), 10).get(name), " ".join(words)


def mistyped(word: str, data: st.DataObject) -> str:
    place = data.draw(st.integers(0, len(word) - 1))
    letter = data.draw(st.sampled_from("aeghklmnrst"))
    made = data.draw(
        st.sampled_from(
            [
                word[:place] + letter + word[place:],
                word[:place] + letter + word[place + 1 :],
                word[:place] + word[place + 1 :],
                word[:place] + word[place : place + 2][::-1] + word[place + 2 :],
            ]
        )
    )
    assume(len(made) >= 4)
    return str(made)


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.text(alphabet="abzéß", min_size=1, max_size=4).map(str.strip), min_size=1, max_size=12
    ),
    st.text(alphabet="abzés", min_size=1, max_size=3),
)
def test_beginnings_are_found_as_by_looking_at_every_name(names: list[str], text: str) -> None:
    faces = [Face(name, (name,)) for name in names]
    with (
        TemporaryDirectory() as folder,
        create_store(Path(folder) / "store.db", KEY, seeded_randomness()) as store,
    ):
        found = fill(store, faces).search(text, TODAY, 50)
    begun = {"name", "begins with"}
    assert sorted(one.listed.name for one in found if one.match in begun) == sorted(
        name for name in names if folded(name).startswith(folded(text))
    )
