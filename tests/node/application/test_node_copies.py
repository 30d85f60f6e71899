"""Homes that were copied, restored or cloned: both branches kept and merged, a new life begun."""

import random
import shutil
from pathlib import Path

from clinics import (
    ALL_LANES,
    Clinic,
    HandClock,
    Two,
    exported,
    level,
    observation,
    patient,
    synced,
)

from node.home.creation import open_home


def ids(clinic: Clinic) -> set[str]:
    return {str(one["id"]) for one in clinic.resources()}


def shared(a: Clinic, b: Clinic) -> str:
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    (chart,) = a.charts()
    return chart


def copied(clinic: Clinic, folder: Path) -> Clinic:
    """A copy of a closed home, opened as another process would on another machine."""
    shutil.copytree(clinic.path, folder)
    draw = random.Random("another machine's").randbytes
    return Clinic(clinic.name, folder, HandClock(clinic.clock.milliseconds), draw)


def test_a_cloned_home_writes_as_a_new_instance_and_both_branches_are_kept(
    two: Two, tmp_path: Path
) -> None:
    a, b = two
    chart = shared(a, b)
    a.close()
    clone = copied(a, tmp_path / "clone").open()
    a.open()
    assert clone.device == a.device
    assert clone.node.context.instance != a.node.context.instance
    a.add(chart, observation("original", "p1"))
    clone.add(chart, observation("clone", "p1"))
    for _ in range(2):
        synced(b, a)
        synced(b, clone)
    assert ids(a) == ids(b) == ids(clone) == {"p1", "original", "clone"}
    assert exported(a, history=True) == exported(b, history=True) == exported(clone, history=True)
    clone.crash()


def test_a_backup_put_back_starts_a_new_instance_and_loses_nothing_that_peers_hold(
    two: Two, tmp_path: Path
) -> None:
    a, b = two
    chart = shared(a, b)
    a.close()
    shutil.copytree(a.path, tmp_path / "backup")
    a.open()
    before = a.node.context.instance
    a.add(chart, observation("lost-here", "p1"))
    synced(a, b)
    a.close()
    shutil.rmtree(a.path)
    shutil.copytree(tmp_path / "backup", a.path)
    a.open()
    assert a.node.context.instance != before
    a.add(chart, observation("after-restore", "p1"))
    level(a, b)
    assert ids(a) == ids(b) == {"p1", "lost-here", "after-restore"}
    assert a.node.context.store.logs.forked() == []


def put_back_in_place(clinic: Clinic, backup: Path) -> None:
    """Restore as a disk image does: the token's file is as it was, so it does not tell."""
    token = open_home(clinic.path).instance_token.name
    for path in sorted(clinic.path.iterdir()):
        if not (backup / path.name).exists() and path.is_file():
            path.unlink()
    for path in sorted(backup.iterdir()):
        if path.is_file() and path.name != token:
            (clinic.path / path.name).write_bytes(path.read_bytes())


def test_an_image_put_back_forks_keeps_both_branches_and_begins_anew_when_it_learns(
    two: Two, tmp_path: Path
) -> None:
    a, b = two
    chart = shared(a, b)
    a.close()
    shutil.copytree(a.path, tmp_path / "image")
    a.open()
    before = a.node.context.instance
    a.add(chart, observation("first-branch", "p1"))
    synced(a, b)
    a.close()
    put_back_in_place(a, tmp_path / "image")
    a.open()
    assert a.node.context.instance == before  # nothing here can tell
    a.add(chart, observation("second-branch", "p1"))
    level(a, b)
    assert ids(a) == ids(b) == {"p1", "first-branch", "second-branch"}
    assert len(a.node.context.store.logs.forked()) == 1
    assert len(b.node.context.store.logs.forked()) == 1
    for one in (a, b):
        findings = one.node.doctor()["findings"]
        assert isinstance(findings, list)
        assert any("forked" in str(line["what"]) for line in findings)
        assert one.audit_ok()
    assert a.node.context.instance != before
    a.add(chart, observation("after", "p1"))
    level(a, b)
    assert ids(a) == ids(b) == {"p1", "first-branch", "second-branch", "after"}
    assert a.node.context.instance in a.node.context.store.own_instances.all()
    a.restart()
    assert a.node.context.instance != before


def test_a_node_offered_own_operations_that_it_does_not_know_begins_a_new_instance(
    two: Two, tmp_path: Path
) -> None:
    a, b = two
    chart = shared(a, b)
    a.close()
    shutil.copytree(a.path, tmp_path / "image")
    a.open()
    before = a.node.context.instance
    a.add(chart, observation("forgotten", "p1"))
    synced(a, b)
    a.close()
    put_back_in_place(a, tmp_path / "image")
    a.open()
    synced(a, b)
    a.add(chart, observation("after", "p1"))
    assert a.node.context.instance != before
    level(a, b)
    assert ids(a) == ids(b) == {"p1", "forgotten", "after"}
    assert a.node.context.store.logs.forked() == []


def test_a_fork_of_the_access_log_keeps_both_grants(two: Two, tmp_path: Path) -> None:
    a, b = two
    chart = shared(a, b)
    a.close()
    shutil.copytree(a.path, tmp_path / "image")
    a.open()
    a.node.grant(chart, to="B", lanes=["care"], rights="admin")
    synced(a, b)
    a.close()
    put_back_in_place(a, tmp_path / "image")
    a.open()
    a.node.grant(chart, to="B", lanes=["summary"], rights="admin")
    level(a, b)
    for one in (a, b):
        access = one.node.chart_show(chart)["access"]
        assert isinstance(access, list)
        admins = [line["lanes"] for line in access if "admin" in line["rights"]]
        assert ["care"] in admins
        assert ["summary"] in admins
    a.add(chart, observation("o1", "p1"))
    level(a, b)
    assert exported(a) == exported(b)
