"""Three clinics that share a chart which one of them shreds; for the tests of shredding."""

from pathlib import Path
from typing import Any

from clinics import (
    ALL_LANES,
    DAY_MILLISECONDS,
    Clinic,
    allergy,
    level,
    made_clinic,
    made_with_words,
    observation,
    pair,
    patient,
)

from node.store.remnants import samples_of, search_files

HOLD_DAYS = 30


class Ward:
    """Three clinics that share one patient's chart, and the recovery words of the first."""

    def __init__(self, folder: Path) -> None:
        self.a, self.words = made_with_words(folder / "A", "A", 0)
        self.b = made_clinic(folder / "B", "B", 1)
        self.c = made_clinic(folder / "C", "C", 2)
        self.all = (self.a, self.b, self.c)
        pair(*self.all)
        self.a.take(patient("p1"), allergy("a1", "p1"), observation("o1", "p1"))
        self.a.take(patient("p2", "Bela Quillon"), observation("o2", "p2"))
        for name in ("B", "C"):
            self.a.node.grant("all", to=name, lanes=ALL_LANES, history=True)
        level(*self.all)
        self.chart, self.other = self.a.charts()

    def shred(self, *lanes: str) -> dict[str, Any]:
        return self.a.node.shred(self.chart, lanes=lanes, hold_days=HOLD_DAYS, recovery=self.words)

    def cancel(self) -> dict[str, Any]:
        return self.a.node.shred_cancel(self.chart, recovery=self.words)

    def bodies(self, clinic: Clinic, lane: str = "care") -> int:
        """How many operations of a lane of the chart have their bodies at a clinic."""
        charter = clinic.charter(self.chart)
        store = clinic.node.context.store
        listed = store.operations.of_lane(charter.chart, charter.lane(lane))
        return sum(one.body is not None for one in listed)


def days(count: int, *clinics: Clinic) -> None:
    """Let days go by at clinics that look once a day."""
    for _ in range(count):
        for clinic in clinics:
            clinic.clock.milliseconds += DAY_MILLISECONDS
            clinic.node.settle()


def shreds(clinic: Clinic) -> list[dict[str, Any]]:
    return clinic.node.shreds()


def state(clinic: Clinic) -> str:
    (one,) = shreds(clinic)
    return str(one["state"])


def names(clinic: Clinic) -> set[str]:
    return {f"{one['resourceType']}/{one['id']}" for one in clinic.resources()}


def traces(clinic: Clinic, contents: list[bytes], words: list[bytes]) -> int:
    """Pages of a clinic's files, opened with its key, that hold any of these."""
    path = clinic.node.context.store.database.path
    key = clinic.node._keystore.secrets.store_key
    samples = [sample for content in contents for sample in samples_of(content)]
    return search_files(path, key, samples, words).found
