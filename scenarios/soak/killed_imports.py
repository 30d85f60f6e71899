"""An import that is killed again and again, and repeated: in the end it is as if it never was.

A clean run of the same input, in a home of its own, is what it is compared with.
"""

import random
from dataclasses import asdict, dataclass
from pathlib import Path

from scenarios.population.writing import Form, write_population
from scenarios.soak.home import Home, KillPoint, RunFailed


@dataclass(frozen=True, slots=True)
class KilledImport:
    """What a run gave."""

    resources: int
    patients: int
    kills: int
    kills_at_work: int
    """Those that met a living process."""
    clean_seconds: float
    resources_per_second: float
    resident_megabytes_max: float
    disk_bytes_per_resource: float
    equal: bool
    """Latest versions and history are those of the clean run, and audit and doctor are content."""

    def as_json(self) -> dict[str, object]:
        """As `make soak` prints it."""
        return asdict(self)


def run(
    folder: Path, *, patients: int, resources_each: int, kills: int, seed: str, form: Form
) -> KilledImport:
    """Import a made-up population cleanly, and again with kills. Raises RunFailed."""
    given = folder / "input"
    written = write_population(
        given, patients=patients, resources_each=resources_each, form=form, seed=seed
    )
    clean = Home(folder / "clean").begin()
    done = clean.import_whole(given)
    if done["accepted"] != written.resources or done["rejected"]:
        raise RunFailed("the clean import did not take everything")
    killed = Home(folder / "killed").begin()
    at_work = sum(killed.import_killed(given, at) for at in _points(clean, kills, seed))
    done = killed.import_whole(given)
    equal = (
        done["accepted"] == written.resources
        and killed.exported() == clean.exported()
        and killed.exported("--history") == clean.exported("--history")
        and killed.run("audit", "verify", "--json")["ok"]
        and killed.run("doctor", "--json")["findings"] == clean.run("doctor", "--json")["findings"]
        and _lists(killed) == _lists(clean)
    )
    return KilledImport(
        resources=written.resources,
        patients=patients,
        kills=kills,
        kills_at_work=at_work,
        clean_seconds=round(clean.seconds["import"], 1),
        resources_per_second=round(written.resources / clean.seconds["import"]),
        resident_megabytes_max=round(
            max(clean.resident_bytes_max, killed.resident_bytes_max) / 2**20, 1
        ),
        disk_bytes_per_resource=round(clean.size_bytes() / written.resources),
        equal=equal,
    )


def _points(clean: Home, kills: int, seed: str) -> list[KillPoint]:
    """Where the killer strikes: at random sizes of the database, so that each meets new work.

    Times alone would not do: after a few of them all is in, and the rest would strike at nothing.
    """
    draw = random.Random(seed)
    full = clean.database_bytes()
    return [
        KillPoint(round(share * full), draw.uniform(0.0, 0.5))
        for share in sorted(draw.uniform(0.0, 0.95) for _ in range(kills))
    ]


def _lists(home: Home) -> list[tuple[str, str, int]]:
    """The list of charts without their ids, which every run draws anew."""
    listed = home.run("chart", "list", "--json")
    return sorted((one["name"], one["birth_date"], one["resources"]) for one in listed)
