"""What the compression dictionary is worth on records that it never saw, made up and others'."""

import json
from collections import defaultdict
from pathlib import Path
from random import Random

import pytest

from scenarios.population.training import entries, entry_of
from scenarios.population.writing import Line
from sync.body import NONCE_SIZE_BYTES, seal_body
from sync.compression import compress
from sync.dictionary import DICTIONARY_NONE
from sync.identifiers import EpochKey
from sync.limits import body_plain_size_bytes_max

SYNTHEA = Path(__file__).parents[3] / "shared" / "testdata" / "synthea" / "bulk-10"
KEY = EpochKey(bytes(32))
NONCE = bytes(NONCE_SIZE_BYTES)


def mean_sizes(samples: list[bytes]) -> tuple[float, float]:
    """Bytes an entry with the dictionary, and without."""
    count = len(samples)
    small = sum(len(compress(one)) for one in samples) / count
    return small, sum(len(compress(one, DICTIONARY_NONE)) for one in samples) / count


def test_records_that_the_training_never_saw_fall_to_a_fifth_of_their_json() -> None:
    seen = list(entries("held out", clinics=20, bare=False))
    json_size = sum(len(line.text) for line, _ in seen) / len(seen)
    small, without = mean_sizes([entry for _, entry in seen])
    assert 1400 < json_size < 1650
    assert small < 300
    assert small < without / 3


def test_a_sealed_record_of_one_and_a_half_kilobytes_takes_at_most_400_bytes() -> None:
    seen = [entry for _, entry in entries("sealed", clinics=10, bare=False)]
    sealed = [len(seal_body(entry, KEY, b"", NONCE)) for entry in seen]
    assert sum(sealed) / len(sealed) < 360


def test_bare_facts_gain_as_well() -> None:
    small, without = mean_sizes([entry for _, entry in entries("bare", clinics=20, bare=True)])
    assert small < 275
    assert small < without / 2


def test_every_type_of_record_gains() -> None:
    by_type: dict[str, list[bytes]] = defaultdict(list)
    for line, entry in entries("types", clinics=30):
        by_type[line.type].append(entry)
    assert len(by_type) == 13
    for kind, samples in by_type.items():
        small, without = mean_sizes(samples)
        assert small < without * 0.6, kind


@pytest.mark.skipif(not SYNTHEA.is_dir(), reason="no ../shared/testdata here")
def test_records_of_another_system_fall_to_half_of_what_they_took() -> None:
    rng = Random(1)
    samples = []
    for path in sorted(SYNTHEA.glob("*.ndjson")):
        for text in path.read_bytes().split(b"\n")[:300]:
            if 0 < len(text) < body_plain_size_bytes_max - 1024:
                document = json.loads(text)
                line = Line(document["resourceType"], document["id"], text)
                samples.append(entry_of(line, "synthea", rng))
    small, without = mean_sizes(samples)
    assert small < without * 0.75
