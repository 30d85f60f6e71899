"""How long from the bedside to each place: until somebody there can read what was written."""

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.report.acts import Acts
from scenarios.report.given import Given


@dataclass(frozen=True)
class Delay:
    """Of the acts written elsewhere that a place is to have: how late they came, in seconds."""

    place: str
    carried: bool
    """It is a relay that cannot read: how late it had them to carry."""
    arrived: int
    missing: int
    """Had not come by the end."""
    median_seconds: float | None
    late_seconds: float | None
    """The 95th percentile."""
    worst_seconds: float | None


def delays_of(given: Given, acts: Acts) -> list[Delay]:
    """By place in the file's order, then what relays carry; places that wait for nothing left out.

    A place with several nodes has an act once the first of them has. Acts written at a place do
    not count there. The wait begins at the bedside, or when access was given, if that is later.
    """
    places = {
        station.name: (station.name if not station.reads or station.travels else station.place)
        for station in given.stations
    }
    reads = {station.name: station.reads for station in given.stations}
    waits: dict[tuple[bool, str], dict[int, float | None]] = defaultdict(dict)
    for act, node, (begin, until) in acts.expected(given):
        if node not in places or places[node] == places.get(act.node):
            continue
        came = acts.first(act.number, node)
        if came is None and until is not None:
            continue  # its right ended before it came: nobody waits any more
        wait = None if came is None else max(0, came - begin) / 1000
        known = waits[not reads[node], places[node]]
        known[act.number] = _sooner(known.get(act.number), wait)
    order = dict.fromkeys(places[station.name] for station in given.stations)
    return [
        _delay(name, carried, list(waits[carried, name].values()))
        for carried in (False, True)
        for name in order
        if (carried, name) in waits
    ]


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank: the least value that so large a share of all do not pass."""
    ordered = sorted(values)
    return ordered[max(1, math.ceil(share * len(ordered))) - 1]


def _sooner(one: float | None, other: float | None) -> float | None:
    return min((wait for wait in (one, other) if wait is not None), default=None)


def _delay(place: str, carried: bool, waits: Sequence[float | None]) -> Delay:
    came = [wait for wait in waits if wait is not None]
    missing = len(waits) - len(came)
    if not came:
        return Delay(place, carried, 0, missing, None, None, None)
    return Delay(
        place,
        carried,
        len(came),
        missing,
        percentile(came, 0.5),
        percentile(came, 0.95),
        max(came),
    )
