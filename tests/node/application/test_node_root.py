"""The root, from its paper: what only the recovery words can do, and what they cannot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import (
    Clinic,
    allergy,
    made_clinic,
    made_with_words,
    pair,
    patient,
    synced,
)

from node.application.errors import NoStanding, NothingToRevoke, RecoveryWordsDiffer
from node.errors import RecoveryWordsInvalid
from node.keystore.recovery import words_from_entropy

LANES = ("summary", "care")


@pytest.fixture
def paper(tmp_path: Path) -> Iterator[tuple[Clinic, Clinic, list[str]]]:
    """Two paired clinics, and the first one's recovery words."""
    a, words = made_with_words(tmp_path / "A", "A", 0)
    b = made_clinic(tmp_path / "B", "B", 1)
    pair(a, b)
    yield a, b, words
    a.crash()
    b.crash()


Paper = tuple[Clinic, Clinic, list[str]]


def shared(a: Clinic, b: Clinic, rights: str = "append") -> str:
    """A chart of A's that B was granted, and holds."""
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=LANES, rights=rights, history=True)
    synced(b, a)
    (chart,) = a.charts()
    return chart


def test_the_root_ends_the_first_group_of_admins_which_nobody_else_can(paper: Paper) -> None:
    a, b, words = paper
    chart = shared(a, b)
    with pytest.raises(NothingToRevoke):
        b.node.revoke(chart, from_=a.organisation)
    with pytest.raises(NothingToRevoke):
        a.node.revoke(chart, from_=a.organisation)
    done = a.node.revoke(chart, from_=a.organisation, recovery=words)
    assert done["charts"] == [chart]
    access = a.node.chart_show(chart)["access"]
    assert isinstance(access, list)
    ended = [line["to"] for line in access if line["state"] == "revoked"]
    assert sorted("group all" in who for who in ended) == [False, True]
    assert done["also_ended"] == ["B"]  # granted under what ended, and people are told
    a.add(chart, allergy("a1", "p1"))  # the other admin group stands


def test_the_root_grants_where_the_node_itself_has_no_standing_any_more(paper: Paper) -> None:
    a, b, words = paper
    chart = shared(a, b)
    a.node.revoke(chart, from_="B", recovery=words)
    synced(b, a)
    assert b.refused(chart, allergy("late", "p1"))
    with pytest.raises(NoStanding):
        a.node.grant(chart, to="B", lanes=LANES)  # below the root, whose revoke it cannot escape
    a.node.grant(chart, to="B", lanes=LANES, history=True, recovery=words)
    synced(b, a)
    b.add(chart, allergy("again", "p1"))
    synced(b, a)
    assert a.resource("AllergyIntolerance", "again")


def test_the_root_accepts_what_waits(paper: Paper) -> None:
    a, b, words = paper
    chart = shared(a, b)
    a.node.revoke(chart, from_="B")
    b.add(chart, allergy("late", "p1"))
    synced(b, a)
    (operation,) = a.quarantined()
    a.node.quarantine_accept(operation, recovery=words)
    assert a.quarantined() == {}
    assert a.resource("AllergyIntolerance", "late")
    assert a.audit_ok()


def test_another_organisations_words_do_nothing(paper: Paper) -> None:
    a, b, _ = paper
    chart = shared(a, b)
    wrong = words_from_entropy(bytes(32))
    before = a.exported(history=True)
    with pytest.raises((NothingToRevoke, NoStanding)):
        a.node.revoke(chart, from_="B", recovery=wrong)
    with pytest.raises(NoStanding):
        a.node.grant(chart, to="B", lanes=LANES, recovery=wrong)
    with pytest.raises(RecoveryWordsDiffer):
        a.node.recovery_confirm(wrong)
    with pytest.raises(RecoveryWordsInvalid):
        a.node.recovery_confirm(["abandon"] * 23)
    assert a.exported(history=True) == before


def test_confirming_the_words_ends_doctors_warning(paper: Paper) -> None:
    a, _, words = paper

    def warned() -> bool:
        findings = a.node.doctor()["findings"]
        assert isinstance(findings, list)
        return any("recovery words" in line["what"] for line in findings)

    assert warned()
    a.node.recovery_confirm(words)
    assert not warned()
    a.restart()
    assert not warned()
