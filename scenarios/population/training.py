"""Trains the compression dictionary of operation bodies on made-up records; `make dictionary`.

The samples are what `sync/body.py` compresses: the CBOR of an entry with one change. Some systems
write meta, identifiers and narratives, others bare facts; the dictionary sees both. Each kind of
record counts alike up to a limit, so that a rare allergy is compressed as well as a weight.

The same seeds and the same zstd make the same bytes. A released dictionary never changes: this
compares by default and writes only with `--write`, which is for a dictionary that is not released.
"""

import hashlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import click
import zstandard

from node.fhir.elements import touched_elements
from scenarios.population.generator import MadePatient, Population
from scenarios.population.writing import Line, bare_lines_of, directory_lines, lines_of
from sync.change import Change, ChangeKind, Entry
from sync.dictionary import DICTIONARY_WRITTEN, SHIPPED
from sync.identifiers import DeviceKey

TRAINED_WITH: Final = "1.5.7"
"""The zstd that trained what is shipped; another may choose other bytes."""
DICTIONARY_SIZE_BYTES: Final = 64 * 1024
"""96 and 110 KiB compressed no better, and this stays in a small machine's second cache."""

_CLINICS: Final = 400
"""Each has one patient in the training, so that no clinic's ids get into the dictionary."""
_CHART_RESOURCES: Final = (40, 100)
_KIND_SAMPLES_MAX: Final = 300
"""Samples of one type and code."""
_SEGMENT_BYTES: Final = 2000
"""COVER's k: about a whole record; 64, 200, 1,000 and 3,000 were worse."""
_DMER_BYTES: Final = 8
_LEVEL: Final = 3


def entry_of(line: Line, source: str, rng: Random) -> bytes:
    """The plaintext of an operation that brings one new resource, as a node writes it."""
    document: dict[str, object] = json.loads(line.text)
    touched = tuple(touched_elements(None, document))
    change = Change(ChangeKind.PUT, source, line.type, line.id, line.text, touched, ())
    practitioner = DeviceKey(rng.randbytes(32))
    return Entry(rng.randbytes(16), None, practitioner, None, (change,)).encoded()


def entries(seed: str, *, clinics: int, bare: bool | None = None) -> Iterator[tuple[Line, bytes]]:
    """Records of so many clinics with a patient each, and their plaintexts.

    One clinic in four writes bare facts, unless `bare` says that all or none do.
    """
    rng = Random(f"{seed}/entries")
    for number in range(clinics):
        population = Population(f"{seed}/{number}")
        source = f"did:ethr:0x{rng.randbytes(20).hex()}"
        facts_only = number % 4 == 0 if bare is None else bare
        size = rng.choice(_CHART_RESOURCES)
        made: list[MadePatient] = list(population.charts(1, resources_each=size, first=number * 7))
        lines = [] if facts_only else directory_lines(population)
        for one in made:
            lines += bare_lines_of(one) if facts_only else lines_of(one)
        for line in lines:
            yield line, entry_of(line, source, rng)


def trained() -> bytes:
    """The dictionary, trained anew."""
    by_kind: dict[tuple[str, str], list[bytes]] = defaultdict(list)
    for line, entry in entries("dictionary/1", clinics=_CLINICS):
        kept = by_kind[line.type, _code(line)]
        if line.type == "Patient" or len(kept) < _KIND_SAMPLES_MAX:
            kept.append(entry)
    samples: list[bytes | bytearray | memoryview[int]] = []
    for kind in sorted(by_kind):
        samples += by_kind[kind]
    Random("dictionary/1").shuffle(samples)
    return zstandard.train_dictionary(
        DICTIONARY_SIZE_BYTES,
        samples,
        k=_SEGMENT_BYTES,
        d=_DMER_BYTES,
        level=_LEVEL,
        dict_id=DICTIONARY_WRITTEN,
    ).as_bytes()


def _code(line: Line) -> str:
    document: Any = json.loads(line.text)
    for name in ("code", "vaccineCode", "medicationCodeableConcept"):
        concept = document.get(name)
        if isinstance(concept, list):
            concept = concept[0]
        if concept and "coding" in concept:
            return str(concept["coding"][0]["code"])
    return ""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--write", is_flag=True, help="Write the file; for one that is not released yet.")
def train(write: bool) -> None:
    """Train the dictionary again and compare it with the one that is shipped."""
    shipped = SHIPPED[DICTIONARY_WRITTEN]
    content = trained()
    digest = hashlib.sha256(content).hexdigest()
    zstd = ".".join(map(str, zstandard.ZSTD_VERSION))
    if write:
        target = Path(__file__).parents[2] / "sync" / "dictionary" / shipped.name
        target.write_bytes(content)
    click.echo(f"dictionary {DICTIONARY_WRITTEN}: {len(content)} bytes, SHA-256 {digest}")
    if digest != shipped.digest:
        click.echo(
            f"not what sync/dictionary names (trained with zstd {TRAINED_WITH}, here {zstd})"
        )
        sys.exit(1)


if __name__ == "__main__":
    train()
