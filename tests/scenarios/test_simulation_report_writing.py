"""Reports of real runs: what is watched changes nothing, and what is written is the run."""

import importlib.util
import json
from pathlib import Path

import pytest
from made_up_reports import made_up

from scenarios.plan.reading import parse_scenario
from scenarios.plan.scenario import Scenario
from scenarios.report.errors import PicturesMissing, ReportUnwritable
from scenarios.report.numbers import numbers_of
from scenarios.report.of_run import given_of, joined
from scenarios.report.watching import Watching
from scenarios.report.writing import HISTORY, NUMBERS, PAGE, require_report, write_report
from scenarios.simulate import islands
from scenarios.simulate.running import run_scenario

SMALL = """
[scenario]
title = "Two posts and a truck"
introduction = "A river is over its banks."
fault = "a disk that is put back"
must_hold = ["everybody has everything"]
starts = 2026-03-01T06:00:00Z
lasts = "30h"
rest = "12h"

[[place]]
name = "upland"
at = [0, 0]

[[place]]
name = "coast"
at = [20, 3]

[[node]]
name = "hill"
place = "upland"
shares_with = ["port", "truck"]

[[node]]
name = "port"
place = "coast"
shares_with = ["hill", "truck"]

[[node]]
name = "truck"
kind = "relay"
place = "upland"

[[mule]]
node = "truck"
route = ["upland", "coast"]
travel = "2h"
stop = "30min"

[[care]]
at = ["clinic"]
patients = 2
ends = "6h"
returns = 2.0
edits = 0.6
return_between = ["1h", "10h"]

[[fault]]
what = "disk-rolled-back"
who = ["port"]
at = "3h"
by = "6h"

[[fault]]
what = "power-lost"
who = ["hill"]
at = "4h"
lasts = "3h"
"""

APART = """
[scenario]
title = "Two valleys"
introduction = "Each has a clinic with two rooms; no road joins them."
fault = "none"
must_hold = ["each knows its own"]
starts = 2026-03-01T06:00:00Z
lasts = "8h"
rest = "4h"

[[place]]
name = "east"
at = [0, 0]

[[place]]
name = "west"
at = [40, 0]

[[node]]
name = "dawn"
place = "east"
count = 2
shares_with = ["dawn"]

[[node]]
name = "dusk"
place = "west"
count = 2
shares_with = ["dusk"]

[[care]]
at = ["clinic"]
patients = 1
ends = "2h"
returns = 1.0
sensitive = 0.5
return_between = ["30min", "1h"]
"""


@pytest.fixture(scope="module")
def small() -> Scenario:
    return parse_scenario(SMALL, "small.toml")


def test_a_watched_run_is_the_same_run_and_its_numbers_are_those_of_its_nodes(
    small: Scenario,
) -> None:
    watching: list[Watching] = []
    run = run_scenario(small, 5, watch=lambda world: watching.append(Watching(world)))
    given = given_of(run, "satchel simulate small.toml --seed 5", watching[0].events)
    numbers = numbers_of(given)

    assert run.digest == run_scenario(small, 5).digest
    assert numbers.acts == len(run.world.ledger.written) > 6
    assert numbers.all_links.operations == run.figures["received"]
    for series in numbers.completeness.nodes:
        assert series.held[-1] + numbers.nowhere == series.expected[-1] == numbers.acts
    assert [delay.place for delay in numbers.delays] == ["upland", "coast", "truck"]
    assert all(delay.missing <= numbers.nowhere for delay in numbers.delays)
    assert numbers.all_links.ciphertext_bytes is not None
    assert 0 < numbers.all_links.ciphertext_bytes < numbers.all_links.wire_bytes
    assert any(event["kind"] == "gone" and event["node"] == "port" for event in given.events)
    assert any(dark.node == "hill" and not dark.orderly for dark in numbers.darks)
    assert given.places[1].east_km == 20
    assert [(way.one, way.other, way.mule) for way in given.ways] == [("upland", "coast", "truck")]


def test_a_run_in_parts_has_one_report_of_all_of_them() -> None:
    scenario = parse_scenario(APART, "apart.toml")
    parts = islands.islands_of(scenario)
    runs = [islands.run_island(part, 2, report=True) for part in parts]
    given = joined(islands.joined(scenario, 2, runs), "satchel simulate apart.toml --seed 2")
    numbers = numbers_of(given)

    assert len(parts) == 2
    assert [run.digest for run in runs] == [islands.run_island(part, 2).digest for part in parts]
    assert [station.name for station in given.stations] == ["dawn-1", "dawn-2", "dusk-1", "dusk-2"]
    assert numbers.acts == sum(run.figures["acts"] for run in runs)
    assert len({event["number"] for event in given.of("act")}) == numbers.acts
    assert len(given.lines) == sum(len(run.events) for run in runs)
    for series in numbers.completeness.nodes:
        assert 0 < series.held[-1] == series.expected[-1] < numbers.acts
    assert given.rights.keys() == {event["chart"] for event in given.of("act")}


def test_a_report_is_a_page_its_numbers_and_the_history(tmp_path: Path) -> None:
    given = made_up(2)
    page = write_report(given, tmp_path / "made" / "here")

    assert page == tmp_path / "made" / "here" / PAGE
    assert page.read_text("utf-8").startswith("<!doctype html>")
    document = json.loads((page.parent / NUMBERS).read_text("utf-8"))
    assert document["digest"] == given.digest
    assert document["passed"] is True
    lines = (page.parent / HISTORY).read_text("utf-8").splitlines()
    assert [json.loads(line) for line in lines] == list(given.lines)


def test_without_matplotlib_a_report_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)

    with pytest.raises(PicturesMissing) as caught:
        require_report(tmp_path / "out")

    assert "satchel[simulate]" in str(caught.value.hint)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_said_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ReportUnwritable, match="file"):
        require_report(tmp_path / "file" / "out")
