"""A process that dies at any write: what was acknowledged stays, nothing is half, all converges."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Three,
    Two,
    allergy,
    exported,
    level,
    made_clinic,
    observation,
    patient,
    synced,
)

from node.store.database import Database

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


class PowerCutError(BaseException):
    """The process ends here; nobody may catch it."""


@contextmanager
def power_cut(clinic: Clinic, at: int) -> Iterator[list[int]]:
    """Let the process of a clinic die at its n-th statement that writes; counts them."""
    count = [0]
    database = clinic.node.context.store.database
    run, run_many = Database._execute, Database.write_many

    def one(self: Database, statement: str, parameters: object = ()) -> object:
        if self is database and not statement.startswith(("ROLLBACK", "RELEASE")):
            count[0] += 1
            if count[0] >= at:
                raise PowerCutError
        return run(self, statement, parameters)  # type: ignore[arg-type]  # passed on as it came

    def many(self: Database, statement: str, rows: object) -> None:
        if self is database:
            count[0] += 1
            if count[0] >= at:
                raise PowerCutError
        run_many(self, statement, rows)  # type: ignore[arg-type]  # passed on as it came

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Database, "_execute", one)
        patch.setattr(Database, "write_many", many)
        yield count


def died(clinic: Clinic, at: int, act: Callable[[], object]) -> bool:
    """Do an act in a process that dies at its n-th write, and start again."""
    with power_cut(clinic, at):
        try:
            act()
        except PowerCutError:
            died_here = True
        else:
            died_here = False
    clinic.restart()
    return died_here


def ids(clinic: Clinic) -> set[str]:
    return {str(one["id"]) for one in clinic.resources()}


def assert_lists_are_true(clinic: Clinic) -> None:
    """What lists and worklists say is what the charts say."""
    for line in clinic.node.charts():
        page = clinic.node.chart_show(str(line["chart"]))
        for kept, said in (("conflicts", "conflicts"), ("quarantined", "quarantined")):
            listed = page[said]
            assert isinstance(listed, list)
            assert line[kept] == len(listed)
        resources = page["resources"]
        assert isinstance(resources, list)
        assert line["resources"] == len(resources)
    assert {str(line["chart"]) for line in clinic.node.charts()} == set(clinic.chart_ids())


def points(last: int = 120) -> list[int]:
    """Every early write, then fewer."""
    return [*range(1, 16), *range(16, 60, 4), *range(60, last, 12)]


def test_an_import_cut_off_anywhere_is_whole_or_absent_and_can_be_repeated(two: Two) -> None:
    a, b = two
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    taken = 0
    for at in points():
        name = f"p{at}"
        known = ids(a)
        cut = died(a, at, lambda name=name: a.take(patient(name), observation(f"o-{name}", name)))  # type: ignore[misc]  # bound now
        assert ids(a) - known in (set(), {name, f"o-{name}"})
        assert known <= ids(a)
        if not cut:
            assert ids(a) - known == {name, f"o-{name}"}
        done = a.take(patient(name), observation(f"o-{name}", name))
        assert done["accepted"] == 2
        taken += cut
    assert taken > 20
    assert_lists_are_true(a)
    assert a.audit_ok()
    level(a, b)
    assert exported(a) == exported(b)
    assert len(exported(a)) == 2 * len(points())
    assert len(a.charts()) == len(points())


def test_a_grant_cut_off_anywhere_can_be_given_again(two: Two) -> None:
    a, b = two
    for place in range(3):
        a.take(patient(f"p{place}"))
    for at in points(90):
        cut = died(a, at, lambda: a.node.grant("all", to="B", lanes=ALL_LANES, history=True))
        if not cut:
            break
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    assert exported(a) == exported(b)
    assert a.audit_ok()
    a.take(patient("later"))
    synced(b, a)
    assert "later" in ids(b)


def test_a_revocation_cut_off_anywhere_can_be_said_again(two: Two) -> None:
    a, b = two
    for at in points(70):
        name = f"p{at}"
        a.take(patient(name))
        (chart,) = [c for c in a.charts() if any(o["id"] == name for o in a.resources(c))]
        a.node.grant(chart, to="B", lanes=ALL_LANES, history=True)
        level(a, b)
        died(a, at, lambda chart=chart: a.node.revoke(chart, from_="B"))  # type: ignore[misc]  # bound now
        access = a.node.chart_show(chart)["access"]
        assert isinstance(access, list)
        if any(line["to"] == "B" and line["state"] == "live" for line in access):
            a.node.revoke(chart, from_="B")
        a.add(chart, observation(f"hidden-{at}", name))
        synced(b, a)
        assert f"hidden-{at}" not in ids(b)
        assert f"hidden-{at}" in ids(a)
    assert a.audit_ok()


@pytest.mark.parametrize("side", ["reader", "holder"])
def test_a_sync_cut_off_anywhere_on_either_side_converges(two: Two, side: str) -> None:
    a, b = two
    a.take(patient("p0"))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    level(a, b)
    victim = b if side == "reader" else a
    cuts = 0
    for at in points(60):
        name = f"p{at}"
        a.take(patient(name), allergy(f"al-{name}", name))
        (chart,) = [c for c in b.charts()[:1]]
        written = observation(f"by-b-{at}", "p0")
        b.add(chart, written)
        known = ids(a), ids(b)
        cuts += died(victim, at, lambda: synced(b, a))
        for one, before in zip((a, b), known, strict=True):
            assert before <= ids(one)
        assert_lists_are_true(victim)
        other = a if victim is b else b
        other.node.settle()
    assert cuts > 5
    level(a, b)
    assert exported(a, history=True) == exported(b, history=True)
    for one in (a, b):
        assert one.audit_ok()
        assert_lists_are_true(one)
        assert one.node.doctor()["ok"] is True


def test_conflicts_and_quarantine_are_on_the_worklists_after_a_crash(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"))
    for name in ("B", "C"):
        a.node.grant("all", to=name, lanes=ALL_LANES, history=True)
    level(a, b, c)
    (chart,) = a.charts()
    a.add(chart, patient("p1", born="1930-01-01"))
    b.add(chart, patient("p1", born="1931-01-01"))
    synced(b, a, settle=False)
    a.restart()
    b.restart()
    assert len(a.conflicts()) == 1
    assert a.conflicts() == b.conflicts()
    a.node.revoke("all", from_="C")
    c.add(chart, allergy("late", "p1"))
    synced(c, a, settle=False)
    a.restart()
    assert list(a.quarantined().values()) == [["AllergyIntolerance/late"]]
    assert_lists_are_true(a)


@pytest.mark.parametrize("what", ["resolve", "accept"])
def test_a_persons_answer_cut_off_anywhere_is_given_or_not(three: Three, what: str) -> None:
    a, b, c = three
    a.take(patient("p1"))
    for name in ("B", "C"):
        a.node.grant("all", to=name, lanes=ALL_LANES, history=True)
    level(a, b, c)
    (chart,) = a.charts()
    for at in range(1, 30, 2):
        if what == "resolve":
            a.add(chart, patient("p1", born=f"19{at + 10}-01-01"))
            b.add(chart, patient("p1", born=f"18{at + 10}-01-01"))
            level(a, b)
            (conflict,) = a.conflicts()
            died(a, at, lambda conflict=conflict: a.node.conflict_resolve(conflict, choose=1))  # type: ignore[misc]  # bound now
            assert_lists_are_true(a)
            for left in a.conflicts():
                a.node.conflict_resolve(left, choose=1)
            level(a, b)
            assert a.conflicts() == b.conflicts() == []
        else:
            a.node.revoke(chart, from_="C")
            c.add(chart, observation(f"late{at}", "p1"))
            synced(c, a)
            (waiting,) = a.quarantined()
            died(a, at, lambda waiting=waiting: a.node.quarantine_accept(waiting))  # type: ignore[misc]  # bound now
            assert_lists_are_true(a)
            for left in a.quarantined():
                a.node.quarantine_accept(left)
            assert f"late{at}" in ids(a)
            a.node.grant(chart, to="C", lanes=ALL_LANES, history=True)
            level(a, c)
    assert a.audit_ok()


@pytest.mark.parametrize("acknowledged", [0, 1, 4, 9])
def test_a_killed_import_keeps_all_that_it_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    clinic = made_clinic(tmp_path / "home", "A", 1)
    clinic.close()
    with subprocess.Popen(
        [sys.executable, str(HERE / "importing_node.py"), str(clinic.path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as process:
        assert process.stdout is not None
        said = [int(process.stdout.readline()) for _ in range(acknowledged)]
        os.kill(process.pid, signal.SIGKILL)
        said += [int(line) for line in process.stdout.read().splitlines()]
        assert process.wait() == -signal.SIGKILL
    clinic.open()
    kept = len(exported(clinic))
    assert kept >= sum(said)
    assert len(said) >= acknowledged
    assert len(clinic.charts()) in (len(said), len(said) + 1)
    assert clinic.audit_ok()
    assert_lists_are_true(clinic)
    clinic.take(patient("after"))
    assert len(exported(clinic)) == kept + 1
    clinic.close()
