"""A first sync and a search as figures, for `python -m scenarios.bench`."""

from pathlib import Path
from typing import Any, Final

from scenarios.bench import first_sync, search
from scenarios.bench.figure import AT_LEAST, Figure

RATE_WANTED: Final = 6_000.0
MEMORY_WANTED_MEBIBYTES: Final = 300.0
OVERHEAD_WANTED_BYTES: Final = 120.0
SEARCH_WANTED_MILLISECONDS: Final = 20.0
_NAMES: Final = ("whole name", "one word", "begins, 3 letters", "sound alike", "typo in a name")
"""The kinds of query that the target is about; all are in the details."""


def measure_sync(
    records: int = 20_000, runs: int = 2, kept: Path | None = None
) -> dict[str, object]:
    """Sync so many records; of so many runs the quickest counts. See `first_sync.measure`."""
    done = [first_sync.measure(records, kept=kept, baselines=run == 0) for run in range(runs)]
    best: dict[str, Any] = max(done, key=lambda one: one["records_per_second_merged"])
    base: dict[str, Any] = done[0]["baselines"]
    best["baselines"] = base
    stream = base["libp2p_stream_records_per_second"]
    overhead = best["bytes_in_per_record"] - base["ciphertext_bytes_per_record"]
    kind = f"first sync, {records:,} records"
    memory = best["receiver"]["own_memory_mebibytes_max"]
    together = best["receiver"]["memory_mebibytes_max"]
    return {
        "figures": [
            Figure(
                f"{kind}, merged", best["records_per_second_merged"], "records/s", RATE_WANTED,
                AT_LEAST, stream, "the bare libp2p stream",
            ),
            Figure(
                f"{kind}, durable", best["records_per_second_durable"], "records/s", RATE_WANTED,
                AT_LEAST, base["sqlcipher_executemany_records_per_second"],
                "executemany, SQLCipher",
            ),
            Figure(f"{kind}, receiver's memory", memory, "MiB", MEMORY_WANTED_MEBIBYTES),
            Figure(f"{kind}, with its helpers", together, "MiB", MEMORY_WANTED_MEBIBYTES),
            Figure(f"{kind}, beside ciphertext", overhead, "B/record", OVERHEAD_WANTED_BYTES),
        ],
        **best,
    }  # fmt: skip


def measure_search(patients: int = 100_000, queries: int = 100) -> dict[str, object]:
    """Search among so many patients."""
    found: dict[str, Any] = search.measure(patients, queries)
    like = found["baseline_like_milliseconds"]["p95"]
    return {
        "figures": [
            Figure(
                f"search, {kind}, p95",
                found["milliseconds"][kind]["p95"],
                "ms",
                SEARCH_WANTED_MILLISECONDS,
                baseline=like,
                against="a scan with LIKE",
            )
            for kind in _NAMES
        ],
        **found,
    }
