"""Looks for a patient's words in what a relay has: on its disk, and in what its own keys open."""

import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

_TELLING: Final = frozenset(
    {"text", "display", "family", "given", "value", "line", "city", "id", "name"}
    | {"birthDate", "reference"}
)
"""Elements that say who somebody is or what they have; codes that every chart has are left out."""
_PROOF_SIZE_BYTES_MIN: Final = 6
"""Shorter ones turn up in ciphertext by chance: 6 bytes do so once in 280 million megabytes."""
_ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be")


@dataclass(frozen=True)
class Search:
    """What was looked for, in how much, and where it was found (places only, no words)."""

    words: int
    forms: int
    places: int
    size_bytes: int
    found_in: tuple[str, ...]


def telling_words(lines: Iterable[bytes]) -> set[str]:
    """The names, ids, dates and words of records in an export."""
    return {word for line in lines for word in _words(json.loads(line), telling=False)}


def forms_of(words: Iterable[str]) -> set[bytes]:
    """How the words may lie in a file: UTF-8 and UTF-16, composed or not, escaped, any case."""
    forms: set[bytes] = set()
    for word in words:
        spellings = {unicodedata.normalize(form, word) for form in ("NFC", "NFD")}
        spellings.add(json.dumps(word)[1:-1])
        for spelling in spellings | {spelling.casefold() for spelling in spellings}:
            forms.update(spelling.encode(encoding).lower() for encoding in _ENCODINGS)
    return {form for form in forms if len(form) >= _PROOF_SIZE_BYTES_MIN}


def search_for(words: set[str], places: Mapping[str, bytes]) -> Search:
    """Look for every form of every word in every place."""
    forms = forms_of(words)
    found = [
        name
        for name, content in places.items()
        if (lowered := content.lower()) and any(form in lowered for form in forms)
    ]
    size_bytes = sum(len(content) for content in places.values())
    return Search(len(words), len(forms), len(places), size_bytes, tuple(found))


def files_in(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, names included: a file's name can give somebody away too."""
    return {
        path.relative_to(folder).as_posix(): str(path.relative_to(folder)).encode()
        + b"\n"
        + path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _words(value: Any, *, telling: bool) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _words(inner, telling=name in _TELLING)
    elif isinstance(value, list):
        for inner in value:
            yield from _words(inner, telling=telling)
    elif telling and isinstance(value, str):
        yield value
