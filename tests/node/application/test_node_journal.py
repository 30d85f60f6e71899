"""The audit on a disk that takes nothing more: reading goes on, and is written down later."""

from pathlib import Path

import pytest
from clinics import ALL_LANES, Clinic, Make, allergy, observation, pair, patient

from node.errors import StorageFailed
from node.store.audit import Audit


@pytest.fixture
def a(clinic: Make) -> Clinic:
    one = clinic("A")
    one.take(patient("p1"), allergy("al", "p1"))
    return one


def full(*_: object) -> None:
    raise StorageFailed(Path("store"), "the disk is full")


def kinds(clinic: Clinic) -> list[str]:
    return [entry.kind for entry in clinic.node.context.store.audit.entries()]


def test_a_full_disk_stops_no_reading_and_what_was_read_is_written_down_when_there_is_room(
    a: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    (chart,) = a.charts()
    before = kinds(a)
    with monkeypatch.context() as patched:
        patched.setattr(Audit, "append", full)
        assert a.node.chart_show(chart)["resources"]
        assert a.node.chart_history(chart)
        a.node.search("nobody")
        assert b"".join(a.node.export(chart, form="ndjson", history=False))
        assert a.node._journal.owed == 4
        with pytest.raises(StorageFailed):
            a.add(chart, observation("o1", "p1"))
    assert kinds(a) == before
    a.node.chart_show(chart)
    assert kinds(a)[len(before) :] == ["read", "read", "search", "export", "read"]
    assert a.node._journal.owed == 0
    assert a.audit_ok()


def test_a_write_that_cannot_be_audited_is_not_made(
    a: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    (chart,) = a.charts()
    written = a.everything_written()
    with monkeypatch.context() as patched:
        patched.setattr(Audit, "append", full)
        with pytest.raises(StorageFailed):
            a.add(chart, observation("o1", "p1"))
    assert a.everything_written() == written


def test_what_is_owed_is_written_when_the_node_closes_or_its_loss_is_told(
    a: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    (chart,) = a.charts()
    with monkeypatch.context() as patched:
        patched.setattr(Audit, "append", full)
        a.node.chart_show(chart)
    a.close()
    a.open()
    assert kinds(a)[-1] == "read"
    with monkeypatch.context() as patched:
        patched.setattr(Audit, "append", full)
        a.node.chart_show(chart)
        with pytest.raises(StorageFailed):
            a.close()
    a.open()


def test_ending_a_rule_is_an_act_also_where_no_chart_has_anything_of_it(clinic: Make) -> None:
    a, b = clinic("A"), clinic("B")
    pair(a, b)
    a.node.grant("all", to="B", lanes=ALL_LANES, rights="append", history=True)
    assert a.node.revoke("all", from_="B")["charts"] == []
    assert kinds(a)[-1] == "revoke"
    assert a.audit_ok()
