"""The shipped code lists: read once from `codes/`, asked by the rules and shown by `lanes list`.

A list is a file of lines `system <tab> code <tab> what it is`, after comments that name its title
and sources. A code is matched whole; `B20*` also with all that begins so, and `B20-B24` stands for
`B20*` to `B24*`, for systems alone in whose codes the hierarchy is written.
"""

import re
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib import resources
from typing import Final

address_length_chars_max: Final = 200
"""Characters of a code system's address: those that are listed have under 60, and what was asked
for is remembered."""

SENSITIVE_LISTS: Final = (
    "hiv",
    "antiretrovirals",
    "mental-health",
    "substance-use",
    "violence",
    "abortion",
)
"""In the order in which they are asked."""
BLOOD_GROUP: Final = "blood-group"
"""The one list that leads to the summary."""
NAMES_LIST: Final = "antiretroviral-names"

SYSTEMS: Final[dict[str, tuple[str, ...]]] = {
    "icd10": (
        "http://hl7.org/fhir/sid/icd-10",
        "http://hl7.org/fhir/sid/icd-10-cm",
        "http://hl7.org/fhir/sid/icd-10-us",
        "http://fhir.de/CodeSystem/bfarm/icd-10-gm",
        "http://fhir.de/CodeSystem/dimdi/icd-10-gm",
        "urn:oid:2.16.840.1.113883.6.3",
        "urn:oid:2.16.840.1.113883.6.90",
    ),
    "icd11": (
        "http://id.who.int/icd/release/11/mms",
        "http://id.who.int/icd/entity",
        "http://hl7.org/fhir/sid/icd-11",
    ),
    "icd9cm": ("http://hl7.org/fhir/sid/icd-9-cm", "urn:oid:2.16.840.1.113883.6.103"),
    "icpc2": ("http://hl7.org/fhir/sid/icpc-2", "urn:oid:2.16.840.1.113883.6.139"),
    "snomed": ("http://snomed.info/sct", "urn:oid:2.16.840.1.113883.6.96"),
    "loinc": ("http://loinc.org", "urn:oid:2.16.840.1.113883.6.1"),
    "atc": (
        "http://www.whocc.no/atc",
        "http://fhir.de/CodeSystem/bfarm/atc",
        "urn:oid:2.16.840.1.113883.6.73",
    ),
    "rxnorm": (
        "http://www.nlm.nih.gov/research/umls/rxnorm",
        "urn:oid:2.16.840.1.113883.6.88",
    ),
    "ciel": (
        "https://cielterminology.org",
        "https://openconceptlab.org/orgs/CIEL/sources/CIEL",
        "https://api.openconceptlab.org/orgs/CIEL/sources/CIEL",
    ),
    "whohiv": ("http://smart.who.int/hiv/CodeSystem/HIVConcepts",),
}
"""The addresses under which each system's codes come, older ones too."""

_HIERARCHICAL: Final = frozenset({"icd10", "icd11", "icd9cm", "icpc2", "atc", "whohiv"})
_DOTTED: Final = frozenset({"icd10", "icd11", "icd9cm"})
"""Written with a dot or, by many systems, without."""
_RANGE: Final = re.compile(r"([A-Z]?)(\d+)-\1(\d+)")


@dataclass(frozen=True, slots=True)
class CodeList:
    """One list as it is shipped. `codes` holds (system's name, code), prefixes ending in `*`."""

    name: str
    title: str
    sources: tuple[str, ...]
    codes: tuple[tuple[str, str], ...] = field(repr=False)


@dataclass(slots=True)
class SystemCodes:
    """What one system's codes mean, made for being asked a million times."""

    dotted: bool
    exact: dict[str, str] = field(default_factory=dict)
    """The list's name by code."""
    prefixes: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """The list's name by the beginning of a code, for each length, longest first."""

    def list_of(self, code: str) -> str | None:
        """The name of the list that has this code."""
        if self.dotted:
            code = code.replace(".", "").upper()
        found = self.exact.get(code)
        if found is None and self.prefixes:
            for length, names in self.prefixes:
                found = names.get(code[:length])
                if found is not None:
                    return found
        return found

    def add(self, code: str, name: str) -> None:
        """Take one code of a list in; the first list that has it keeps it."""
        code = code.replace(".", "") if self.dotted else code
        if not code.endswith("*"):
            self.exact.setdefault(code, name)
            return
        beginning = code[:-1]
        by_length = dict(self.prefixes)
        by_length.setdefault(len(beginning), {}).setdefault(beginning, name)
        self.prefixes = sorted(by_length.items(), reverse=True)


@cache
def code_list(name: str) -> CodeList:
    """One shipped list."""
    comments, lines = _read(name)
    codes: list[tuple[str, str]] = []
    for line in lines:
        system, code, _ = line.split("\t")
        if system not in SYSTEMS or (system not in _HIERARCHICAL and code.endswith("*")):
            raise ValueError(f"{name}: {system} {code} is not as it must be")
        spread = _expanded(code) if system in _HIERARCHICAL else [code]
        codes += [(system, one) for one in spread]
    return CodeList(name, comments[0], tuple(comments[1:]), tuple(codes))


@cache
def medicine_names() -> CodeList:
    """The names of antiretrovirals, lower case, as a list whose codes have no system."""
    comments, lines = _read(NAMES_LIST)
    names = tuple(("", name) for line in lines for name in line.split())
    return CodeList(NAMES_LIST, comments[0], tuple(comments[1:]), names)


def codes_of(system: object) -> SystemCodes | None:
    """What the codes of a system mean that is named by its address; None where none is listed."""
    if type(system) is str and len(system) <= address_length_chars_max:
        return _codes_of(system)
    return None


@lru_cache(maxsize=1024)
def _codes_of(system: str) -> SystemCodes | None:
    found = _by_address().get(system)
    return found if found is not None else _spelled_otherwise(system)


def _spelled_otherwise(system: str) -> SystemCodes | None:
    """An address with a version, a closing slash, an edition, https, or other case."""
    plain = system.partition("|")[0].strip().rstrip("/").lower()
    plain = plain.replace("https://", "http://", 1)
    if plain.startswith("http://snomed.info/sct/"):
        plain = "http://snomed.info/sct"
    if re.fullmatch(r"[0-9]+(\.[0-9]+)+", plain):
        plain = f"urn:oid:{plain}"
    return _by_plain_address().get(plain)


@cache
def _by_address() -> dict[str, SystemCodes]:
    found: dict[str, SystemCodes] = {}
    for system, addresses in SYSTEMS.items():
        codes = SystemCodes(system in _DOTTED)
        for name in (*SENSITIVE_LISTS, BLOOD_GROUP):
            for listed_system, code in code_list(name).codes:
                if listed_system == system:
                    codes.add(code, name)
        found |= dict.fromkeys(addresses, codes)
    return found


@cache
def _by_plain_address() -> dict[str, SystemCodes]:
    return {
        address.lower().replace("https://", "http://", 1): codes
        for address, codes in _by_address().items()
    }


def _expanded(code: str) -> list[str]:
    spread = _RANGE.fullmatch(code)
    if not spread:
        return [code]
    letter, first, last = spread.groups()
    return [f"{letter}{number:0{len(first)}d}*" for number in range(int(first), int(last) + 1)]


def _read(name: str) -> tuple[list[str], list[str]]:
    """A list's comments and its other lines."""
    text = resources.files("node.fhir.placement").joinpath("codes", f"{name}.tsv").read_text()
    lines = text.splitlines()
    comments = [line.removeprefix("# ") for line in lines if line.startswith("#")]
    return comments, [line for line in lines if line and not line.startswith("#")]
