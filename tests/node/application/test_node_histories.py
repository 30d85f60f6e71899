"""Random lives of three nodes: whatever happens, those who are entitled end with the same.

And nothing that anybody wrote and was told is kept is ever absent from what shows, from history,
from the conflicts and from quarantine together.

The suite tries few lives; HYPOTHESIS_PROFILE=long tries thousands (docs/FUZZING.md).
"""

import contextlib
import itertools
import json
import random
import tempfile
from pathlib import Path
from typing import Any

from clinics import (
    ALL_LANES,
    DAY_MILLISECONDS,
    Clinic,
    allergy,
    exported,
    level,
    made_clinic,
    observation,
    pair,
    patient,
    prescription,
    synced,
)
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from node.application.errors import ApplicationError

NAMES = ("A", "B", "C")
LIVES = settings().max_examples if settings.get_current_profile_name() == "long" else 40
nodes = st.sampled_from(range(3))
rights = st.sampled_from(["read", "append", "append", "admin"])
numbers = itertools.count()


class Lives(RuleBasedStateMachine):
    """Three clinics, a chart that A opened, and others that come."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clinics = [
            made_clinic(Path(self.folder.name) / name, name, place)
            for place, name in enumerate(NAMES)
        ]
        pair(*self.clinics)
        self.acknowledged: dict[str, set[bytes]] = {name: set() for name in NAMES}
        self.marks: dict[str, set[str]] = {name: set() for name in NAMES}
        self.chart = ""

    def teardown(self) -> None:
        try:
            self.check_all()
        finally:
            for clinic in self.clinics:
                clinic.crash()
            self.folder.cleanup()

    # -- acts

    @initialize()
    def a_chart_that_all_hold(self) -> None:
        a = self.clinics[0]
        a.take(patient("p0"), prescription("rx", "p0"))
        for name in ("B", "C"):
            a.node.grant("all", to=name, lanes=ALL_LANES, history=True)
        level(*self.clinics)
        (self.chart,) = a.charts()

    @rule(who=nodes, kind=st.integers(0, 4), mark=st.integers(0, 3))
    def write(self, who: int, kind: int, mark: int) -> None:
        clinic = self.clinics[who]
        number = next(numbers)
        text = f"written-{clinic.name}-{number}"
        resource: dict[str, Any] = [
            {**patient("p0", born=f"19{10 + mark}-01-01"), "gender": "other"},
            {**prescription("rx", "p0", text)},
            {**prescription("rx", "p0"), "status": "stopped"},
            allergy(f"al{number}", "p0", text),
            {**observation("shared", "p0", 36.0 + mark)},
        ][kind]
        resource["language"] = text
        done = clinic.node.record_add(self.chart, "w", json.dumps(resource).encode())
        if done["accepted"] and not done["unchanged"]:
            self.marks[clinic.name].add(text)
        self.acknowledge(clinic)

    @rule(who=nodes)
    def import_another(self, who: int) -> None:
        clinic = self.clinics[who]
        name = f"p{next(numbers)}"
        assert clinic.take(patient(name), observation(f"o-{name}", name))["accepted"] == 2
        self.acknowledge(clinic)

    @rule(who=nodes, to=nodes, what=rights, history=st.booleans(), all_charts=st.booleans())
    def grant(self, who: int, to: int, what: str, history: bool, all_charts: bool) -> None:
        clinic = self.clinics[who]
        if who == to:
            return
        try:
            clinic.node.grant(
                "all" if all_charts else self.chart,
                to=NAMES[to],
                lanes=ALL_LANES,
                rights=what,
                history=history,
            )
        except ApplicationError:
            clinic.restart()
        self.acknowledge(clinic)

    @rule(who=nodes, of=nodes, lost=st.booleans())
    def revoke(self, who: int, of: int, lost: bool) -> None:
        clinic = self.clinics[who]
        target = "self" if who == of else NAMES[of]
        with contextlib.suppress(ApplicationError):
            clinic.node.revoke(self.chart, from_=target, lost=lost and who != of)
        self.acknowledge(clinic)

    @rule(one=nodes, other=nodes, settle=st.booleans())
    def sync(self, one: int, other: int, settle: bool) -> None:
        if one != other:
            synced(self.clinics[one], self.clinics[other], settle=settle)

    @rule(one=nodes, other=nodes, frames=st.integers(1, 8))
    def sync_cut_off(self, one: int, other: int, frames: int) -> None:
        if one == other:
            return
        mine, theirs = self.clinics[one], self.clinics[other]
        sides = (
            mine.node.session(theirs.device, initiator=True),
            theirs.node.session(mine.device, initiator=False),
        )
        for _ in range(frames):
            for sender, receiver in (sides, sides[::-1]):
                frame = sender.next_frame()
                if frame is not None:
                    receiver.receive(frame)
        for clinic in (mine, theirs):
            clinic.restart()

    @rule(who=nodes)
    def restart(self, who: int) -> None:
        self.clinics[who].restart()

    @rule(who=nodes, days=st.sampled_from([1, 30, -40]))
    def wind_the_clock(self, who: int, days: int) -> None:
        self.clinics[who].clock.milliseconds += days * DAY_MILLISECONDS

    @rule(who=nodes, choice=st.integers(1, 2))
    def resolve(self, who: int, choice: int) -> None:
        clinic = self.clinics[who]
        for conflict in clinic.conflicts()[:1]:
            try:
                clinic.node.conflict_resolve(conflict, choose=choice)
            except ApplicationError:
                clinic.restart()
        self.acknowledge(clinic)

    @rule(who=nodes)
    def accept(self, who: int) -> None:
        clinic = self.clinics[who]
        for waiting in list(clinic.quarantined())[:1]:
            try:
                clinic.node.quarantine_accept(waiting)
            except ApplicationError:
                clinic.restart()
        self.acknowledge(clinic)

    # -- checks

    def acknowledge(self, clinic: Clinic) -> None:
        self.acknowledged[clinic.name] |= clinic.everything_written()

    def check_all(self) -> None:
        for clinic in self.clinics:
            clinic.restart()
            assert self.acknowledged[clinic.name] <= clinic.everything_written()
        level(*self.clinics, rounds_max=20)
        for clinic in self.clinics:
            assert clinic.audit_ok()
            assert clinic.node.doctor()["ok"] is True
            self.check_own_marks(clinic)
        self.check_entitled_agree()

    def check_own_marks(self, clinic: Clinic) -> None:
        """All that was written here is in the history or waits, and shows its whole text."""
        shown = b"".join(exported(clinic, history=True)).decode()
        for chart in clinic.chart_ids():
            content = clinic.node._contents.of(clinic.replica(chart).chart)
            shown += "".join(one.change.content.decode() for one in content.quarantined)
        for mark in self.marks[clinic.name]:
            assert f'"{mark}"' in shown

    def check_entitled_agree(self) -> None:
        """Two live readers of all lanes, with the same keys, show the same."""
        for one, other in itertools.combinations(self.clinics, 2):
            for chart in set(one.chart_ids()) & set(other.chart_ids()):
                folds = [each.replica(chart).fold for each in (one, other)]
                lanes = one.charter(chart).lane_ids
                if not all(
                    fold.entitled_lanes(device) == lanes
                    for fold in folds
                    for device in (one.device, other.device)
                ):
                    continue
                mine, theirs = one.replica(chart), other.replica(chart)
                assert set(mine.operations) == set(theirs.operations)
                assert mine.fold.merged == theirs.fold.merged
                assert mine.fold.quarantined == theirs.fold.quarantined
                assert mine.fold.live == theirs.fold.live
                pages = [each.node.chart_show(chart) for each in (one, other)]
                if pages[0]["unreadable"] == pages[1]["unreadable"] == 0:
                    for history in (False, True):
                        exports = [
                            sorted(each.node.export(chart, form="ndjson", history=history))
                            for each in (one, other)
                        ]
                        assert exports[0] == exports[1]
                    assert pages[0]["conflicts"] == pages[1]["conflicts"]
                    assert pages[0]["quarantined"] == pages[1]["quarantined"]


Lives.TestCase.settings = settings(
    max_examples=LIVES,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # one that fails prints its steps
    suppress_health_check=list(HealthCheck),
)
TestLives = Lives.TestCase


def test_the_machine_reaches_conflicts_quarantine_and_revocations() -> None:
    """The acts above do what they are there for: a fixed walk meets each."""
    machine = Lives()
    draw = random.Random(5)
    met: set[str] = set()
    try:
        machine.a_chart_that_all_hold()
        for step in range(60):
            who, other = draw.sample(range(3), 2)
            if step == 30:
                machine.revoke(0, 1, False)
                machine.write(1, 3, 0)
                machine.sync(1, 0, True)
            act = draw.choice(["write", "write", "sync", "import"])
            if act == "write":
                machine.write(who, draw.randrange(5), draw.randrange(4))
            elif act == "sync":
                machine.sync(who, other, True)
            else:
                machine.import_another(who)
            for clinic in machine.clinics:
                met |= {"conflict"} if clinic.conflicts() else set()
                met |= {"quarantine"} if clinic.quarantined() else set()
        assert met == {"conflict", "quarantine"}
    finally:
        machine.teardown()
