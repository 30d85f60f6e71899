"""The demo's search of a relay finds a patient's words however and wherever they lie."""

import json
import unicodedata
from pathlib import Path
from random import Random
from typing import Literal

import pytest

from scenarios.demo.plaintext_search import files_in, forms_of, search_for, telling_words
from scenarios.population import Population

LINES = [
    json.dumps(resource).encode()
    for person in Population("search").patients(8)
    for resource in person.resources
]
WORDS = telling_words(LINES)
CIPHERTEXT = Random(4).randbytes(1_000)


def found(planted: bytes, words: set[str] = WORDS) -> bool:
    return bool(search_for(words, {"file": CIPHERTEXT + planted + CIPHERTEXT}).found_in)


def test_ciphertext_holds_none_of_the_words() -> None:
    assert len(WORDS) > 300
    assert not search_for(WORDS, {"file": Random(5).randbytes(500_000)}).found_in


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be", "utf-16"])
@pytest.mark.parametrize("spelled", ["NFC", "NFD", "upper", "escaped"])
def test_a_name_is_found_in_every_spelling(
    encoding: str, spelled: Literal["NFC", "NFD", "upper", "escaped"]
) -> None:
    for person in Population("search").patients(8):
        names = person.patient["name"]
        assert isinstance(names, list)
        for name in names:
            text = str(name["text"])
            words = {text}
            if spelled == "upper":
                text = text.upper() if text.isascii() else text
            elif spelled == "escaped":
                text = json.dumps(text)[1:-1]
            else:
                text = unicodedata.normalize(spelled, text)
            if len(text) > 2:
                assert found(text.encode(encoding), words), text


def test_ids_dates_and_words_of_records_are_looked_for() -> None:
    for line in LINES:
        resource = json.loads(line)
        assert resource["id"] in WORDS
        if "code" in resource and "text" in resource["code"]:
            assert resource["code"]["text"] in WORDS
        if resource["resourceType"] == "Patient":
            assert resource["birthDate"] in WORDS
            assert {one["value"] for one in resource["identifier"]} <= WORDS
    assert found(json.loads(LINES[0])["id"].encode())


def test_words_so_short_that_chance_writes_them_are_left_out() -> None:
    assert all(len(form) >= 6 for form in forms_of(WORDS | {"Ana"}))
    assert forms_of({"Ana"}) == {"ana".encode("utf-16-le"), "ana".encode("utf-16-be")}


def test_files_are_searched_by_content_and_by_name(tmp_path: Path) -> None:
    person = next(Population("search").patients(1))
    family = str(json.loads(LINES[0])["id"])
    assert person.id == family
    (tmp_path / "deep er").mkdir()
    (tmp_path / "deep er" / "log").write_bytes(b"nothing")
    assert not search_for(WORDS, files_in(tmp_path)).found_in
    (tmp_path / "deep er" / f"{family}.tmp").write_bytes(b"")
    assert search_for(WORDS, files_in(tmp_path)).found_in == (f"deep er/{family}.tmp",)
