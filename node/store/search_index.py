"""The search index: which patients have a word, a sound or a number. Derived, like the faces.

`faces.py` keeps it up, `face_search.py` reads it. A spelling is kept once however many patients
have it, so that a clinic full of Mohammeds costs a few bytes each, and typos are looked for among
spellings and not among patients. It lies in the encrypted database only, and a spelling that no
patient has any more goes (`secure_delete` wipes it).
"""

import hashlib
import json
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from node.search.number import number_forms
from node.search.sound import sounds
from node.search.spelling import spellings_of_names
from node.store.database import Database

_RULES_VERSION: Final = 1
"""Raise it when names or numbers are indexed otherwise: what was indexed before is made anew."""
_PRINT_SIZE_BYTES: Final = 12

FORMER: Final = 1
"""A flag of a patient's spelling: only a name that is in use no more has it."""
TRANSCRIBED: Final = 2
"""A flag of a patient's spelling: it was made from another script."""
_FLAG_BITS: Final = 2


@dataclass(frozen=True, slots=True)
class Searched:
    """What of a patient is searched. The repr shows nothing of it."""

    names: tuple[str, ...] = field(repr=False)
    former_names: tuple[str, ...] = field(repr=False)
    identifiers: tuple[str, ...] = field(repr=False)
    phones: tuple[str, ...] = field(repr=False)
    tags: tuple[str, ...] = field(repr=False)

    def fingerprint(self) -> bytes:
        """Alike for what is indexed alike."""
        parts = (self.names, self.former_names, self.identifiers, self.phones, self.tags)
        content = json.dumps((_RULES_VERSION, parts)).encode()
        return hashlib.blake2b(content, digest_size=_PRINT_SIZE_BYTES).digest()


class _Terms(NamedTuple):
    """What one patient is indexed by, as `face_terms` keeps it."""

    print: bytes
    spellings: bytes
    numbers: str


