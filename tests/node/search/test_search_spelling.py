"""Under which spellings and sounds names are found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.search.limits import sounds_per_word_max, word_length_chars_max, words_per_face_max
from node.search.sound import sounds
from node.search.spelling import folded, spellings, spellings_of_names, written_words
from scenarios.population.tables.names import CULTURES

PAIRED = [
    pair
    for culture in CULTURES
    for pair in (*culture.women, *culture.men, *culture.families)
    if pair[1]
]


def sounds_of(word: str) -> set[str]:
    return {sound for text, _ in spellings(word) for sound in sounds(text)}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mohammed", "Muhamad"),
        ("Mohammed", "محمد"),
        ("Yusuf", "Youssouf"),
        ("Josef", "Yousef"),
        ("يوسف", "Jusuf"),
        ("Catherine", "Kathryn"),
        ("Stephen", "Steven"),
        ("Smith", "Schmidt"),
        ("Michael", "Mikhail"),
        ("Fatima", "فاطمة"),
        ("Aisha", "Aicha"),
        ("عائشة", "Ayesha"),
        ("Hussein", "حسين"),
        ("Garcia", "Garzia"),
        ("McDonald", "MacDonald"),
        ("عبدالله", "Abdullah"),
        ("Чайковский", "Tchaikovsky"),
        ("Xiulan", "Shiulan"),
        ("Philippe", "Filip"),
        ("Geoffrey", "Jeffrey"),
        ("Khadija", "خديجة"),
        ("Богдан", "Bohdan"),
        ("김", "Kim"),
        ("सिंह", "Singh"),
        ("Bharat", "Barat"),
        ("Xenia", "Ксения"),
    ],
)
def test_names_that_are_said_alike_share_a_sound(one: str, other: str) -> None:
    assert sounds_of(one) & sounds_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Amina", "Aminata"),
        ("Garcia", "Gomez"),
        ("Mamadou", "Madou"),
        ("Li", "Lin"),
        ("Ana", "Hana"),
    ],
)
def test_names_that_are_said_otherwise_share_none(one: str, other: str) -> None:
    assert not sounds_of(one) & sounds_of(other)


@pytest.mark.parametrize(("latin", "script"), PAIRED)
def test_a_name_of_each_culture_sounds_as_its_latin_spelling(latin: str, script: str) -> None:
    assert sounds_of("".join(latin.split("-"))) & sounds_of(script)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("O'Brien-Smith", {"o", "brien", "smith", "obrien", "briensmith", "obriensmith"}),
        ("Jan van der Berg", {"jan", "van", "der", "vander", "berg", "vanderberg"}),
        ("Müller", {"muller", "mueller"}),
        ("Søren Weiß", {"soren", "soeren", "weiss"}),
        ("Čapek", {"capek", "chapek"}),
        ("Abbott774", {"abbott774", "abbott"}),
        ("王小明", {"王小明", "小明", "明", "王", "wangxiaoming", "xiaoming", "ming", "wang"}),
        ("المصري", {"المصري", "مصري", "almsri", "msri"}),
        ("José", {"jose"}),
        ("\u200bAna\u202e", {"ana"}),
    ],
)
def test_a_name_is_indexed_by_the_spellings_that_people_use(name: str, expected: set[str]) -> None:
    assert set(spellings_of_names([name])) == expected


def test_what_was_transcribed_is_marked() -> None:
    assert spellings_of_names(["Анна"]) == {"анна": False, "anna": True}
    assert spellings_of_names(["Анна", "Anna"]) == {"анна": False, "anna": False}


@given(st.text(max_size=60))
def test_any_text_has_bounded_spellings_and_sounds(text: str) -> None:
    for word in written_words(text):
        for spelling, _ in spellings(word):
            assert 0 < len(spelling) <= word_length_chars_max
            assert len(sounds(spelling)) <= sounds_per_word_max
            spelling.encode()
    assert folded(folded(text)).casefold() is not None


@given(st.lists(st.text(alphabet="abcdefgh ", min_size=1, max_size=200), max_size=20))
def test_many_names_have_a_bounded_number_of_spellings(names: list[str]) -> None:
    assert len(spellings_of_names(names)) <= words_per_face_max
