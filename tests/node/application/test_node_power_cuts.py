"""Power that fails: the files as a disk may have them then, opened again.

SQLite promises that a log cut at any byte, or followed by anything, holds the transactions before
it. Here the promise is tried with whole nodes: what was acknowledged by then is there in order, and
nothing is there by half.
"""

import itertools
import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest
from clinics import (
    Clinic,
    HandClock,
    allergy,
    exported,
    level,
    made_clinic,
    observation,
    pair,
    patient,
)
from derived_rows import assert_lists_are_right
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from node.errors import DamagedDatabase, ForeignDatabase
from sync.identifiers import ChartId, LaneId, OperationId, chart_text

WAL_HEADER = 32
PAGE = 4096
FRAME = 24 + PAGE
LARGE = 120_000

Ids = dict[ChartId, list[OperationId]]


@dataclass(frozen=True)
class Moment:
    """What was on the disk and acknowledged at a time."""

    log_size: int
    lines: list[bytes]
    operations: Ids
    audit: int


class Recording:
    """A home whose every act was written down with the log that it left, and its files."""

    # Not a dataclass: hypothesis would show all of it when an example fails.
    def __init__(
        self, home: Path, clock: int, moments: list[Moment], log: bytes, store: bytes
    ) -> None:
        self.home = home
        self.clock = clock
        self.moments = moments
        self.log = log
        self.store = store

    def __repr__(self) -> str:
        return f"Recording({self.home})"

    def opened(self, folder: Path, *, log: bytes | None, store: bytes | None = None) -> Clinic:
        """The home as it is after a power cut that left these files."""
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.home, folder)
        database = folder / "satchel.db"
        for kept in folder.glob("satchel.db-*"):
            kept.unlink()
        database.write_bytes(self.store if store is None else store)
        if log is not None:
            database.with_name("satchel.db-wal").write_bytes(log)
        clinic = made_again(folder, self.clock)
        return clinic.open()

    def due(self, size: int) -> Moment:
        """The last moment whose whole log lies before a byte."""
        return [one for one in self.moments if one.log_size <= size][-1]


def made_again(folder: Path, clock: int) -> Clinic:
    return Clinic("A", folder, HandClock(clock), random.Random("again").randbytes)


def operations_of(clinic: Clinic) -> Ids:
    store = clinic.node.context.store
    return {
        chart: [one.id for one in store.operations.of_chart(chart, bodies=False)]
        for chart in clinic.node._charts.ids()
    }


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    """Imports, writes, a grant, a sync, an attachment and a revocation, and the log of each."""
    folder = tmp_path_factory.mktemp("power")
    a, b = made_clinic(folder / "A", "A", 3), made_clinic(folder / "B", "B", 4)
    a.take(patient("p0"), observation("o0", "p0"))
    pair(a, b)
    store = a.node.context.store
    # What is in the log from here on is all that these acts write.
    store.checkpoint()
    store.database.rows("PRAGMA wal_autocheckpoint = 0")
    home = a.path
    log_path = home / "satchel.db-wal"
    moments: list[Moment] = []

    def note() -> None:
        size = log_path.stat().st_size if log_path.exists() else 0
        moments.append(Moment(size, exported(a), operations_of(a), store.audit.root().number))
        # Exporting is written down in the audit as well: it is part of the next moment.

    note()
    a.take(patient("p1"), observation("o1", "p1"), allergy("a1", "p1"))
    note()
    (chart,) = [c for c in a.charts() if any(o["id"] == "p1" for o in a.resources(c))]
    a.add(chart, observation("o2", "p1"))
    note()
    a.node.grant(chart, to="B", lanes=["summary", "care"], history=True)
    note()
    level(a, b)
    b.add(chart, observation("by-b", "p1"))
    level(a, b)
    note()
    a.add(chart, {**observation("large", "p1"), "note": [{"text": "x" * LARGE}]})
    note()
    a.node.revoke(chart, from_="B")
    note()
    a.add(chart, observation("last", "p1"))
    note()
    sound = store.database.path.read_bytes()
    log = log_path.read_bytes()
    a.crash()
    b.crash()
    return Recording(home, a.clock.milliseconds, moments, log, sound)


def assert_is_prefix(found: Ids, whole: Ids) -> None:
    for chart, ids in found.items():
        assert whole[chart][: len(ids)] == ids


def assert_logs_are_chains(clinic: Clinic) -> None:
    store = clinic.node.context.store
    for chart, lanes in store.logs.all().items():
        for lane, logs in lanes.items():
            for log in logs:
                listed = store.operations.of_log(chart, LaneId(lane), log.instance)
                assert [one.prefix.sequence for one in listed] == list(range(log.length))
                assert log.heads == (listed[-1].id,)
                for one, after in itertools.pairwise(listed):
                    assert after.prefix.previous == one.id


