"""A month of ten districts: its parts, their one history, and what it counts as received."""

import hashlib
from pathlib import Path

import pytest
from small_worlds import small_world

from node.application.node import Node
from scenarios.bench.simulation import DISTRICT, WIDE, with_patients
from scenarios.checking.receptions import receptions
from scenarios.engine.history import line
from scenarios.plan.cast import cast_of, meant
from scenarios.plan.reading import read_scenario
from scenarios.plan.scenario import Scenario
from scenarios.simulate.islands import islands_of, joined, run_island, run_islands
from scenarios.simulate.running import Simulation


def apart(**changes: object) -> Scenario:
    """Two pairs of clinics that have nothing to do with each other."""
    return small_world(
        place=[
            {"name": "hill", "at": (0, 0), "meet_every": "5h"},
            {"name": "river", "at": (9, 0), "meet_every": "5h"},
        ],
        node=[
            {"name": "a", "place": "hill", "shares_with": ["b"]},
            {"name": "b", "place": "hill", "shares_with": ["a"]},
            {"name": "c", "place": "river", "count": 2, "shares_with": ["river"]},
        ],
        care=[
            {
                "at": ["all"],
                "patients": 1,
                "batch": "1h",
                "ends": "2h",
                "entries": (1, 2),
                "returns": 2,
                "return_between": ("1h", "12h"),
            }
        ],
        **changes,
    )


def test_the_wide_scenario_is_what_the_figure_is_about() -> None:
    wide = read_scenario(WIDE)
    cast = cast_of(wide)
    (care,) = wide.care
    assert len(cast) == 50
    assert care.patients * len(meant(wide, care.at)) == 20_000
    assert wide.scenario.lasts == 30 * 86_400_000
    assert 1 + care.returns >= 5, "an operation at registration, and one at each return"
    assert care.return_between[1] + (care.ends or 0) < wide.scenario.lasts - wide.scenario.rest
    assert {len(meant(wide, part.shares_with)) for part in cast.values()} == {3}


def test_the_district_is_the_first_of_the_ten() -> None:
    first = islands_of(read_scenario(WIDE))[0]
    alone = read_scenario(DISTRICT)
    assert list(cast_of(first)) == list(cast_of(alone))
    assert first.care[0].patients == alone.care[0].patients
    assert {road.between for road in first.road} == {road.between for road in alone.road}


def test_each_node_is_in_one_part_and_with_all_that_it_meets() -> None:
    wide = read_scenario(WIDE)
    parts = islands_of(wide)
    names = [list(cast_of(part)) for part in parts]
    assert [len(each) for each in names] == [5] * 10
    assert sorted(name for each in names for name in each) == sorted(cast_of(wide))
    assert sum(len(part.road) for part in parts) == len(wide.road)
    for part, there in zip(parts, names, strict=True):
        for node in part.node:
            assert set(node.shares_with) < set(there)
            assert len(node.shares_with) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"fault": [{"what": "clock-jump", "who": ["a"], "by": "2h", "at": "3h"}]},
        {"incident": [{"what": "dies", "at": "3h"}]},
        {"road": [{"between": ("b", "c-1"), "every": "5h"}]},
        {"registry": {"kind": "model"}},
    ],
)
def test_what_may_reach_everybody_makes_it_one_part(changes: dict[str, object]) -> None:
    assert len(islands_of(apart())) == 2
    scenario = apart(**changes)
    assert islands_of(scenario) == [scenario]


def test_people_who_register_twice_join_the_places_where_they_may() -> None:
    scenario = apart()
    twice = [part.model_copy(update={"twice": 0.5}) for part in scenario.care]
    assert len(islands_of(scenario.model_copy(update={"care": twice}))) == 1


def test_parts_give_one_history_whatever_the_number_of_processes() -> None:
    scenario = apart()
    alone = [run_island(part, 3) for part in islands_of(scenario)]
    one = run_islands(scenario, 3, processes=2)
    assert one == joined(scenario, 3, alone)
    assert one.passed, one.checks
    assert one.nodes == 4
    assert [event["at"] for event in one.events] == sorted(event["at"] for event in one.events)
    assert {event["node"] for event in one.events if event["kind"] == "start"} == set(
        cast_of(scenario)
    )
    assert one.figures["received_clinical"] == sum(
        run.figures["received_clinical"] for run in alone
    )
    told = hashlib.sha256(b"".join(line(event) + b"\n" for event in one.events))
    for run in alone:
        told.update(bytes.fromhex(run.digest))
    assert one.digest == told.hexdigest()


def run_small(folder: Path) -> Simulation:
    simulation = Simulation(small_world(), 1, folder)
    simulation.prepare()
    simulation.pass_time(lambda _share, _acts: None)
    simulation.come_to_rest()
    return simulation


def test_only_what_was_opened_counts_as_a_clinical_reception(tmp_path: Path) -> None:
    simulation = run_small(tmp_path)
    try:
        found = receptions(simulation.world)
        written = _written(simulation, ("a", "b"))
        assert found["received_clinical"] == written, "the relay opens nothing"
        assert found["received_structural"] > written
        assert found["clinical_opened_again"] == written
    finally:
        simulation.end()


def test_a_reception_that_does_not_open_is_no_reception(tmp_path: Path) -> None:
    simulation = run_small(tmp_path)
    try:
        node = simulation.world.members["b"].running
        _lose_a_body(node)
        with pytest.raises(AssertionError, match="has no body"):
            receptions(simulation.world)
    finally:
        simulation.end()


def _written(simulation: Simulation, names: tuple[str, ...]) -> int:
    """Operations that hold versions, at the node that wrote them."""
    return sum(
        int(
            simulation.world.members[name].running.context.store.database.value(
                "SELECT count(DISTINCT v.row) FROM versions v JOIN operations o USING (row)"
                " JOIN instances i USING (instance) WHERE i.id = ?",
                (simulation.world.members[name].running.context.instance,),
            )
        )
        for name in names
    )


def _lose_a_body(node: Node) -> None:
    node.context.store.database.write(
        "DELETE FROM bodies WHERE row = (SELECT max(v.row) FROM versions v JOIN operations o"
        " USING (row) JOIN instances i USING (instance) WHERE i.id != ?)",
        (node.context.instance,),
    )


def test_the_month_runs_at_its_smallest_with_five_operations_a_patient() -> None:
    run = run_island(with_patients(read_scenario(DISTRICT), 1), 1)
    assert all(check.passed for check in run.checks), run.checks
    assert run.nodes == 5
    assert run.figures["received_clinical"] >= 5 * 5 * 3
