"""Lists and search, as people of many countries type."""

from datetime import date

import pytest
from stored_charts import NOW_MILLISECONDS, make_charter

from node.store.faces import Face, FoundChart, ListedChart
from node.store.store import Store
from sync.identifiers import ChartId

TODAY = date(2026, 11, 22)
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


def search(store: Store, text: str, count_max: int = 50) -> list[str]:
    return [found.listed.name for found in store.faces.search(text, TODAY, count_max)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "-",
        '"',
        "*",
        "()",
        "'",
        '"" OR',
        "\x00",
        "\ud800",
        "%",
        "^",
        "+",
        "-- ;",
        "🤕",
        "~",
    ],
)
def test_text_without_words_finds_nothing_and_fails_at_nothing(peopled: Store, text: str) -> None:
    assert search(peopled, text) == []


@pytest.mark.parametrize(
    "text",
    [
        "amina OR jose",
        "names : amina",
        "NEAR(amina)",
        "amina\x00",
        'ami"na',
        "amina*",
        "{",
        "%",
        "_",
    ],
)
def test_no_index_language_is_spoken_by_people(peopled: Store, text: str) -> None:
    assert "José Ñáñez" not in search(peopled, text)


def test_a_name_that_begins_with_the_text_comes_first_then_by_name(store: Store) -> None:
    for name in ("Zoe Ama", "Amadou Ba", "Beno Amara", "ámber Li"):
        add(store, name, Face(name, (name,)))
    assert search(store, "am") == ["Amadou Ba", "ámber Li", "Beno Amara", "Zoe Ama"]
    assert search(store, "am", 1) == ["Amadou Ba"]


def test_a_whole_word_is_found_among_more_beginnings_than_are_shown(store: Store) -> None:
    with store.transaction():
        for number in range(200):
            add(store, str(number), Face(f"Lian {number}"))
        add(store, "li", Face("Wei Li"))
    assert search(store, "li")[0] == "Wei Li"


def test_a_face_is_replaced_whole(peopled: Store) -> None:
    chart = make_charter("amina").chart
    peopled.faces.replace(chart, Face("Amal Noor", resources=7, conflicts=2, quarantined=1))
    shown = ListedChart(chart, "Amal Noor", "", "", 7, 2, 1)
    assert search(peopled, "hassan") == ["अमीना हसन"]
    assert FoundChart(shown, "name") in peopled.faces.search("amal", TODAY)
    assert peopled.faces.of_chart(chart) == ListedChart(chart, "Amal Noor", "", "", 7, 2, 1)
    assert peopled.faces.count() == len(PEOPLE)


def test_counts_change_and_the_words_stay(peopled: Store) -> None:
    chart = make_charter("jose").chart
    face = Face("José Ñáñez", ("José Ñáñez", "Pepe Ñáñez"), "1984-11-30", resources=3)
    peopled.faces.replace(chart, face)
    (found,) = peopled.faces.search("pepe", TODAY)
    assert found.listed.resources == 3


def test_a_removed_face_is_neither_listed_nor_found(peopled: Store) -> None:
    peopled.faces.remove(make_charter("jose").chart)
    assert search(peopled, "jose") == []
    assert len(peopled.faces.all()) == len(PEOPLE) - 1
    assert peopled.faces.of_chart(make_charter("jose").chart) is None


def test_the_list_is_by_name_without_regard_to_case_and_accents(store: Store) -> None:
    for name in ("zoe", "Émile", "adam", "Eve", "Ñandu", "Oscar"):
        add(store, name, Face(name))
    assert [listed.name for listed in store.faces.all()] == [
        "adam",
        "Émile",
        "Eve",
        "Ñandu",
        "Oscar",
        "zoe",
    ]


def test_many_faces_are_replaced_as_each_by_itself(store: Store, peopled: Store) -> None:
    charts = [make_charter(person).chart for person in PEOPLE]
    shown = store.faces.all()
    store.faces.replace_many(zip(charts, PEOPLE.values(), strict=True))
    assert store.faces.all() == shown
    assert store.faces.findings() == []


def test_the_index_agrees_with_the_faces_through_every_change(peopled: Store) -> None:
    charts = [make_charter(person).chart for person in PEOPLE]
    assert peopled.faces.findings() == []
    peopled.faces.replace(charts[0], Face("Amina Hussein", former_names=("Amina Hassan",)))
    peopled.faces.remove(charts[1])
    assert peopled.faces.findings() == []
    assert search(peopled, "diallo") == []
    peopled.faces.clear()
    assert peopled.faces.findings() == []
    assert (peopled.faces.count(), search(peopled, "amina")) == (0, [])


@pytest.mark.parametrize(
    "damage",
    [
        "DELETE FROM faces WHERE n = (SELECT min(n) FROM faces)",
        "DELETE FROM face_terms WHERE n = (SELECT min(n) FROM faces)",
        "DELETE FROM named WHERE n = (SELECT min(n) FROM faces)",
        "DELETE FROM numbered WHERE n = (SELECT min(n) FROM faces)",
        "DELETE FROM spellings WHERE text = 'hassan'",
        "INSERT INTO spellings (spelling, text, backwards) VALUES (9999, 'x', 'x')",
        "INSERT INTO sounds (sound, spelling) VALUES ('X', 9999)",
        "UPDATE named SET spelling = 9999 WHERE n = (SELECT min(n) FROM faces)"
        " AND spelling = (SELECT min(spelling) FROM named)",
    ],
)
def test_an_index_that_disagrees_is_noticed(peopled: Store, damage: str) -> None:
    peopled.database.write(damage)
    assert peopled.faces.findings() == ["the search index disagrees with the lists"]


def test_no_spelling_outlives_the_patients_who_have_it(peopled: Store) -> None:
    for person in PEOPLE:
        peopled.faces.remove(make_charter(person).chart)
    tables = ("spellings", "sounds", "named", "numbered", "face_terms", "faces")
    counts = [peopled.database.value(f"SELECT count(*) FROM {table}") for table in tables]  # noqa: S608
    assert counts == [0] * len(tables)