class SearchIndex:
    """Spellings, sounds and numbers, each with the local numbers of the charts that have them."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def put(self, searched: dict[int, Searched]) -> None:
        """Find these charts by this from now on; what did not change costs a look."""
        prints = {n: one.fingerprint() for n, one in searched.items()}
        held = self._held(list(searched))
        changed = [n for n in searched if n not in held or held[n].print != prints[n]]
        if not changed:
            return
        with self._database.transaction():
            before = {n: held[n] for n in changed if n in held}
            if before:
                self._take_out(before)
            flags = {n: _flagged(searched[n]) for n in changed}
            numbers = {n: _numbers(searched[n]) for n in changed}
            ids = self._ids({text for flagged in flags.values() for text in flagged})
            kept = {
                n: sorted(ids[text] << _FLAG_BITS | flag for text, flag in flagged.items())
                for n, flagged in flags.items()
            }
            self._database.write_many(
                "INSERT INTO named (spelling, n) VALUES (?, ?)",
                sorted((word >> _FLAG_BITS, n) for n, words in kept.items() for word in words),
            )
            self._database.write_many(
                "INSERT INTO numbered (form, n, kind) VALUES (?, ?, ?)",
                sorted((form, n, kind) for n, forms in numbers.items() for kind, form in forms),
            )
            self._database.write_many(
                "INSERT INTO face_terms (n, print, spellings, numbers) VALUES (?, ?, ?, ?)",
                [(n, prints[n], _packed(kept[n]), _lines(numbers[n])) for n in changed],
            )
            self._sweep(before.values())

    def remove(self, ns: Sequence[int]) -> None:
        """Find these charts no more."""
        held = self._held(ns)
        with self._database.transaction():
            self._take_out(held)
            self._sweep(held.values())

    def clear(self) -> None:
        """Find nothing any more: before everything is indexed anew."""
        with self._database.transaction():
            for table in ("named", "numbered", "sounds", "spellings", "face_terms"):
                self._database.write(f"DELETE FROM {table}")  # noqa: S608 (a name of ours)

    def findings(self) -> list[str]:
        """Where the index disagrees with itself or with the faces; nothing when all is well."""
        value = self._database.value
        unlike = [
            value("SELECT count(*) FROM faces WHERE n NOT IN (SELECT n FROM face_terms)"),
            value("SELECT count(*) FROM face_terms WHERE n NOT IN (SELECT n FROM faces)"),
            value("SELECT count(*) FROM spellings s WHERE NOT EXISTS"
                  " (SELECT 1 FROM named w WHERE w.spelling = s.spelling)"),
            value("SELECT count(*) FROM named WHERE spelling NOT IN"
                  " (SELECT spelling FROM spellings)"),
            value("SELECT count(*) FROM sounds WHERE spelling NOT IN"
                  " (SELECT spelling FROM spellings)"),
        ]  # fmt: skip
        words = numbers = places = 0
        for packed, lines in self._database.rows("SELECT spellings, numbers FROM face_terms"):
            found = unpacked(packed)
            words += len(found)
            places += sum(word >> _FLAG_BITS for word in found)
            numbers += lines.count("\n")
        agree = (
            not any(unlike)
            and self._database.row("SELECT count(*), coalesce(sum(spelling), 0) FROM named")
            == (words, places)
            and value("SELECT count(*) FROM numbered") == numbers
        )
        return [] if agree else ["the search index disagrees with the lists"]

    def _held(self, ns: Iterable[int]) -> dict[int, _Terms]:
        rows = self._database.rows(
            "SELECT n, print, spellings, numbers FROM face_terms"
            " WHERE n IN (SELECT value FROM json_each(?))",
            (json.dumps(list(ns)),),
        )
        return {n: _Terms(*terms) for n, *terms in rows}

    def _ids(self, texts: set[str]) -> dict[str, int]:
        """The ids of spellings, given now where there are none."""
        known: dict[str, int] = dict(
            self._database.rows(
                "SELECT text, spelling FROM spellings"
                " WHERE text IN (SELECT value FROM json_each(?))",
                (json.dumps(sorted(texts)),),
            )
        )
        new = sorted(texts - known.keys())
        if new:
            last = self._database.value("SELECT coalesce(max(spelling), 0) FROM spellings")
            fresh = {text: last + place for place, text in enumerate(new, 1)}
            self._database.write_many(
                "INSERT INTO spellings (spelling, text, backwards) VALUES (?, ?, ?)",
                [(spelling, text, text[::-1]) for text, spelling in fresh.items()],
            )
            self._database.write_many(
                "INSERT INTO sounds (sound, spelling) VALUES (?, ?)",
                [(sound, spelling) for text, spelling in fresh.items() for sound in sounds(text)],
            )
            known |= fresh
        return known

    def _take_out(self, held: dict[int, _Terms]) -> None:
        self._database.write_many(
            "DELETE FROM named WHERE spelling = ? AND n = ?",
            [
                (word >> _FLAG_BITS, n)
                for n, one in held.items()
                for word in unpacked(one.spellings)
            ],
        )
        self._database.write_many(
            "DELETE FROM numbered WHERE form = ? AND n = ? AND kind = ?",
            [
                (line[1:], n, int(line[0]))
                for n, one in held.items()
                for line in one.numbers.splitlines()
            ],
        )
        self._database.write_many("DELETE FROM face_terms WHERE n = ?", [(n,) for n in held])

    def _sweep(self, held: Iterable[_Terms]) -> None:
        """Drop the spellings that no patient has any more."""
        words = {word >> _FLAG_BITS for one in held for word in unpacked(one.spellings)}
        if not words:
            return
        orphans = self._database.rows(
            "SELECT spelling, text FROM spellings s"
            " WHERE spelling IN (SELECT value FROM json_each(?))"
            " AND NOT EXISTS (SELECT 1 FROM named w WHERE w.spelling = s.spelling)",
            (json.dumps(sorted(words)),),
        )
        self._database.write_many(
            "DELETE FROM sounds WHERE sound = ? AND spelling = ?",
            [(sound, spelling) for spelling, text in orphans for sound in sounds(text)],
        )
        self._database.write_many(
            "DELETE FROM spellings WHERE spelling = ?", [(spelling,) for spelling, _ in orphans]
        )


def unpacked(spellings: bytes) -> tuple[int, ...]:
    """A patient's spellings as `face_terms` keeps them, flags in the two lowest bits."""
    return struct.unpack(f"<{len(spellings) // 4}I", spellings)


def spelling_and_flags(word: int) -> tuple[int, int]:
    """The id of a spelling, and its flags, from one word of those."""
    return word >> _FLAG_BITS, word & ((1 << _FLAG_BITS) - 1)


def _packed(words: Sequence[int]) -> bytes:
    return struct.pack(f"<{len(words)}I", *words)


def _flagged(searched: Searched) -> dict[str, int]:
    """Every spelling of a patient, with the flags that hold of it under every name."""
    found = {
        text: FORMER | TRANSCRIBED * transcribed
        for text, transcribed in spellings_of_names(searched.former_names).items()
    }
    for text, transcribed in spellings_of_names(searched.names).items():
        found[text] = TRANSCRIBED * transcribed
    return found


def _numbers(searched: Searched) -> list[tuple[int, str]]:
    forms = number_forms(searched.identifiers, searched.phones, searched.tags)
    return [(int(kind), form) for form, kind in forms]


def _lines(numbers: Iterable[tuple[int, str]]) -> str:
    return "".join(f"{kind}{form}\n" for kind, form in numbers)
