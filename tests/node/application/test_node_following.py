"""Lists follow what a session brings batch by batch; what is not that simple waits, marked."""

import json
import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Two,
    drive,
    level,
    observation,
    patient,
    synced,
)
from derived_rows import assert_lists_are_right, derived
from test_node_lists import some_write

from node.application.syncing.sharing import SharedCharts
from node.store.store import Store
from sync.identifiers import ChartId, DeviceKey
from sync.operation import Operation
from sync.session import inbox
from sync.session.replica import Taken

PATIENTS = [f"p{number}" for number in range(6)]


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Make batches small, and note of each how many charts were left to be settled after it."""
    left: list[int] = []
    take = SharedCharts.take

    def watched(self: SharedCharts, peer: DeviceKey, operations: Sequence[Operation]) -> Taken:
        taken = take(self, peer, operations)
        left.append(len(self._context.store.unsettled.all()))
        return taken

    monkeypatch.setattr(inbox, "take_size_bytes", 4096)
    monkeypatch.setattr(SharedCharts, "take", watched)
    return left


def assert_what_is_not_marked_is_right(clinic: Clinic) -> None:
    store: Store = clinic.node.context.store
    waiting = set(store.unsettled.all())
    for chart in clinic.node._charts.ids():
        if chart not in waiting:
            followed = derived(clinic.node, chart)
            clinic.node._contents.refresh(chart)
            assert followed == derived(clinic.node, chart)


def filled(a: Clinic, b: Clinic) -> None:
    for number, identity in enumerate(PATIENTS):
        a.take(patient(identity, f"Ama N{number}"))
        a.take(*(observation(f"{identity}-o{place}", identity) for place in range(8)))
    a.node.grant("all", to=b.name, lanes=ALL_LANES, history=True)


def test_lists_show_what_each_batch_brought_before_the_session_ends(
    two: Two, batches: list[int]
) -> None:
    a, b = two
    filled(a, b)
    mine = b.node.session(a.device, initiator=True)
    theirs = a.node.session(b.device, initiator=False)
    theirs.frame_size_bytes = 8192
    seen = []
    for _ in drive(mine, theirs):
        assert_what_is_not_marked_is_right(b)
        seen.append(sum(int(str(line["resources"])) for line in b.node.charts()))
    assert len(batches) > 5
    assert set(batches) == {0}, "nothing is left for later"
    assert len(set(seen)) > 3, "views moved more than once"
    names = ("name", "resources", "birth_date")
    assert [[line[name] for name in names] for line in b.node.charts()] == [
        [line[name] for name in names] for line in a.node.charts()
    ]
    assert b.node.settle() == 0
    assert b.node.search("Ama N3")[0]["name"] == "Ama N3"


@pytest.mark.parametrize("frames", range(4, 24, 5))
def test_a_crash_within_a_session_leaves_lists_right(
    two: Two, batches: list[int], frames: int
) -> None:
    a, b = two
    filled(a, b)
    mine = b.node.session(a.device, initiator=True)
    theirs = a.node.session(b.device, initiator=False)
    theirs.frame_size_bytes = 8192
    driven = drive(mine, theirs)
    for _ in zip(range(frames), driven, strict=False):
        pass
    b.restart()
    assert_what_is_not_marked_is_right(b)
    level(a, b)
    assert_lists_are_right(b)
    assert b.resources() == a.resources()
    assert batches


@pytest.mark.parametrize("seed", range(4))
def test_lists_follow_what_both_ends_wrote_apart(two: Two, batches: list[int], seed: int) -> None:
    a, b = two
    draw = random.Random(seed)
    filled(a, b)
    level(a, b)
    (chart,) = (str(line["chart"]) for line in a.node.charts() if line["name"] == "Ama N1")
    for _ in range(4):
        for clinic in two:
            for _ in range(5):
                clinic.node.record_add(chart, "test", as_line(some_write(draw)))
        mine = a.node.session(b.device, initiator=True)
        for _ in drive(mine, b.node.session(a.device, initiator=False)):
            assert_what_is_not_marked_is_right(a)
            assert_what_is_not_marked_is_right(b)
    assert a.conflicts() == b.conflicts() != []
    assert set(batches) == {0}


def as_line(resource: dict[str, object]) -> bytes:
    return json.dumps(resource).encode()


def test_what_was_written_here_in_another_life_finds_its_home_again(
    two: Two, batches: list[int], tmp_path: Path
) -> None:
    a, b = two
    filled(a, b)
    level(a, b)
    b.close()
    shutil.copytree(b.path, tmp_path / "copy")
    b.open()
    chart = b.charts()[0]
    for number in range(4):
        b.add(chart, observation(f"written-at-b-{number}", PATIENTS[0]))
    held = homes(b)
    level(a, b)
    b.close()
    shutil.rmtree(b.path)
    shutil.copytree(tmp_path / "copy", b.path)
    b.open()
    assert homes(b) != held
    synced(a, b, settle=False)
    assert max(batches) > 0
    b.node.settle()
    assert homes(b) == held
    assert_lists_are_right(b)


def homes(clinic: Clinic) -> set[tuple[int, ChartId]]:
    rows = clinic.node.context.store.database.rows(
        "SELECT h.name, c.chart FROM homes h JOIN charts c USING (n)"
    )
    return {(name, ChartId(chart)) for name, chart in rows}


def test_a_chart_with_a_revocation_waits_for_the_end(two: Two, batches: list[int]) -> None:
    a, b = two
    filled(a, b)
    level(a, b)
    chart = a.charts()[0]
    a.node.grant(chart, to=b.organisation, lanes=["care"], rights="read")
    a.node.revoke(chart, from_="B")
    a.add(chart, observation("after", PATIENTS[0]))
    synced(a, b, settle=False)
    assert max(batches) == 1
    assert_what_is_not_marked_is_right(b)
    b.node.settle()
    assert_lists_are_right(b)
