"""The library: every disaster passes, and fails where the handling of the fault it names is broken.

The files are run with few patients here; `satchel simulate` runs them as they are.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_worlds import failing

import node.application.access.gates as gates
import node.application.content as content
import node.application.node as running_node
import sync.access.duties as duties
import sync.access.readers as readers
import sync.operation as operation
from node.application.context import Context
from node.application.errors import PeerUnproven
from node.application.people import linking
from node.application.syncing.sharing import SharedCharts
from node.store.database import Database, Row
from scenarios.plan.reading import read_scenario
from scenarios.plan.scenario import Scenario
from scenarios.simulate.running import run_scenario
from sync.access.epochs import Epoch
from sync.access.fold import Fold
from sync.clock import stamp_milliseconds
from sync.identifiers import ChartId, DeviceKey, LaneId, SealingKey
from sync.merge.lane_view import LaneView, merge_lane
from sync.merge.merged_change import MergedChange
from sync.session.inbox import Inbox

LIBRARY = Path(__file__).parents[2] / "scenarios/library"
FILES = sorted(path.stem for path in LIBRARY.glob("*.toml"))
PATIENTS_MAX = 3
PATIENTS = {"rolled-back-server": 8, "separated-family": 12, "border-crossing": 8}
"""Where few would not meet the fault."""

Patch = pytest.MonkeyPatch


def few(name: str) -> Scenario:
    """A file with few patients."""
    scenario = read_scenario(LIBRARY / f"{name}.toml")
    parts = [
        part.model_copy(update={"patients": min(part.patients, PATIENTS.get(name, PATIENTS_MAX))})
        for part in scenario.care
    ]
    return scenario.model_copy(update={"care": parts})


def unsafe_commits(patch: Patch) -> None:
    """A commit does not wait for the disk."""
    real = Database.rows

    def rows(self: Database, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        return real(self, statement.replace("synchronous = FULL", "synchronous = OFF"), parameters)

    patch.setattr(Database, "rows", rows)


def later_clock_wins(patch: Patch) -> None:
    """Of what was written apart, the later clock's is taken for the truth."""

    def merged(chart: ChartId, lane: LaneId, changes: Iterable[MergedChange]) -> LaneView:
        before: dict[Any, list[MergedChange]] = {}
        made = []
        for one in sorted(changes, key=lambda one: (one.stamp, one.ref)):
            earlier = before.setdefault(one.key, [])
            refs = tuple(other.ref for other in earlier)
            made.append(replace(one, change=replace(one.change, supersedes=refs)))
            earlier.append(one)
        return merge_lane(chart, lane, made)

    patch.setattr(content, "merge_lane", merged)


def refused_for_its_clock(patch: Patch) -> None:
    """What seems to come from the future, or from another year, is not taken."""
    real = SharedCharts.take

    def take(self: SharedCharts, peer: DeviceKey, operations: Sequence[Any]) -> Any:
        now, day = self._context.clock(), 86_400_000
        near = [
            one for one in operations if abs(stamp_milliseconds(one.prefix.stamp) - now) < 30 * day
        ]
        return real(self, peer, near)

    patch.setattr(SharedCharts, "take", take)


def keys_for_the_revoked(patch: Patch) -> None:
    """New keys go to whoever ever had a grant."""
    real = readers.recipients

    def recipients(fold: Fold, lane: LaneId, now: int | None) -> tuple[SealingKey, ...]:
        stated = {grant.sealing for grant in fold.grants.values() if grant.sealing is not None}
        return tuple(sorted({*real(fold, lane, now), *stated}))

    patch.setattr(readers, "recipients", recipients)


def what_was_changed_is_gone(patch: Patch) -> None:
    """Only the newest version of an entry is kept."""

    def merged(chart: ChartId, lane: LaneId, changes: Iterable[MergedChange]) -> LaneView:
        listed = list(changes)
        gone = {ref for one in listed for ref in one.change.supersedes}
        return merge_lane(chart, lane, [one for one in listed if one.ref not in gone])

    patch.setattr(content, "merge_lane", merged)


