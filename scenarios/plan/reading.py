"""Reads a scenario file, and says what is wrong with it by the place in the file."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from scenarios.engine.errors import PlanInvalid, ScenarioMissing
from scenarios.network.link import PRESETS
from scenarios.plan.cast import names_of
from scenarios.plan.scenario import Scenario

FAULTS_TOLD_MAX = 12


def read_scenario(path: Path) -> Scenario:
    """Read and judge a file. Raises ScenarioMissing, PlanInvalid."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise ScenarioMissing(path, error.strerror or "cannot be read") from error
    except UnicodeDecodeError as error:
        raise PlanInvalid(path.name, "is not UTF-8 text") from error
    return parse_scenario(text, path.name)


def parse_scenario(text: str, label: str) -> Scenario:
    """Judge the text of a file. Raises PlanInvalid."""
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PlanInvalid(label, f"is not TOML: {error}") from error
    try:
        scenario = Scenario.model_validate(raw)
    except ValidationError as error:
        lines = [
            f"{'.'.join(str(part) for part in fault['loc']) or 'file'}: {_worded(fault['msg'])}"
            for fault in error.errors()
        ]
        raise PlanInvalid(label, _told(lines)) from error
    lines = list(_contradictions(scenario))
    if lines:
        raise PlanInvalid(label, _told(lines))
    return scenario


def _told(lines: list[str]) -> str:
    more = len(lines) - FAULTS_TOLD_MAX
    told = lines[:FAULTS_TOLD_MAX] + ([f"and {more} more"] if more > 0 else [])
    return "; ".join(told)


def _worded(message: str) -> str:
    return (
        message.removeprefix("Value error, ")[:1].lower()
        + message.removeprefix("Value error, ")[1:]
    )


def _contradictions(scenario: Scenario) -> Iterator[str]:
    """What each part says well and the whole does not."""
    places = {place.name for place in scenario.place}
    cast = names_of(scenario)
    if len(places) != len(scenario.place):
        yield "place: two of one name"
    if len(set(cast)) != len(cast):
        yield "node: two of one name"
    if scenario.scenario.starts.tzinfo is None:
        yield "scenario.starts: say the zone, such as 2026-03-01T06:00:00Z"
    if not 0 <= scenario.scenario.rest < scenario.scenario.lasts:
        yield "scenario.rest: must be shorter than `lasts`"
    links = {link.name for link in scenario.link} | set(PRESETS)
    known = places | set(cast) | {node.name for node in scenario.node}
    known |= {node.kind for node in scenario.node} | {"all"}
    for number, node in enumerate(scenario.node):
        if node.place not in places:
            yield f"node.{number}.place: there is no place {node.place!r}"
        yield from _unknown(f"node.{number}.shares_with", node.shares_with, known)
        yield from _unknown(f"node.{number}.knows", node.knows, known)
    for number, place in enumerate(scenario.place):
        yield from _unknown(f"place.{number}.link", [place.link], links)
    for number, road in enumerate(scenario.road):
        yield from _unknown(f"road.{number}.between", road.between, known)
        yield from _unknown(f"road.{number}.link", [road.link], links)
    for number, mule in enumerate(scenario.mule):
        yield from _unknown(f"mule.{number}.node", [mule.node], set(cast))
        yield from _unknown(f"mule.{number}.route", mule.route, places)
        yield from _unknown(f"mule.{number}.link", [mule.link], links)
    for number, care in enumerate(scenario.care):
        yield from _unknown(f"care.{number}.at", care.at, known)
        if care.entries[0] > care.entries[1]:
            yield f"care.{number}.entries: from more than to"
    for number, fault in enumerate(scenario.fault):
        yield from _unknown(f"fault.{number}.who", fault.who, known)
        if fault.at is None and not fault.per_day:
            yield f"fault.{number}: say `at` or `per_day`"
    for number, incident in enumerate(scenario.incident):
        named = [name for name in (incident.by, incident.about) if name is not None]
        yield from _unknown(f"incident.{number}", named, set(cast))
        if incident.at > scenario.scenario.lasts:
            yield f"incident.{number}.at: after the end"


def _unknown(where: str, names: object, known: set[str]) -> Iterator[str]:
    assert isinstance(names, list | tuple)
    for name in names:
        if name not in known:
            yield f"{where}: there is no {name!r}"
