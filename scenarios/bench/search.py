"""How long a search takes among many patients, in an encrypted store, beside a plain scan.

`make bench` calls `measure`; nothing here is a test.
"""

import contextlib
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Final

from node.store.database import KEY_SIZE_BYTES
from node.store.faces import Face
from node.store.store import Store, create_store
from scenarios.bench.name_pool import NamePool
from sync.charter import Kind, Root, draw_charter
from sync.identifiers import ChartId, OrganisationAddress, SealingKey
from sync.signing import Signer

_TODAY: Final = date(2026, 11, 22)
_BATCH: Final = 1_000
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


def measure(patients: int = 100_000, queries: int = 200, seed: int = 1) -> dict[str, object]:
    """Figures by kind of query, in milliseconds; bytes and microseconds a patient.

    `like` is the baseline of the same run: a scan of the faces for the same names.
    """
    rng = Random(seed)
    pool = NamePool(rng)
    faces = [_face(rng, pool, number) for number in range(patients)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "store.db"
        with create_store(path, bytes(KEY_SIZE_BYTES), rng.randbytes) as store:
            charts = _charts(store, rng, patients)
            began = time.perf_counter()
            for first in range(0, patients, _BATCH):
                last = first + _BATCH
                store.faces.replace_many(zip(charts[first:last], faces[first:last], strict=True))
            filled_seconds = time.perf_counter() - began
            one_by_one = _one_by_one(store, charts, faces, rng)
            store.checkpoint()
            kinds = {
                kind: _timed(lambda text: store.faces.search(text, _TODAY), texts)
                for kind, texts in _queries(rng, faces, queries).items()
            }
            names = [rng.choice(faces).name for _ in range(max(10, queries // 20))]
            return {
                "patients": patients,
                "milliseconds": kinds,
                "baseline_like_milliseconds": _timed(lambda text: _scan(store, text), names),
                "found_by_itself_first_of_ten": _share_found(store, rng, faces),
                "spellings": store.database.value("SELECT count(*) FROM spellings"),
                "index_bytes_per_patient": round(_index_size_bytes(store) / patients, 1),
                "put_microseconds_in_batches": round(filled_seconds / patients * 1e6, 1),
                "put_microseconds_one_by_one": one_by_one,
                "memory_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }


def _face(rng: Random, pool: NamePool, number: int) -> Face:
    name = pool.draw()
    born = _TODAY - timedelta(days=int(rng.triangular(1, 95 * 365, 20 * 365)))
    return Face(
        name=name,
        names=(name,),
        birth_date=born.isoformat() if rng.random() < 0.85 else f"{born.year}",
        gender=rng.choice(("female", "male")),
        identifiers=(f"MRN-{number:06d}", f"{rng.randrange(10**9, 10**10)}"),
        phones=(f"+{rng.choice((221, 254, 963, 502))} {rng.randrange(10**8, 10**9)}",),
    )


def _charts(store: Store, rng: Random, count: int) -> list[ChartId]:
    signer = Signer(rng.randbytes(32))
    root = Root(signer.public, SealingKey(rng.randbytes(32)))
    organisation = OrganisationAddress(rng.randbytes(20))
    found = []
    for first in range(0, count, _BATCH):
        with store.transaction():
            for _ in range(first, min(first + _BATCH, count)):
                charter = draw_charter(organisation, root, Kind.PATIENT, None, rng.randbytes(48))
                store.charts.add(charter, 0)
                found.append(charter.chart)
    return found


def _one_by_one(store: Store, charts: list[ChartId], faces: list[Face], rng: Random) -> float:
    """Microseconds to change one patient's name, within one transaction as import does it."""
    places = rng.sample(range(len(charts)), min(1_000, len(charts)))
    began = time.perf_counter()
    with store.transaction():
        for place in places:
            store.faces.replace(charts[place], faces[(place + 1) % len(faces)])
    taken = (time.perf_counter() - began) / len(places) * 1e6
    store.faces.replace_many((charts[place], faces[place]) for place in places)
    return round(taken, 1)


def _queries(rng: Random, faces: list[Face], count: int) -> dict[str, list[str]]:
    def drawn(make: Callable[[Face], str]) -> list[str]:
        return [make(rng.choice(faces)) for _ in range(count)]

    def word(face: Face) -> str:
        return rng.choice([part for part in face.name.split() if len(part) > 1] or [face.name])

    return {
        "whole name": drawn(lambda face: face.name),
        "one word": drawn(word),
        "begins, 1 letter": drawn(lambda face: word(face)[:1]),
        "begins, 2 letters": drawn(lambda face: word(face)[:2]),
        "begins, 3 letters": drawn(lambda face: word(face)[:3]),
        "begins, 2 words": drawn(lambda face: " ".join(w[:3] for w in face.name.split())),
        "sound alike": drawn(lambda face: _said_again(word(face))),
        "typo": drawn(lambda face: _mistyped(rng, word(face))),
        "typo in a name": drawn(lambda face: _mistyped(rng, face.name)),
        "nobody": drawn(lambda face: _mistyped(rng, word(face)[::-1]) + "qx"),
        "number": drawn(lambda face: rng.choice(face.identifiers)),
        "phone": drawn(lambda face: "0" + face.phones[0].split()[1][:6]),
        "birth date": drawn(lambda face: face.birth_date),
        "name, year": drawn(lambda face: f"{word(face)} {face.birth_date[:4]}"),
        "name, age, gender": drawn(
            lambda face: f"{word(face)} {_TODAY.year - int(face.birth_date[:4])} {face.gender[0]}"
        ),
        "mohammed": ["mohammed", "garcia", "mohamed", "ali", "hassan"] * (count // 5),
        "mohammed m": ["mohammed m", "m ali", "garcia f", "a b"] * (count // 4),
    }


def _said_again(name: str) -> str:
    """A name as somebody else would write it down."""
    for written, other in (("ph", "f"), ("c", "k"), ("z", "s"), ("ou", "u"), ("ee", "i")):
        if written in name.lower():
            return name.lower().replace(written, other)
    return name.lower().replace("a", "e").replace("i", "y")


def _mistyped(rng: Random, name: str) -> str:
    place = rng.randrange(len(name))
    letter = rng.choice(_LETTERS)
    return rng.choice(
        (
            name[:place] + letter + name[place:],
            name[:place] + name[place + 1 :] or name,
            name[:place] + letter + name[place + 1 :],
            name[:place] + name[place : place + 2][::-1] + name[place + 2 :],
        )
    )


def _share_found(store: Store, rng: Random, faces: list[Face]) -> float:
    """Of people looked for by their mistyped name and year, how many are among the first ten."""
    found = 0
    wanted = [rng.choice(faces) for _ in range(200)]
    for face in wanted:
        text = f"{_mistyped(rng, face.name)} {face.birth_date[:4]}"
        hits = store.faces.search(text, _TODAY, 10)
        found += any(hit.listed.name == face.name for hit in hits)
    return found / len(wanted)


def _timed(search: Callable[[str], object], texts: Iterable[str]) -> dict[str, float]:
    """Milliseconds; `work_p95` is the processor's, which other work here does not move."""
    taken, worked = [], []
    for text in texts:
        began, began_work = time.perf_counter(), time.thread_time()
        search(text)
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.thread_time() - began_work) * 1000)
    cuts = statistics.quantiles(taken, n=20, method="inclusive")
    work = statistics.quantiles(worked, n=20, method="inclusive")
    return {
        "p50": round(cuts[9], 2),
        "p95": round(cuts[18], 2),
        "worst": round(max(taken), 2),
        "work_p95": round(work[18], 2),
    }


def _scan(store: Store, text: str) -> object:
    """What a plain table costs: every face is looked at."""
    words = text.lower().split()
    where = " AND ".join("sorts_as LIKE ?" for _ in words)
    return store.database.rows(
        f"SELECT n FROM faces WHERE {where} ORDER BY sorts_as LIMIT 50",  # noqa: S608 (ours)
        [f"%{word}%" for word in words],
    )


def _index_size_bytes(store: Store) -> int:
    """Pages that the index takes, by the file's size before and after it goes."""
    pages = "PRAGMA page_count"
    size = int(store.database.value("PRAGMA page_size"))  # SQLCipher says it as a text
    free = "PRAGMA freelist_count"
    after = before = store.database.value(pages) - store.database.value(free)
    with contextlib.suppress(_Undone), store.transaction():
        store.faces.clear()
        after = store.database.value(pages) - store.database.value(free)
        raise _Undone
    return (int(before) - int(after)) * size


class _Undone(Exception):
    """Undoes a transaction."""


def lines(figures: dict[str, object]) -> Iterator[str]:
    """The figures for a person."""
    for name, value in figures.items():
        if isinstance(value, dict) and name == "milliseconds":
            for kind, timed in value.items():
                told = "  ".join(f"{what} {taken:>7}" for what, taken in timed.items())
                yield f"{kind:<20} {told}"
        else:
            yield f"{name}: {value}"


if __name__ == "__main__":
    import sys

    for line in lines(measure(*(int(argument) for argument in sys.argv[1:]))):
        print(line)  # noqa: T201 (a measurement's result)