def links_are_not_followed(patch: Patch) -> None:
    """A chart does not say that there is another."""
    patch.setattr(linking, "linked_charts", lambda *_: [])


def a_cut_takes_all_back(patch: Patch) -> None:
    """What came is stored when the peer has said everything, and not before."""
    real = Inbox.turn_over_if_full, Inbox.flush

    def flush(self: Inbox) -> None:
        if self._outcome.level is not None or self._outcome.notes_received:
            real[1](self)

    patch.setattr(Inbox, "turn_over_if_full", lambda _self: None)
    patch.setattr(Inbox, "flush", flush)


def the_glass_opens_everything(patch: Patch) -> None:
    """Whoever breaks the glass gets the keys of every lane."""

    def for_broken_glass(
        fold: Fold, lane: LaneId, held: list[Epoch], now: int | None
    ) -> set[duties.OwedKey]:
        broken = {key for keys in fold.breaking_glass(now).values() for key in keys}
        return {duties.OwedKey(lane, each.epoch, key) for key in broken for each in held}

    patch.setattr(duties, "_for_broken_glass", for_broken_glass)


def nobody_writes_to_who_lost_a_chart(patch: Patch) -> None:
    """Whoever opened a chart is taken to hold it for ever."""
    patch.setattr(SharedCharts, "_write_to_peer", lambda *_: None)


def signatures_are_not_checked(patch: Patch) -> None:
    """Whatever comes is taken for what it says that it is."""
    patch.setattr(operation, "verify", lambda *_: None)


def old_evidence_stops_care(patch: Patch) -> None:
    """Nobody meets anybody whose proofs are older than a day."""

    def admit_peer(context: Context, peer: DeviceKey, *, initiator: bool) -> object:
        adopted = context.store.registry_facts.adopted()
        if adopted is None or context.clock() // 1000 - adopted[1] > 86_400:
            raise PeerUnproven("peer", "its proofs are old")
        return gates.admit_peer(context, peer, initiator=initiator)

    patch.setattr(running_node, "admit_peer", admit_peer)


BREAKS: dict[str, tuple[Callable[[Patch], None], str]] = {
    "ambulance-over-radio": (a_cut_takes_all_back, "completeness"),
    "border-crossing": (the_glass_opens_everything, "consent"),
    "cholera-camp": (later_clock_wins, "no silent overwrite"),
    "cyclone": (refused_for_its_clock, "completeness"),
    "earthquake": (unsafe_commits, "no loss"),
    "hostile-relay": (signatures_are_not_checked, "signed"),
    "mass-casualty-hour": (later_clock_wins, "no silent overwrite"),
    "rogue-clinician": (what_was_changed_is_gone, "no loss"),
    "rolled-back-server": (nobody_writes_to_who_lost_a_chart, "no loss"),
    "separated-family": (links_are_not_followed, "links"),
    "ten-days-without-a-chain": (old_evidence_stops_care, "completeness"),
    "stolen-tablet": (keys_for_the_revoked, "consent"),
}
"""By file: what is broken in production, and the check that must notice."""


@pytest.mark.parametrize("name", FILES)
def test_it_passes(name: str) -> None:
    assert failing(run_scenario(few(name), 1)) == {}


@pytest.mark.parametrize("name", BREAKS)
def test_it_fails_where_the_fault_that_it_names_is_not_handled(
    name: str, monkeypatch: Patch
) -> None:
    broken, noticed_by = BREAKS[name]
    broken(monkeypatch)
    assert noticed_by in failing(run_scenario(few(name), 1))


def test_every_file_has_its_mutation_and_says_what_must_hold() -> None:
    assert set(BREAKS) == set(FILES)
    for name in FILES:
        about = read_scenario(LIBRARY / f"{name}.toml").scenario
        assert len(about.introduction) > 200
        assert about.fault
        assert about.must_hold
