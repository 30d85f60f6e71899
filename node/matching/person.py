"""What of a person is compared: taken from Patient documents of any shape; never raises on them.

The application makes a `Person` of each chart's Patient; the store keeps its encoded form.
"""

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from node.matching.limits import (
    addresses_max,
    contacts_max,
    documents_max,
    identifiers_max,
    names_max,
    text_length_chars_max,
)
from node.matching.spelling import is_latin, latin, words

_DATE: Final = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_NO_NUMBERS: Final = frozenset({"unknown", "none", "na", "nil", "null", "test", "asku", "unk"})
_PHONE_DIGITS: Final = 9
"""A telephone number's last digits, which country and trunk prefixes leave alone."""
_PHONE_DIGITS_MIN: Final = 6


class Name(NamedTuple):
    """One name. A name given as text alone has all its words among the given names."""

    family: tuple[str, ...]
    given: tuple[str, ...]
    is_latin: bool
    is_whole: bool
    """Family and given names are told apart."""


class Born(NamedTuple):
    """A date of birth; what is not known is 0."""

    year: int
    month: int
    day: int


class Address(NamedTuple):
    """Where somebody lives, folded."""

    line: str
    city: str
    postal_code: str


@dataclass(frozen=True, slots=True)
class Person:
    """What is compared of one chart's patient. The repr shows nothing of it."""

    names: tuple[Name, ...] = field(default=(), repr=False)
    born: tuple[Born, ...] = field(default=(), repr=False)
    """One, unless versions disagree."""
    genders: frozenset[str] = field(default=frozenset(), repr=False)
    identifiers: frozenset[tuple[str, str]] = field(default=frozenset(), repr=False)
    """(system, value), folded; the system may be empty."""
    contacts: frozenset[str] = field(default=frozenset(), repr=False)
    """Ends of telephone numbers, and mail addresses."""
    addresses: tuple[Address, ...] = field(default=(), repr=False)
    birth_orders: frozenset[int] = field(default=frozenset(), repr=False)
    """Which one of twins."""

    @property
    def is_comparable(self) -> bool:
        """Whether there is enough to call anybody alike: a name, or an identifier."""
        return bool(self.names or self.identifiers)

    def encoded(self) -> bytes:
        """What the store keeps."""
        return json.dumps(
            [
                self.names,
                self.born,
                sorted(self.genders),
                sorted(self.identifiers),
                sorted(self.contacts),
                self.addresses,
                sorted(self.birth_orders),
            ],
            ensure_ascii=False,
            separators=(",", ":"),
        ).encode()


def parse_person(encoded: bytes) -> Person:
    """A person as `Person.encoded` wrote it."""
    names, born, genders, identifiers, contacts, addresses, orders = json.loads(encoded)
    return Person(
        names=tuple(
            Name(tuple(family), tuple(given), latin_letters, whole)
            for family, given, latin_letters, whole in names
        ),
        born=tuple(Born(*date) for date in born),
        genders=frozenset(genders),
        identifiers=frozenset((system, value) for system, value in identifiers),
        contacts=frozenset(contacts),
        addresses=tuple(Address(*address) for address in addresses),
        birth_orders=frozenset(orders),
    )


def person_of(documents: Iterable[dict[str, Any]]) -> Person:
    """What is compared of the Patients of one chart; never raises, whatever their shape."""
    looked_at = list(documents)[:documents_max]
    names: dict[Name, None] = {}
    born: dict[Born, None] = {}
    identifiers: set[tuple[str, str]] = set()
    contacts: set[str] = set()
    addresses: dict[Address, None] = {}
    for document in looked_at:
        names.update(dict.fromkeys(_names(document.get("name"))))
        born.update(dict.fromkeys(_born(document.get("birthDate"))))
        identifiers.update(_identifiers(document.get("identifier")))
        contacts.update(_contacts(document.get("telecom")))
        addresses.update(dict.fromkeys(_addresses(document.get("address"))))
    genders = {_text(document.get("gender")) for document in looked_at}
    orders = [document.get("multipleBirthInteger") for document in looked_at]
    return Person(
        names=tuple(names)[:names_max],
        born=tuple(born),
        genders=frozenset(genders & {"male", "female", "other"}),
        identifiers=frozenset(sorted(identifiers)[:identifiers_max]),
        contacts=frozenset(sorted(contacts)[:contacts_max]),
        addresses=tuple(addresses)[:addresses_max],
        birth_orders=frozenset(order for order in orders if type(order) is int and 0 < order < 100),
    )


def _names(value: object) -> Iterator[Name]:
    for name in _objects(value, names_max):
        family, given = _text(name.get("family")), " ".join(_texts(name.get("given")))
        text = _text(name.get("text"))
        if not (family and given) and text:
            # Only a text, or half a name beside one: the words of the text, none of them placed.
            family, given = "", text
        made = Name(words(family), words(given), is_latin(family + given), bool(family and given))
        if made.family or made.given:
            yield made


def _born(value: object) -> Iterator[Born]:
    found = _DATE.match(value) if isinstance(value, str) else None
    if found is not None:
        yield Born(*(int(part or 0) for part in found.groups()))


def _identifiers(value: object) -> Iterator[tuple[str, str]]:
    for identifier in _objects(value, identifiers_max):
        number = folded(_text(identifier.get("value")))
        if len(number) >= 3 and number not in _NO_NUMBERS and len(set(number)) > 1:
            yield _text(identifier.get("system")).casefold(), number


def _contacts(value: object) -> Iterator[str]:
    for point in _objects(value, contacts_max):
        text = _text(point.get("value"))
        if point.get("system") == "email" or "@" in text:
            yield text.casefold()
            continue
        digits = "".join(str(unicodedata.digit(letter)) for letter in text if letter.isdigit())
        if len(digits) >= _PHONE_DIGITS_MIN and len(set(digits)) > 1:
            yield digits[-_PHONE_DIGITS:]


def _addresses(value: object) -> Iterator[Address]:
    for address in _objects(value, addresses_max):
        line = " ".join(_texts(address.get("line"))) or _text(address.get("text"))
        made = Address(
            " ".join(filter(None, map(folded, line.split()))),
            latin(_text(address.get("city")).replace(" ", "")),
            folded(_text(address.get("postalCode"))),
        )
        if made.line or made.city:
            yield made


def folded(text: str) -> str:
    """Letters and digits of a text in Latin, small, without anything between them."""
    plain = "".join(
        str(unicodedata.digit(letter)) if letter.isdigit() else letter for letter in text
    )
    return re.sub("[^a-z0-9]+", "", _ascii(plain).casefold())


def _ascii(text: str) -> str:
    return text if text.isascii() else " ".join(latin(word) for word in text.split())


def _text(value: object) -> str:
    """A text of a document, cut, and without what no name is written with."""
    if not isinstance(value, str):
        return ""
    kept = value[:text_length_chars_max]
    return " ".join("".join(c for c in kept if unicodedata.category(c) != "Cs").split())


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [_text(value)]
    return [_text(item) for item in value[:names_max]] if isinstance(value, list) else []


def _objects(value: object, count_max: int) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    return [item for item in value[:count_max] if isinstance(item, dict)]
