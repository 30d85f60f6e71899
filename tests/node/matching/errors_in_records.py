"""Makes second records of people with the errors that registrars make, and a register in memory.

The errors are written from descriptions of real registers' errors, not from what matching does.
"""

import copy
import random
import string
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from other_scripts import ARABIC, CYRILLIC, DEVANAGARI, GREEK, spelled

from node.matching.keys import bearer_key, bearer_keys, blocking_keys
from node.matching.person import Person, person_of

Resource = dict[str, Any]
Error = Callable[[random.Random, Resource], None]

_ALIKE = tuple(
    tuple(pair.split("/"))
    for pair in "ph/f ck/k c/k y/i z/s ei/ai ou/u w/v oo/u ee/i x/ks th/t sch/sh".split()
)


def slip(rng: random.Random, text: str) -> str:
    """A letter left out, doubled, struck wrongly, added, or two exchanged."""
    places = [at for at, letter in enumerate(text) if letter.isalpha()]
    if len(places) < 3:
        return text + rng.choice(string.ascii_lowercase)
    at = rng.choice(places)
    match rng.randrange(5):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at] + text[at:]
        case 2:
            return text[:at] + rng.choice(string.ascii_lowercase) + text[at + 1 :]
        case 3:
            return text[:at] + rng.choice(string.ascii_lowercase) + text[at:]
        case _:
            at = min(at, len(text) - 2)
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]


def _each_name(record: Resource, change: Callable[[Resource], None]) -> None:
    for name in record.get("name", []):
        name.pop("text", None)
        change(name)


def family_typo(rng: random.Random, record: Resource) -> None:
    _each_name(record, lambda name: name.update(family=slip(rng, name["family"])))


def given_typo(rng: random.Random, record: Resource) -> None:
    _each_name(record, lambda name: name["given"].__setitem__(0, slip(rng, name["given"][0])))


def both_typos(rng: random.Random, record: Resource) -> None:
    family_typo(rng, record)
    given_typo(rng, record)


def names_swapped(_rng: random.Random, record: Resource) -> None:
    def swap(name: Resource) -> None:
        name["family"], name["given"] = " ".join(name["given"]), [name["family"]]

    _each_name(record, swap)


def first_name_swapped(_rng: random.Random, record: Resource) -> None:
    def swap(name: Resource) -> None:
        name["family"], name["given"] = name["given"][0], [name["family"], *name["given"][1:]]

    _each_name(record, swap)


def spelled_as_heard(rng: random.Random, record: Resource) -> None:
    def hear(text: str) -> str:
        for written, heard in rng.sample(_ALIKE, len(_ALIKE)):
            if written in text.lower():
                return text.lower().replace(written, heard, 1).capitalize()
        return text

    def change(name: Resource) -> None:
        name["family"] = hear(name["family"])
        name["given"] = [hear(given) for given in name["given"]]

    _each_name(record, change)


def middle_name_lost(_rng: random.Random, record: Resource) -> None:
    _each_name(record, lambda name: name.update(given=name["given"][:1]))


def text_alone(_rng: random.Random, record: Resource) -> None:
    record["name"] = [
        {"text": " ".join([name["family"] + ",", *name["given"]])} for name in record["name"]
    ]


def in_script(table: Mapping[str, str]) -> Error:
    def change(_rng: random.Random, record: Resource) -> None:
        def write(name: Resource) -> None:
            name["family"] = spelled(name["family"], table)
            name["given"] = [spelled(given, table) for given in name["given"]]

        _each_name(record, write)

    return change


def day_and_month_swapped(_rng: random.Random, record: Resource) -> None:
    year, month, day = record["birthDate"].split("-")
    if int(day) <= 12 and day != month:
        record["birthDate"] = f"{year}-{day}-{month}"
    else:
        record["birthDate"] = f"{year[:2]}{year[3]}{year[2]}-{month}-{day}"


def one_digit_wrong(rng: random.Random, record: Resource) -> None:
    while True:
        text = list(record["birthDate"])
        text[rng.choice((2, 3, 6, 8, 9))] = rng.choice("0123456789")
        made = "".join(text)
        if made != record["birthDate"] and _is_date(made):
            record["birthDate"] = made
            return


def moved_by_days(rng: random.Random, record: Resource) -> None:
    born = date.fromisoformat(record["birthDate"])
    days = rng.choice((-1, 1)) * rng.randint(1, 30)
    record["birthDate"] = (born + timedelta(days=days)).isoformat()


