"""Blocking keys: two people are compared when they share one. Read by `candidates.py`.

Several independent ones, so that any one field may be wrong, and most pairs of fields. Each is a
text of what two records of one person would both have; the store keeps keyed hashes of them.
"""

from collections.abc import Iterator
from itertools import combinations

from node.matching.limits import keys_max
from node.matching.person import Born, Name, Person
from node.matching.spelling import sound_class


def blocking_keys(person: Person) -> list[str]:
    """The keys under which a person is found, and looked for."""
    found = dict.fromkeys((*_of_facts(person), *_of_names(person)))
    return list(found)[:keys_max]


def bearer_key(word: str) -> str:
    """The key that every bearer of a name has: it is counted, and never looked under."""
    return f"bearer:{word}"


def bearer_keys(person: Person) -> list[str]:
    """The words of a person's names, singly and in pairs, as they are counted."""
    pairs = (
        pair_of(family, given)
        for name in person.names
        for family in name.family
        for given in name.given
    )
    return list(dict.fromkeys(map(bearer_key, (*name_words(person), *pairs))))[:keys_max]


def pair_of(family: str, given: str) -> str:
    """A family and a given name as one thing to count, in either order."""
    return " ".join(sorted((family, given)))


def identifier_key(identifier: tuple[str, str]) -> str:
    """The key of an identifier, whatever system it is said to be of."""
    return f"identifier:{identifier[1]}"


def name_words(person: Person) -> list[str]:
    """Every word of every name, once."""
    return list(
        dict.fromkeys(word for name in person.names for word in (*name.family, *name.given))
    )


def _of_facts(person: Person) -> Iterator[str]:
    for identifier in sorted(person.identifiers):
        yield identifier_key(identifier)
    for contact in sorted(person.contacts):
        yield f"contact:{contact}"
    for address in person.addresses:
        if address.line and any(letter.isdigit() for letter in address.line):
            yield f"address:{address.line}"
    for born in person.born:
        if born.day:
            yield f"born:{born.year}-{_either_order(born)}"


def _of_names(person: Person) -> Iterator[str]:
    for name in person.names:
        sounds = dict.fromkeys(map(sound_class, (*name.family, *name.given)))
        starts = _starts(name)
        for born in person.born:
            for sound in sounds:
                yield f"sound year:{sound} {born.year}"
                if born.day:
                    yield f"sound day:{sound} {_either_order(born)}"
            for start in starts:
                yield f"start year:{start} {born.year}"
                if born.day:
                    yield f"start day:{start} {_either_order(born)}"
        for one, other in combinations(sorted(sounds), 2):
            yield f"sounds:{one} {other}"
        yield from _of_letters(name)


def _of_letters(name: Name) -> Iterator[str]:
    """Names whole with no date: their letters sorted, which neither order nor swaps change."""
    words = (*name.family, *name.given)
    joined = "".join(sorted("".join(words)))
    if len(joined) >= 6:
        yield f"letters:{joined}"


def _starts(name: Name) -> list[str]:
    """The first letters of family and given name in either order, for each given name."""
    family = name.family or name.given
    pairs = {"".join(sorted(one[:2] + other[:2])) for one in family for other in name.given if one}
    return sorted(pairs)[:4]


def _either_order(born: Born) -> str:
    """Day and month, alike whichever comes first."""
    low, high = sorted((born.month, born.day))
    return f"{low}-{high}"
