"""A first sync over real libp2p between two processes on this machine, and what it costs.

`python -m scenarios.bench.first_sync --records 20000`; `make bench` calls `measure`.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from node.client import Client, calls
from scenarios.bench.served_node import ServedNode, Watch
from scenarios.bench.sync_baselines import (
    bodies_of,
    plain_insert_seconds,
    sealed_insert_seconds,
    stream_seconds,
)
from scenarios.bench.sync_homes import PASSPHRASE, SyncHomes, sync_homes

_RECORDS_PER_CHART: Final = 100
_KEPT_IN: Final = "satchel-bench"


def measure(
    records: int = 20_000,
    charts: int | None = None,
    *,
    kept: Path | None = None,
    baselines: bool = True,
) -> dict[str, Any]:
    """Sync so many records of 1.5 to 2 KB, in charts of 100 unless their number is given.

    The sender's store is kept in `kept` (a folder of the system's for temporary files) between
    runs. Rates are in records a second, sizes in bytes a record, memory in MiB.
    """
    charts = charts or max(1, records // _RECORDS_PER_CHART)
    kept = kept or Path(tempfile.gettempdir()) / _KEPT_IN
    homes = sync_homes(kept / f"first-sync-{records}-{charts}", records, charts)
    with tempfile.TemporaryDirectory(prefix="satchel bench ") as folder:
        found = _sync(homes.copied(Path(folder)), records) | {"charts": charts}
    if baselines:
        found["baselines"] = _baselines(homes, records, found)
    return found


def _sync(homes: SyncHomes, records: int) -> dict[str, Any]:
    with (
        ServedNode(homes.sender, homes.passphrase) as sender,
        ServedNode(homes.receiver, homes.passphrase) as receiver,
        Client(receiver.socket) as client,
    ):
        with Watch(sender.pid) as sending, Watch(receiver.pid) as receiving:
            began = time.perf_counter()
            done = client.ask(calls.sync(sender.address))
            seconds = time.perf_counter() - began
        again = _again(client, sender.address)
    if done["received"] < records or any(done["refused"].values()):
        raise RuntimeError(f"not all was synced: {done}")
    return {
        "records": records,
        "operations": done["ops_received"],
        "records_per_second_durable": round(records / float(done["seconds"])),
        "records_per_second_merged": round(records / seconds),
        "seconds_durable": float(done["seconds"]),
        "seconds_merged": round(seconds, 2),
        "bytes_in_per_record": round(done["bytes_in"] / records, 1),
        "round_trips": done["round_trips"],
        "sender": _figures(sending, records),
        "receiver": _figures(receiving, records),
        "again": again,
    }


def _figures(watch: Watch, records: int) -> dict[str, float]:
    return {
        "memory_mebibytes_max": round(watch.memory_mebibytes_max, 1),
        "own_memory_mebibytes_max": round(watch.own_memory_mebibytes_max, 1),
        "cpu_seconds": round(watch.cpu_seconds, 2),
        "own_cpu_microseconds_per_record": round(watch.own_cpu_seconds / records * 1e6, 1),
        "cpu_microseconds_per_record": round(watch.cpu_seconds / records * 1e6, 1),
    }


def _again(client: Client, address: str) -> dict[str, Any]:
    """Meet twice more: what the first session brought about crosses first, then nothing does."""
    client.ask(calls.sync(address))
    done = client.ask(calls.sync(address))
    return {
        "seconds": float(done["seconds"]),
        "bytes": done["bytes_in"] + done["bytes_out"],
        "round_trips": done["round_trips"],
        "operations": done["ops_received"] + done["ops_sent"],
    }


def _baselines(homes: SyncHomes, records: int, found: dict[str, Any]) -> dict[str, Any]:
    bodies = bodies_of(homes.sender, PASSPHRASE)
    ciphertext = sum(map(len, bodies)) / records
    with tempfile.TemporaryDirectory(prefix="satchel bench ") as folder:
        plain = plain_insert_seconds(bodies, Path(folder) / "plain.db")
        sealed = sealed_insert_seconds(bodies, Path(folder) / "sealed.db")
    stream = stream_seconds(round(found["bytes_in_per_record"] * records))
    return {
        "ciphertext_bytes_per_record": round(ciphertext, 1),
        "overhead_bytes_per_record": round(found["bytes_in_per_record"] - ciphertext, 1),
        "libp2p_stream_records_per_second": round(records / stream),
        "sqlite_executemany_records_per_second": round(records / plain),
        "sqlcipher_executemany_records_per_second": round(records / sealed),
    }


def main() -> None:
    """Measure, and print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, default=20_000)
    parser.add_argument("--charts", type=int)
    parser.add_argument("--no-baselines", action="store_true")
    given = parser.parse_args()
    found = measure(given.records, given.charts, baselines=not given.no_baselines)
    sys.stdout.write(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
