"""Lists and search, as people of many countries type."""

import pytest
from stored_charts import NOW_MILLISECONDS, make_charter

from node.limits import search_matches_max
from node.store.faces import Face, ListedChart
from node.store.store import Store
from sync.identifiers import ChartId

PEOPLE = {
    "amina": Face("Amina Hassan", ("Amina Hassan",), "1984-05-01", "female", ("NHS-123 456",)),
    "aminata": Face("Aminata Diallo", ("Aminata Diallo",), phones=("+221 77 123 45 67",)),
    "jose": Face("José Ñáñez", ("José Ñáñez", "Pepe Ñáñez"), "1984-11-30"),
    "obrien": Face("Siobhán O'Brien-Smith", phones=("(0161) 496 0000",)),
    "wang": Face("王小明", ("王小明", "Wang Xiaoming")),
    "sergei": Face(
        "Сергей Ёлкин",
    ),
    "ahmad": Face(
        "أحمد مُحَمَّد",
    ),
    "hindi": Face(
        "अमीना हसन",
    ),
    "soren": Face(
        "Søren Łukasz",
    ),
}


def add(store: Store, name: str, face: Face) -> ChartId:
    charter = make_charter(name)
    store.charts.add(charter, NOW_MILLISECONDS)
    store.faces.replace(charter.chart, face)
    return charter.chart


@pytest.fixture
def peopled(store: Store) -> Store:
    for name, face in PEOPLE.items():
        add(store, name, face)
    return store


def names(found: list[ListedChart]) -> list[str]:
    return [listed.name for listed in found]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("amina", ["amina", "aminata"]),
        ("AMINA HAS", ["amina"]),
        ("has ami", ["amina"]),
        ("hassan 1984", ["amina"]),
        ("1984", ["amina", "jose"]),
        ("1984-05-01", ["amina"]),
        ("1984-11", ["jose"]),
        ("jose nanez", ["jose"]),
        ("JOSÉ", ["jose"]),
        ("pepe", ["jose"]),
        ("o'brien", ["obrien"]),
        ("brien", ["obrien"]),
        ("smith siobhan", ["obrien"]),
        ("小明", ["wang"]),
        ("王", ["wang"]),
        ("xiao", ["wang"]),
        ("елкин", ["sergei"]),
        ("احمد محمد", ["ahmad"]),
        ("अमी", ["hindi"]),
        ("soren lukasz", ["soren"]),
        ("123456", ["amina", "aminata"]),
        ("nhs-123", ["amina"]),
        ("nhs123456", ["amina"]),
        ("771234567", ["aminata"]),
        ("+221 77 123", ["aminata"]),
        ("077 123 45 67", ["aminata"]),
        ("0161 496 0000", ["obrien"]),
        ("01614960000", ["obrien"]),
        ("hasan", []),
        ("mina", []),
        ("amara diallo", []),
    ],
)
def test_a_patient_is_found_by_what_people_type(
    peopled: Store, text: str, expected: list[str]
) -> None:
    assert sorted(names(peopled.faces.search(text))) == sorted(
        PEOPLE[person].name for person in expected
    )


@pytest.mark.parametrize(
    "text",
    ["", " ", "-", '"', "*", "()", "'", '"" OR', "\x00", "\ud800", "%", "^", "+", "-- ;", "🤕"],
)
def test_text_without_words_finds_nothing_and_fails_at_nothing(peopled: Store, text: str) -> None:
    assert peopled.faces.search(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "amina OR jose",
        "names : amina",
        "NEAR(amina)",
        "amina\x00",
        'ami"na',
        "^amina",
        "amina*",
        "{",
    ],
)
def test_the_index_language_is_not_spoken_by_people(peopled: Store, text: str) -> None:
    assert "José Ñáñez" not in names(peopled.faces.search(text))


def test_a_name_that_begins_with_the_text_comes_first_then_by_name(store: Store) -> None:
    for name in ("Zoe Ama", "Amadou Ba", "Beno Amara", "ámber Li"):
        add(store, name, Face(name, (name,)))
    assert names(store.faces.search("am")) == ["Amadou Ba", "ámber Li", "Beno Amara", "Zoe Ama"]
    assert names(store.faces.search("am", count_max=1)) == ["Amadou Ba"]


def test_a_whole_word_is_found_among_more_beginnings_than_are_looked_at(store: Store) -> None:
    with store.transaction():
        for number in range(search_matches_max + 1):
            add(store, str(number), Face(f"Lian {number}"))
        add(store, "li", Face("Li Wei"))
    assert "Li Wei" in names(store.faces.search("li", count_max=search_matches_max + 2))


def test_a_face_is_replaced_whole(peopled: Store) -> None:
    chart = make_charter("amina").chart
    peopled.faces.replace(chart, Face("Amal Noor", resources=7, conflicts=2, quarantined=1))
    assert peopled.faces.search("hassan") == []
    assert peopled.faces.search("amal") == [ListedChart(chart, "Amal Noor", "", "", 7, 2, 1)]
    assert peopled.faces.of_chart(chart) == ListedChart(chart, "Amal Noor", "", "", 7, 2, 1)
    assert peopled.faces.count() == len(PEOPLE)


def test_counts_change_and_the_words_stay(peopled: Store) -> None:
    chart = make_charter("jose").chart
    face = Face("José Ñáñez", ("José Ñáñez", "Pepe Ñáñez"), "1984-11-30", resources=3)
    peopled.faces.replace(chart, face)
    (found,) = peopled.faces.search("pepe")
    assert found.resources == 3


def test_a_removed_face_is_neither_listed_nor_found(peopled: Store) -> None:
    peopled.faces.remove(make_charter("jose").chart)
    assert peopled.faces.search("jose") == []
    assert len(peopled.faces.all()) == len(PEOPLE) - 1
    assert peopled.faces.of_chart(make_charter("jose").chart) is None


def test_the_list_is_by_name_without_regard_to_case_and_accents(store: Store) -> None:
    for name in ("zoe", "Émile", "adam", "Eve", "Ñandu", "Oscar"):
        add(store, name, Face(name))
    assert names(store.faces.all()) == ["adam", "Émile", "Eve", "Ñandu", "Oscar", "zoe"]
