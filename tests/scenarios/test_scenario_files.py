"""Scenario files: what they may say, and how they are told what is wrong with them."""

from pathlib import Path

import pytest

from scenarios.engine.errors import PlanInvalid, ScenarioMissing
from scenarios.plan.cast import cast_of, meant
from scenarios.plan.moments import duration_milliseconds, time_of_day_milliseconds
from scenarios.plan.reading import parse_scenario, read_scenario
from scenarios.plan.scaling import lasting, scaled

GOOD = """
[scenario]
title = "Two camps"
introduction = "A border."
fault = "a road that is cut"
must_hold = ["nothing is lost"]
starts = 2026-03-01T06:00:00Z
lasts = "3d"
rest = "6h"
[[place]]
name = "north"
at = [0, 0]
[[place]]
name = "south"
at = [3, 4]
[[node]]
name = "camp"
place = "north"
count = 3
shares_with = ["camp", "truck"]
[[node]]
name = "truck"
place = "south"
kind = "relay"
[[road]]
between = ["north", "south"]
every = "4h"
"""


def test_words_for_time_are_read() -> None:
    assert duration_milliseconds("2d 6h") == 54 * 3_600_000
    assert duration_milliseconds("-1.5h") == -5_400_000
    assert duration_milliseconds("90 min") == duration_milliseconds("1h 30min")
    assert time_of_day_milliseconds("06:30") == 23_400_000


@pytest.mark.parametrize("text", ["", "6", "h", "6 hours", "1d,2h", 5, None, "--2h"])
def test_other_words_are_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="duration"):
        duration_milliseconds(text)


def test_names_mean_nodes_groups_kinds_places_and_all() -> None:
    scenario = parse_scenario(GOOD, "good.toml")
    assert list(cast_of(scenario)) == ["camp-1", "camp-2", "camp-3", "truck"]
    assert meant(scenario, ["camp"]) == ["camp-1", "camp-2", "camp-3"]
    assert meant(scenario, ["relay"]) == meant(scenario, ["south"]) == ["truck"]
    assert meant(scenario, ["camp-2", "truck"]) == ["camp-2", "truck"]
    assert len(meant(scenario, ["all"])) == 4


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (('lasts = "3d"', 'lasts = "3 days"'), "scenario.lasts: '3 days' is no duration"),
        (('kind = "relay"', 'kind = "lorry"'), "node.1.kind: input should be"),
        (('place = "south"', 'place = "west"'), "node.1.place: there is no place 'west'"),
        (('"camp", "truck"]', '"cmp"]'), "node.0.shares_with: there is no 'cmp'"),
        (("count = 3", "cuont = 3"), "node.0.cuont: extra inputs are not permitted"),
        (("count = 3", "count = 0"), "node.0.count: input should be greater than"),
        (('name = "truck"', 'name = "camp-1"'), "node: two of one name"),
        (('name = "south"', 'name = "north"'), "place: two of one name"),
        (('rest = "6h"', 'rest = "3d"'), "scenario.rest: must be shorter"),
        (("06:00:00Z", "06:00:00"), "scenario.starts: say the zone"),
        (('every = "4h"', 'every = "4h"\nlink = "rope"'), "road.0.link: there is no 'rope'"),
        (("[scenario]", "[scenario"), "is not TOML"),
    ],
)
def test_what_is_wrong_is_told_by_its_place(change: tuple[str, str], told: str) -> None:
    assert change[0] in GOOD
    with pytest.raises(PlanInvalid) as caught:
        parse_scenario(GOOD.replace(*change), "bad.toml")
    assert told in str(caught.value)
    assert str(caught.value).startswith("bad.toml: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ScenarioMissing, match=r"none\.toml"):
        read_scenario(tmp_path / "none.toml")
    (tmp_path / "latin.toml").write_bytes(b"title = '\xe9'")
    with pytest.raises(PlanInvalid, match="UTF-8"):
        read_scenario(tmp_path / "latin.toml")


def test_a_scenario_is_made_shorter_and_wider() -> None:
    scenario = parse_scenario(GOOD, "good.toml")
    short = lasting(scenario, "1d")
    assert (short.scenario.lasts, short.scenario.rest) == (86_400_000, 7_200_000)
    assert len(cast_of(scaled(scenario, ["12"]))) == 12
    assert len(cast_of(scaled(scenario, ["camp=7", "truck=2"]))) == 9
    for wrong in (["1"], ["x"], ["tent=3"], ["camp=0"]):
        with pytest.raises(PlanInvalid, match="--nodes"):
            scaled(scenario, wrong)
    for wrong_end in ("4d", "soon", "-1d"):
        with pytest.raises(PlanInvalid, match="--until"):
            lasting(scenario, wrong_end)
