"""Names in Latin letters, as consonants, and laid side by side."""

import pytest

from node.matching.naming import Parts, compare_parts, compare_words, lay_side_by_side
from node.matching.person import Name, person_of
from node.matching.spelling import consonants, latin, sound_class, words


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("O'Connor", ("oconnor",)),
        ("García-Márquez", ("garcia", "marquez")),
        ("Jakubowski832", ("jakubowski",)),
        ("Nguyễn Văn", ("nguyen", "van")),
        ("Голднер", ("goldner",)),
        ("Ντόναλντ", ("donald",)),
        ("王", ("wang",)),
        ("محمد", ("mhmd",)),
        ("J. R.", ("j", "r")),
        ("", ()),
        ("123", ()),
        ("\x1b[31m", ("m",)),
        ("\ud800", ()),
    ],
)
def test_a_name_is_read_in_latin_letters(written: str, read: tuple[str, ...]) -> None:
    assert words(written) == read


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mohammed", "mhmd"),
        ("stephen", "stefan"),
        ("schmidt", "shmit"),
        ("khadija", "kadija"),
        ("yusuf", "iusuf"),
    ],
)
def test_spellings_that_languages_exchange_have_the_same_consonants(one: str, other: str) -> None:
    assert consonants(one) == consonants(other)
    assert sound_class(one) == sound_class(other)


def test_the_first_letter_counts_no_more_than_others_in_a_sound_class() -> None:
    assert sound_class("kim") == sound_class("gim")
    assert sound_class("kim") != sound_class("tim")


@pytest.mark.parametrize(
    ("one", "other", "level"),
    [
        ("okafor", "okafor", Parts.SAME),
        ("okafor", "okaofr", Parts.TYPO),
        ("okafor", "okafr", Parts.TYPO),
        ("oleksandr", "oleskandra", Parts.TYPO),
        ("catherine", "katerine", Parts.TYPO),
        ("meyer", "maier", Parts.SOUND),
        ("alex", "alexander", Parts.SHORTENED),
        ("j", "john", Parts.INITIAL),
        ("ana", "ada", Parts.CLOSE),
        ("amara", "kofi", Parts.OTHER),
        ("john", "joan", Parts.TYPO),
    ],
)
def test_two_words_are_as_alike_as_the_error_between_them(
    one: str, other: str, level: Parts
) -> None:
    assert compare_words(one, other, one_script=True) is level
    assert compare_words(other, one, one_script=True) is level


@pytest.mark.parametrize(
    ("latin_name", "other_script"),
    [
        ("Goldner", "Голднер"),
        ("Mohammed", "محمد"),
        ("Khalid", "خالد"),
        ("Dawit", "ዳዊት"),
        ("Papadopoulos", "Παπαδόπουλος"),
        ("Sunita", "सुनीता"),
        ("Kateryna", "Катерина"),
        ("Yosef", "יוסף"),
        ("Goldner", "ゴルドナー"),
        ("Tanaka", "タナカ"),
        ("Kim", "김"),
        ("Park", "박"),
        ("Xiaoming", "小明"),
        ("Beridze", "ბერიძე"),
        ("Sargsyan", "Սարգսյան"),
        ("Somchai", "สมชาย"),
    ],
)
def test_a_name_is_found_in_another_script(latin_name: str, other_script: str) -> None:
    level = compare_words(latin(latin_name), latin(other_script), one_script=False)

    assert level <= Parts.SCRIPT


def test_other_names_are_other_in_another_script_too() -> None:
    assert compare_words(latin("Goldner"), latin("Щербак"), one_script=False) >= Parts.UNCLEAR


def test_a_part_with_more_words_agrees_by_its_best() -> None:
    double = ("garcia", "marquez")

    assert compare_parts(("marquez",), double, one_script=True).level is Parts.SAME_WORDS
    assert compare_parts((), double, one_script=True).level is Parts.UNKNOWN
    assert compare_parts(("xiaoming",), ("xiao", "ming"), one_script=True).level is Parts.SAME


def test_swapped_names_agree_in_the_second_way_of_laying_them() -> None:
    one = Name(("okafor",), ("amara",), is_latin=True, is_whole=True)
    other = Name(("amara",), ("okafor",), is_latin=True, is_whole=True)
    straight, swapped = lay_side_by_side(one, other)

    assert straight.given.level is Parts.OTHER
    assert swapped.swapped
    assert (swapped.family.level, swapped.given.level) == (Parts.SAME, Parts.SAME)


@pytest.mark.parametrize("text", ["Amara Okafor", "OKAFOR, Amara", "okafor amara"])
def test_a_name_given_as_text_alone_agrees_in_any_order(text: str) -> None:
    [alone] = person_of([{"name": [{"text": text}]}]).names
    [whole] = person_of([{"name": [{"family": "Okafor", "given": ["Amara"]}]}]).names
    [laid] = lay_side_by_side(alone, whole)

    assert (laid.family.level, laid.given.level) == (Parts.SAME, Parts.SAME)