def moved_by_years(rng: random.Random, record: Resource) -> None:
    year, rest = record["birthDate"].split("-", 1)
    made = f"{int(year) + rng.choice((-10, -5, -3, -2, -1, 1, 2, 3, 5, 10))}-{rest}"
    record["birthDate"] = made if _is_date(made) else f"{int(year) + 4}-{rest}"


def moved_anywhere(rng: random.Random, record: Resource) -> None:
    born = date.fromisoformat(record["birthDate"])
    days = rng.choice((-1, 1)) * rng.randint(31, 5 * 365)
    record["birthDate"] = (born + timedelta(days=days)).isoformat()


def year_alone(_rng: random.Random, record: Resource) -> None:
    record["birthDate"] = record["birthDate"][:4]


def first_of_january(_rng: random.Random, record: Resource) -> None:
    record["birthDate"] = f"{record['birthDate'][:4]}-01-01"


def moved_house(rng: random.Random, record: Resource) -> None:
    record["address"] = [{"line": [f"{rng.randint(1, 999)} New Road"], "city": "Elsewhere"}]
    record["telecom"] = [{"system": "phone", "value": f"555-{rng.randint(1000000, 9999999)}"}]


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


ERRORS: dict[str, tuple[Error, ...]] = {
    "typo in the family name": (family_typo,),
    "typo in the given name": (given_typo,),
    "typos in both names": (both_typos,),
    "names swapped": (names_swapped,),
    "first name swapped": (first_name_swapped,),
    "spelled as heard": (spelled_as_heard,),
    "middle name lost": (middle_name_lost,),
    "text alone": (text_alone,),
    "Cyrillic": (in_script(CYRILLIC),),
    "Greek": (in_script(GREEK),),
    "Arabic": (in_script(ARABIC),),
    "Devanagari": (in_script(DEVANAGARI),),
    "day and month swapped": (day_and_month_swapped,),
    "one digit of the date": (one_digit_wrong,),
    "date moved by days": (moved_by_days,),
    "date moved by years": (moved_by_years,),
    "date moved anywhere in five years": (moved_anywhere,),
    "year alone": (year_alone,),
    "first of January": (first_of_january,),
    "moved house": (moved_house,),
    "typo and swapped date": (family_typo, day_and_month_swapped),
    "typo and moved date": (given_typo, moved_by_days),
    "swapped names and date digit": (names_swapped, one_digit_wrong),
    "swapped names and typo": (names_swapped, family_typo),
    "Cyrillic and swapped date": (in_script(CYRILLIC), day_and_month_swapped),
    "Arabic and typo": (family_typo, in_script(ARABIC)),
    "typos and moved house": (both_typos, moved_house),
}
"""Kinds of second records: what was done wrong, in order."""

SIMPLE = [name for name, errors in ERRORS.items() if len(errors) == 1]


def second_record(
    rng: random.Random,
    record: Resource,
    kind: str,
    *,
    identifiers: str = "none",
    bare: bool = False,
) -> Resource:
    """A record of the same person made elsewhere: `identifiers` none, new or same.

    `bare` has name, gender and birth date alone.
    """
    made = copy.deepcopy(record)
    made["id"] = str(uuid.UUID(int=rng.getrandbits(128)))
    if identifiers == "none" or bare:
        made.pop("identifier", None)
    elif identifiers == "new":
        for identifier in made.get("identifier", []):
            identifier["value"] = str(rng.randrange(10**8, 10**9))
    if bare:
        for left in ("telecom", "address", "extension", "maritalStatus", "communication"):
            made.pop(left, None)
    for error in ERRORS[kind]:
        error(rng, made)
    return made


class MemoryRegister:
    """A register in memory, by the people's places."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._people: dict[int, Person] = {}
        self._under: dict[str, list[int]] = defaultdict(list)
        for person in people:
            self.add(person)

    def add(self, person: Person) -> int:
        number = len(self._people)
        self._people[number] = person
        for key in (*blocking_keys(person), *bearer_keys(person)):
            self._under[key].append(number)
        return number

    @property
    def size(self) -> int:
        return len(self._people)

    def bearers(self, word: str) -> int:
        return len(self._under.get(bearer_key(word), ()))

    def under(self, key: str, count_max: int) -> list[int]:
        return self._under.get(key, [])[:count_max]

    def people(self, numbers: Iterable[int]) -> Mapping[int, Person]:
        return {number: self._people[number] for number in numbers}


def people_of(records: Iterable[Resource]) -> list[Person]:
    return [person_of([record]) for record in records]