def assert_holds(clinic: Clinic, due: Moment, last: Moment) -> None:
    """All that was acknowledged, in order, and nothing by half."""
    store = clinic.node.context.store
    assert store.findings() == []
    held = operations_of(clinic)
    for chart, ids in due.operations.items():
        assert held[chart][: len(ids)] == ids, "what was acknowledged is gone"
    assert_is_prefix(
        {c: [one for one in ids if one in set(last.operations[c])] for c, ids in held.items()
         if c in last.operations},
        last.operations,
    )  # fmt: skip
    assert set(due.lines) <= set(exported(clinic, history=True))
    assert store.audit.root().number >= due.audit
    assert_logs_are_chains(clinic)
    for chart in clinic.node._charts.ids():
        if not store.faces.holds(chart):
            # Opened for an import whose content was cut off; repeating the import fills it.
            assert clinic.resources(chart_text(chart)) == []
            clinic.node._contents.refresh(chart)
    assert_lists_are_right(clinic)
    assert clinic.audit_ok()
    assert "repaired" not in str(clinic.node.doctor())


EDGES = (-1, 0, 1, 23, 24, 25, 24 + 512, 24 + 2048)
"""Bytes about the beginning of a frame."""
AFTER = ("nothing", "zeros", "noise", "a sector of noise", "an older log")


@given(
    where=st.floats(0, 1),
    edge=st.none() | st.sampled_from(EDGES),
    after=st.sampled_from(AFTER),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_log_cut_at_any_byte_holds_what_was_acknowledged_before(
    recording: Recording, tmp_path: Path, where: float, edge: int | None, after: str
) -> None:
    whole = recording.log
    cut = round(where * len(whole))
    if edge is not None:
        frame = round(where * ((len(whole) - WAL_HEADER) // FRAME))
        cut = min(len(whole), WAL_HEADER + frame * FRAME + edge)
    noise = random.Random(cut).randbytes(len(whole) - cut)
    log = {
        "nothing": whole[:cut],
        "zeros": whole[:cut] + bytes(len(whole) - cut),
        "noise": whole[:cut] + noise,
        "a sector of noise": whole[:cut] + noise[:512] + whole[cut + 512 :],
        "an older log": whole[:cut] + whole[WAL_HEADER : WAL_HEADER + len(whole) - cut],
    }[after]
    clinic = recording.opened(tmp_path / "home", log=log)
    try:
        assert_holds(clinic, recording.due(cut), recording.moments[-1])
        clinic.take(patient("afterwards"))
        assert clinic.resource("Patient", "afterwards")
    finally:
        clinic.crash()


@pytest.mark.parametrize("noise", [b"", b"\0" * 32768, b"\xa5" * 32768, b"\xff" * 100])
def test_the_shared_memory_file_does_not_matter(
    recording: Recording, tmp_path: Path, noise: bytes
) -> None:
    clinic = recording.opened(tmp_path / "home", log=recording.log)
    clinic.crash()
    clinic = made_again(tmp_path / "home", recording.clock)
    database = clinic.path / "satchel.db"
    database.with_name("satchel.db-wal").write_bytes(recording.log)
    database.write_bytes(recording.store)
    database.with_name("satchel.db-shm").write_bytes(noise)
    clinic.open()
    assert_holds(clinic, recording.moments[-1], recording.moments[-1])
    clinic.crash()


def test_a_log_that_is_gone_leaves_what_was_moved_out_of_it(
    recording: Recording, tmp_path: Path
) -> None:
    clinic = recording.opened(tmp_path / "home", log=None)
    assert_holds(clinic, recording.moments[0], recording.moments[-1])
    clinic.crash()


def pages_in(log: bytes) -> set[int]:
    """The numbers of the pages that a log has."""
    starts = range(WAL_HEADER, len(log), FRAME)
    return {int.from_bytes(log[at : at + 4], "big") for at in starts}


@pytest.mark.parametrize("seed", range(4))
def test_a_checkpoint_cut_off_is_made_up_for_from_the_log(
    recording: Recording, tmp_path: Path, seed: int
) -> None:
    """Pages torn while they were moved out of the log are still whole in it."""
    draw = random.Random(seed)
    torn = bytearray(recording.store)
    for page in sorted(pages_in(recording.log)):
        at = (page - 1) * PAGE
        if page != 1 and at + PAGE <= len(torn) and draw.random() < 0.6:
            half = draw.choice([512, 2048, 3584])
            torn[at + half : at + PAGE] = draw.randbytes(PAGE - half)
    clinic = recording.opened(tmp_path / "home", log=recording.log, store=bytes(torn))
    assert_holds(clinic, recording.moments[-1], recording.moments[-1])
    clinic.crash()


def test_a_page_torn_for_good_is_always_noticed(recording: Recording, tmp_path: Path) -> None:
    covered = pages_in(recording.log)
    count = len(recording.store) // PAGE
    unopened = 0
    for page in [one for one in range(1, count + 1) if one not in covered][::3]:
        torn = bytearray(recording.store)
        torn[page * PAGE - 2048 : page * PAGE] = bytes(2048)
        try:
            clinic = recording.opened(tmp_path / "home", log=recording.log, store=bytes(torn))
        except (DamagedDatabase, ForeignDatabase):
            unopened += 1
            continue
        for examined in (clinic.node.doctor(), clinic.node.audit_verify()):
            assert examined["ok"] is False, page
            assert examined["findings"]
        clinic.crash()
    assert unopened < count
