"""How fast FHIR files come in: by type and by patient, in process and by the command.

`python -m scenarios.bench` calls `measure`. Baseline: the same lines decoded by Python's json and
put into one table, of plain SQLite and of SQLCipher.
"""

import gzip
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scenarios.bench.figure import AT_LEAST, Figure
from scenarios.bench.measured_node import Spent, measured_node, take_folder
from scenarios.bench.plain_tables import fill_plain, fill_sealed, lines_in
from scenarios.population.writing import Form, Written, write_population
from scenarios.soak.home import Home

RATE_WANTED = 4_000.0
MEMORY_WANTED_MEBIBYTES = 500.0
_EACH = "resources/s"


def measure(patients: int = 300, resources_each: int = 100, runs: int = 2) -> dict[str, object]:
    """Import made-up patients in several forms; of so many runs the quickest counts.

    Rates by the clock on the wall, and by processor time, which other work moves less.
    """
    with tempfile.TemporaryDirectory(prefix="satchel bench ") as name:
        folder = Path(name)
        written, given = _written(folder, patients, resources_each)
        rates = {
            form: _quickest([_taken(folder, path, written) for _ in range(runs)])
            for form, path in given.items()
        }
        lines = lines_in(given["by type"])
        count = written.resources
        plain = _quickest([fill_plain(folder / f"plain {n}", lines) for n in range(runs)])
        sealed = _quickest([fill_sealed(folder / f"sealed {n}", lines) for n in range(runs)])
        home = Home(folder / "commanded").begin()
        home.import_whole(given["by type"])
        figures = [
            Figure(
                "import, satchel import, by type",
                count / home.seconds["import"],
                _EACH,
                RATE_WANTED,
                AT_LEAST,
                count / sealed.wall_seconds,
                "json.loads, executemany, SQLCipher",
            ),
            *_rates(rates, count, sealed),
            Figure(
                "import, processor time, by type",
                rates["by type"].cpu_seconds / count * 1e6,
                "µs/resource",
                1e6 / RATE_WANTED,
                baseline=sealed.cpu_seconds / count * 1e6,
                against="json.loads, executemany, SQLCipher",
            ),
            Figure(
                "import, memory of satchel import",
                home.resident_bytes_max / 2**20,
                "MiB",
                MEMORY_WANTED_MEBIBYTES,
            ),
        ]
        return {
            "figures": figures,
            "patients": patients,
            "resources": count,
            "input_bytes_per_resource": round(written.size_bytes / count),
            "cpu_microseconds_per_resource": {
                form: round(spent.cpu_seconds / count * 1e6, 1) for form, spent in rates.items()
            },
            "baselines_resources_per_second": {
                "plain SQLite": round(count / plain.wall_seconds),
                "SQLCipher": round(count / sealed.wall_seconds),
            },
        }


def _rates(rates: dict[str, Spent], count: int, sealed: Spent) -> list[Figure]:
    return [
        Figure(
            f"import, in process, {form}",
            count / spent.wall_seconds,
            _EACH,
            RATE_WANTED,
            AT_LEAST,
            count / sealed.wall_seconds,
            "json.loads, executemany, SQLCipher",
        )
        for form, spent in rates.items()
    ]


def _written(folder: Path, patients: int, resources_each: int) -> tuple[Written, dict[str, Path]]:
    """The same patients in each form, by its name."""
    given = {"by type": folder / "by type", "by patient": folder / "by patient"}
    for form, path in zip((Form.BULK, Form.NDJSON), given.values(), strict=True):
        written = write_population(
            path, patients=patients, resources_each=resources_each, form=form, seed="bench"
        )
    packed = given["by type, gzip"] = folder / "by type, gzip"
    packed.mkdir()
    for file in given["by type"].iterdir():
        with file.open("rb") as source, gzip.open(packed / f"{file.name}.gz", "wb", 6) as target:
            shutil.copyfileobj(source, target)
    return written, given


def _taken(folder: Path, given: Path, written: Written) -> Spent:
    home = folder / "home"
    with measured_node(home) as node:
        spent = take_folder(node, given, written.resources)
    shutil.rmtree(home)
    return spent


def _quickest(runs: Sequence[Spent]) -> Spent:
    """The least of each: what came on top was the machine's other work."""
    return Spent(min(one.wall_seconds for one in runs), min(one.cpu_seconds for one in runs))
