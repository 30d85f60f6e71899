"""All numbers of a report, from the history: the page shows them, `report.json` holds them."""

from dataclasses import asdict, dataclass
from typing import Any

from scenarios.report.acts import Acts, acts_of
from scenarios.report.completeness import Completeness, Series, completeness_of
from scenarios.report.conflicts import Conflicts, conflicts_of
from scenarios.report.delays import Delay, delays_of
from scenarios.report.encounters import Encounter, encounters_of, endings_of
from scenarios.report.given import Given
from scenarios.report.traffic import Traffic, all_traffic, traffic_of
from scenarios.report.troubles import Dark, Trouble, darks_of, troubles_of
from scenarios.report.verdicts import Verdicts, verdicts_of, visits_of


@dataclass(frozen=True)
class Numbers:
    """What a report tells."""

    acts: int
    nowhere: int
    """Acts that no node has at the end: a disk was put back before anybody else had them."""
    completeness: Completeness
    delays: list[Delay]
    links: list[Traffic]
    all_links: Traffic
    verdicts: Verdicts
    visits: dict[str, int]
    """Of the chain, by how they ended."""
    conflicts: Conflicts
    encounters: list[Encounter]
    endings: dict[str, int]
    troubles: list[Trouble]
    darks: list[Dark]


def numbers_of(given: Given) -> Numbers:
    """Count everything."""
    acts = acts_of(given) if given.watched else Acts({}, {})
    encounters = encounters_of(given)
    return Numbers(
        acts=len(given.of("act")),
        nowhere=_nowhere(acts),
        completeness=completeness_of(given, acts),
        delays=delays_of(given, acts),
        links=traffic_of(given),
        all_links=all_traffic(given),
        verdicts=verdicts_of(given),
        visits=visits_of(given),
        conflicts=conflicts_of(given),
        encounters=encounters,
        endings=endings_of(encounters),
        troubles=troubles_of(given),
        darks=darks_of(given),
    )


def as_json(given: Given, numbers: Numbers) -> dict[str, Any]:
    """The document of `report.json`; times in milliseconds since 1970, the rest by its names."""
    return {
        "scenario": given.title,
        "seed": given.seed,
        "digest": given.digest,
        "passed": given.passed,
        "replay": given.replay,
        "fault": given.fault,
        "must_hold": list(given.must_hold),
        "checks": [check.as_json() for check in given.checks],
        "watched": given.watched,
        "begins": given.begins,
        "ends": given.ends,
        "nodes": [asdict(station) for station in given.stations],
        "acts": numbers.acts,
        "nowhere": numbers.nowhere,
        "completeness": {
            "moments": numbers.completeness.moments,
            "nodes": [_series(series) for series in numbers.completeness.nodes],
            "together": _series(numbers.completeness.together),
        },
        "delays": [asdict(delay) for delay in numbers.delays],
        "links": [_traffic(link) for link in (*numbers.links, numbers.all_links)],
        "verdicts": asdict(numbers.verdicts),
        "visits_of_the_chain": numbers.visits,
        "conflicts": {**asdict(numbers.conflicts), "left": numbers.conflicts.left},
        "meetings": [asdict(one) for one in numbers.encounters],
        "endings": numbers.endings,
        "troubles": [asdict(trouble) for trouble in numbers.troubles],
        "without_power": [asdict(dark) for dark in numbers.darks],
    }


def _nowhere(acts: Acts) -> int:
    somewhere = {number for (number, _), spans in acts.held.items() if spans[-1][1] is None}
    return len(acts.listed.keys() - somewhere)


def _series(series: Series) -> dict[str, Any]:
    return {"node": series.node, "expected": series.expected, "held": series.held}


def _traffic(link: Traffic) -> dict[str, Any]:
    return {
        **asdict(link),
        "wire_bytes_per_operation": _rounded(link.wire_bytes_per_operation),
        "beside_bytes_per_operation": _rounded(link.beside_bytes_per_operation),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)
