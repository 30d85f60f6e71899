"""A chart handed over to its patient: what their words do then, and what nobody can undo."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    allergy,
    level,
    made_clinic,
    made_with_words,
    observation,
    pair,
    patient,
    synced,
)

from node.application.errors import BadRequest, NoStanding, NothingToRevoke, PeerUnknown
from node.keystore.recovery import entropy_from_words, root_from_entropy
from node.keystore.secrets import NodeKind
from sync.acts import Box, Keys, Rekey
from sync.charter import CONTENT_LANE_NAMES
from sync.identifiers import EpochId
from sync.sealing import Opener


class Ward:
    """Clinic A with its paper, clinic B, the patient P with theirs."""

    def __init__(self, folder: Path) -> None:
        self.a, self.a_words = made_with_words(folder / "A", "A", 0)
        self.b = made_clinic(folder / "B", "B", 1)
        self.p, self.p_words = made_with_words(folder / "P", "P", 2, NodeKind.PATIENT)
        pair(self.a, self.b, self.p)

    @property
    def all(self) -> tuple[Clinic, Clinic, Clinic]:
        return self.a, self.b, self.p


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    made = Ward(tmp_path)
    yield made
    for one in made.all:
        one.crash()


def handed(ward: Ward, *, to_b: bool = True) -> str:
    """A's chart, which B may write as well, handed over and synced with the patient."""
    ward.a.take(patient("p1"), allergy("a1", "p1"), observation("before", "p1"))
    (chart,) = ward.a.charts()
    if to_b:
        ward.a.node.grant(chart, to="B", lanes=ALL_LANES, history=True)
        synced(ward.b, ward.a)
    ward.a.node.patients.handover(chart, to="P", recovery=ward.a_words)
    synced(ward.p, ward.a)
    return chart


def ids(one: Clinic) -> set[str]:
    return {str(each["id"]) for each in one.resources()}


def test_the_patient_gets_all_that_was_written_and_writes_too(ward: Ward) -> None:
    chart = handed(ward)
    assert ids(ward.p) == {"p1", "a1", "before"}
    ward.p.add(chart, observation("mine", "p1"))
    ward.a.add(chart, observation("theirs", "p1"))
    level(*ward.all)
    assert all(ids(one) == {"p1", "a1", "before", "mine", "theirs"} for one in ward.all)


def test_the_patient_ends_a_clinic_and_it_cannot_come_back(ward: Ward) -> None:
    chart = handed(ward)
    level(*ward.all)
    ward.p.node.revoke(chart, from_=ward.a.organisation, recovery=ward.p_words)
    fold = ward.p.replica(chart).fold
    ended = [one for one in fold.grants.values() if one.author is None and one.id not in fold.live]
    assert ended, "a group of the charter itself, which only a root can end"
    level(*ward.all)
    again = {"to": ward.a.organisation, "lanes": ALL_LANES, "history": True}
    with pytest.raises((NoStanding, PeerUnknown)):
        ward.b.node.grant(chart, **again)  # type: ignore[arg-type]  # a table of arguments
    standing = {one for one in fold.live if fold.grants[one].to == ended[0].to}
    assert standing == set()


def test_a_single_device_that_the_patient_ended_stays_out(ward: Ward) -> None:
    chart = handed(ward)
    level(*ward.all)
    ward.p.node.revoke(chart, from_="B", recovery=ward.p_words)
    level(*ward.all)
    ward.p.add(chart, observation("private", "p1"))
    ward.a.add(chart, observation("clinic", "p1"))
    level(*ward.all)
    assert not {"private", "clinic"} & ids(ward.b)
    with pytest.raises(NoStanding):
        ward.a.node.grant(chart, to="B", lanes=ALL_LANES)
    with pytest.raises(NoStanding):
        ward.a.node.grant(chart, to="B", lanes=ALL_LANES, recovery=ward.a_words)
    with pytest.raises(NoStanding):
        ward.b.node.patients.break_glass(chart, reason="no", seconds=(), holders=())
    # Only who ended it gives it again.
    ward.p.node.grant(chart, to="B", lanes=ALL_LANES, history=True, recovery=ward.p_words)
    level(*ward.all)
    assert {"private", "clinic"} <= ids(ward.b)


