"""How long a person waits for one observation to be durable, in small and in large charts.

`python -m scenarios.bench` calls `measure`. Baseline: one INSERT of the same bytes into a table of
an SQLCipher file with the same settings, so that the disk's own wait is seen.
"""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Final

from node.application.node import Node
from node.client import Client, Upload, calls
from node.home.layout import Home
from scenarios.bench.figure import Figure
from scenarios.bench.machine import memory_peak_mebibytes
from scenarios.bench.measured_node import PASSPHRASE, measured_node, wait_for_disk
from scenarios.bench.plain_tables import sealed_writes
from scenarios.bench.served_node import ServedNode
from scenarios.population import Population
from scenarios.population.writing import lines_of

P99_WANTED_MILLISECONDS: Final = 5.0
_AGAINST: Final = "one INSERT, SQLCipher"
_LABEL: Final = "bench"

Written = tuple[str, bytes]
"""The chart that a resource is written into, and its bytes."""
Times = tuple[list[float], list[float]]
"""Milliseconds of each write by the clock, and of this thread's processor time."""


def measure(
    writes: int = 1000, sizes: Sequence[int] = (10, 200, 3000), charts: int = 1000
) -> dict[str, object]:
    """Write so many observations one by one into charts of these sizes, and of many at random."""
    rng = Random("writes")
    observations = observations_like(rng)
    with tempfile.TemporaryDirectory(prefix="satchel bench ") as name:
        folder = Path(name)
        with measured_node(folder / "home") as node:
            wait_for_disk(node, on=False)
            large = [(size, _chart(node, size, observations)) for size in sizes]
            many = [_chart(node, 3, observations) for _ in range(charts)]
            node.context.store.checkpoint()
            wait_for_disk(node, on=True)
            where = {f"a chart of {size:,}": [chart] for size, chart in large}
            where[f"{charts:,} charts at random"] = [rng.choice(many) for _ in range(writes)]
            both = {
                kind: _in_process(node, _into(into, observations, writes))
                for kind, into in where.items()
            }
        taken = {kind: walls for kind, (walls, _) in both.items()}
        worked = {kind: works for kind, (_, works) in both.items()}
        taken["through the socket"], _ = _through_socket(
            folder, [chart for _, chart in large], observations, writes
        )
        lines = [resource for _, resource in _into(["none"], observations, writes)]
        plain = sealed_writes(folder / "plain", lines)
    return {
        "figures": [_figure(kind, each, plain) for kind, each in taken.items()],
        "writes": writes,
        "milliseconds": {kind: spread(each) for kind, each in taken.items()},
        "processor_milliseconds": {kind: spread(each) for kind, each in worked.items()},
        "baseline_milliseconds": spread(plain),
        "memory_mebibytes_max": round(memory_peak_mebibytes(), 1),
    }


def observations_like(rng: Random) -> Iterator[dict[str, object]]:
    """Observations of 1.5 KB without end, each with an id of its own."""
    templates = [
        json.loads(line.text)
        for made in Population("writes").charts(10, resources_each=30)
        for line in lines_of(made)
        if line.type == "Observation"
    ]
    while True:
        yield {**rng.choice(templates), "id": f"{rng.getrandbits(96):024x}"}


def spread(milliseconds: Sequence[float]) -> dict[str, float]:
    """The middle, what one in twenty and one in a hundred takes longer than, and the worst."""
    cuts = statistics.quantiles(milliseconds, n=100, method="inclusive")
    found = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(milliseconds)}
    return {name: round(value, 3) for name, value in found.items()}


def _figure(kind: str, taken: Sequence[float], plain: Sequence[float]) -> Figure:
    p99, baseline = spread(taken)["p99"], spread(plain)["p99"]
    name = f"write one observation, p99, {kind}"
    return Figure(name, p99, "ms", P99_WANTED_MILLISECONDS, baseline=baseline, against=_AGAINST)


def _chart(node: Node, size: int, observations: Iterator[dict[str, object]]) -> str:
    """A new chart with so many resources."""
    identity = str(next(observations)["id"])
    patient: dict[str, object] = {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": f"Family {identity[:6]}", "given": [f"Given {identity[6:12]}"]}],
        "birthDate": "1990-01-01",
    }
    subject = {"reference": f"Patient/{identity}"}
    resources = [patient, *({**next(observations), "subject": subject} for _ in range(size - 1))]
    done = node.import_file(_LABEL, b"\n".join(map(encoded, resources)))
    (chart,) = _texts(done["charts"])
    return chart


def _into(
    charts: Sequence[str], observations: Iterator[dict[str, object]], count: int
) -> list[Written]:
    return [(charts[number % len(charts)], encoded(next(observations))) for number in range(count)]


def _in_process(node: Node, written: Sequence[Written]) -> Times:
    def write(chart: str, resource: bytes) -> object:
        return node.record_add(chart, _LABEL, resource)["accepted"]

    return _timed(write, written)


def _through_socket(
    folder: Path,
    charts: Sequence[str],
    observations: Iterator[dict[str, object]],
    count: int,
) -> Times:
    """The same as a client of a serving node."""
    passphrase = folder / "passphrase"
    passphrase.write_bytes(PASSPHRASE + b"\n")
    with ServedNode(Home(folder / "home"), passphrase) as served, Client(served.socket) as client:

        def write(chart: str, resource: bytes) -> object:
            upload = Upload(BytesIO(resource))
            return client.ask(calls.record_add(chart, _LABEL, upload))["accepted"]

        return _timed(write, _into(charts, observations, count))


def _timed(write: Callable[[str, bytes], object], written: Sequence[Written]) -> Times:
    """Each write, the first included, which loads what the others use."""
    taken, worked = [], []
    for number, (chart, resource) in enumerate(written):
        began, began_work = time.perf_counter(), time.thread_time()
        if write(chart, resource) != 1:
            raise RuntimeError(f"observation {number} was not taken")
        taken.append((time.perf_counter() - began) * 1000)
        worked.append((time.thread_time() - began_work) * 1000)
    return taken, worked


def encoded(resource: dict[str, object]) -> bytes:
    """A resource as systems write it: no space between its parts."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":")).encode()


def _texts(value: object) -> list[str]:
    assert isinstance(value, list)
    return [str(one) for one in value]