def test_a_late_record_is_never_lost_in_whatever_order_things_arrive(tmp_path: Path) -> None:
    """Who merged it before it heard of the revocation vouches for it; else it waits, everywhere."""
    found = set()
    for number, order in enumerate(itertools.permutations("abp")):
        ward = Ward(tmp_path / str(number))
        chart = handed(ward)
        ward.p.node.revoke(chart, from_="B", recovery=ward.p_words)
        ward.b.add(chart, allergy("late", "p1", "Latex"))
        nodes = {"a": ward.a, "b": ward.b, "p": ward.p}
        for one, other in itertools.combinations([nodes[name] for name in order], 2):
            synced(one, other)
        level(*ward.all)
        states = {}
        for name in "ap":
            waiting = [line for listed in nodes[name].quarantined().values() for line in listed]
            states[name] = ("late" in ids(nodes[name]), waiting)
        assert states["a"] == states["p"], order
        merged, waiting = states["a"]
        assert merged or waiting == ["AllergyIntolerance/late"], order
        assert "revoked" in {line["state"] for line in _access(ward.b, chart)}, "it learnt why"
        found.add(merged)
        for one in ward.all:
            one.crash()
    assert found == {True, False}, "both were met with"


def _access(one: Clinic, chart: str) -> list[dict[str, object]]:
    listed = one.node.chart_show(chart)["access"]
    assert isinstance(listed, list)
    return listed


def test_only_the_root_that_signed_takes_a_handover_back(ward: Ward) -> None:
    chart = handed(ward)
    level(*ward.all)
    root = root_from_entropy(entropy_from_words(ward.p_words)).public
    assert root.signing in {one.signing for one in ward.p.replica(chart).fold.roots}
    with pytest.raises(NothingToRevoke):
        ward.b.node.revoke(chart, from_=ward.p.organisation)
    assert root.signing in {one.signing for one in ward.a.replica(chart).fold.roots}


def test_the_patients_paper_alone_opens_every_epoch(ward: Ward) -> None:
    chart = handed(ward)
    ward.a.add(chart, observation("after", "p1"))
    synced(ward.p, ward.a)
    paper = root_from_entropy(entropy_from_words(ward.p_words)).opener
    replica = ward.p.replica(chart)
    boxes: list[tuple[EpochId, Box]] = []
    for deed in replica.deeds.values():
        for act in deed.acts:
            if isinstance(act, Rekey):
                boxes += [(act.epoch, box) for box in act.boxes]
            elif isinstance(act, Keys):
                boxes.append((act.epoch, act.box))
    opened = {epoch for epoch, box in boxes if box.to == paper.public and _opens(paper, box)}
    lanes = {replica.charter.lane(name) for name in CONTENT_LANE_NAMES}
    used = {one.prefix.epoch for one in replica.operations.values() if one.prefix.lane in lanes}
    assert used <= opened


def _opens(paper: Opener, box: Box) -> bool:
    return len(paper.open(box.sealed)) == 32


def test_only_the_custodians_paper_hands_over_and_only_to_a_patient(ward: Ward) -> None:
    ward.a.take(patient("p1"))
    (chart,) = ward.a.charts()
    before = ward.a.everything_written()
    with pytest.raises(NoStanding):
        ward.a.node.patients.handover(chart, to="P", recovery=ward.p_words)
    with pytest.raises(BadRequest, match="patient"):
        ward.a.node.patients.handover(chart, to="B", recovery=ward.a_words)
    assert ward.a.everything_written() == before
    card = str(ward.p.node.identity()["card"])
    told = ward.a.node.patients.handover(chart, to=card, recovery=ward.a_words)
    assert len(list(told["roots"])) == 2  # type: ignore[call-overload]  # what JSON can say
    with pytest.raises(BadRequest, match="already"):
        ward.a.node.patients.handover(chart, to="P", recovery=ward.a_words)
    assert ward.a.audit_ok()


def test_the_directory_is_handed_to_nobody(ward: Ward) -> None:
    ward.a.take({"resourceType": "Organization", "id": "org", "name": "District hospital"})
    (directory,) = ward.a.chart_ids()
    with pytest.raises(BadRequest):
        ward.a.node.patients.handover(directory, to="P", recovery=ward.a_words)
    with pytest.raises(BadRequest):
        ward.a.node.patients.break_glass(directory, reason="x", seconds=(), holders=())
