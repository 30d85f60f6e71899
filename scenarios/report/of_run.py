"""Makes what a report needs from a run that `satchel simulate` has made."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from scenarios.engine.history import Event
from scenarios.plan.cast import cast_of, meant
from scenarios.plan.scenario import Scenario
from scenarios.report.given import Given, Place, Right, Station, Way
from scenarios.simulate.running import Run
from scenarios.world.world import World

if TYPE_CHECKING:
    from scenarios.simulate.islands import IslandsRun


def given_of(run: Run, replay: str, seen: list[Event] | None) -> Given:
    """The facts of a run; `seen` is what `watching` saw beside its history, if it could look."""
    about, world = run.scenario.scenario, run.world
    lines = world.history.events
    return Given(
        title=about.title,
        introduction=about.introduction,
        fault=about.fault,
        must_hold=about.must_hold,
        seed=run.seed,
        digest=run.digest,
        replay=replay,
        checks=run.checks,
        begins=min([world.begins, *(event["at"] for event in lines[:1])]),
        ends=max([world.begins + about.lasts, *(event["at"] for event in lines[-1:])]),
        stations=_stations(run.scenario),
        places=[Place(place.name, *place.at) for place in run.scenario.place],
        ways=_ways(run.scenario),
        events=sorted([*lines, *(seen or ())], key=lambda event: event["at"]),
        rights=_rights(world),
        sensitive=frozenset(one.number for one in world.ledger.written if one.sensitive),
        watched=seen is not None,
        lines=lines,
    )


def joined(run: "IslandsRun", replay: str) -> Given:
    """One report of a scenario that ran in parts; acts are numbered through all of them."""
    events: list[Event] = []
    rights: dict[str, Sequence[Right]] = {}
    sensitive: set[int] = set()
    first = 0
    for part in run.givens:
        events += [_numbered(event, first) for event in part.events]
        rights |= part.rights
        sensitive |= {first + number for number in part.sensitive}
        first += len(part.of("act"))
    return replace(
        run.givens[0],
        digest=run.digest,
        replay=replay,
        checks=run.checks,
        begins=min(part.begins for part in run.givens),
        ends=max(part.ends for part in run.givens),
        stations=_stations(run.scenario),
        places=[Place(place.name, *place.at) for place in run.scenario.place],
        ways=_ways(run.scenario),
        events=sorted(events, key=lambda event: event["at"]),
        rights=rights,
        sensitive=frozenset(sensitive),
        lines=run.events,
    )


def _numbered(event: Event, first: int) -> Event:
    match event["kind"]:
        case "act":
            return {**event, "number": first + event["number"]}
        case "arrived" | "gone":
            return {**event, "ids": [first + number for number in event["ids"]]}
    return event


def _stations(scenario: Scenario) -> list[Station]:
    mules = {mule.node for mule in scenario.mule}
    return [
        Station(name, part.place, part.kind, name in mules)
        for name, part in cast_of(scenario).items()
    ]


def _ways(scenario: Scenario) -> list[Way]:
    """Between places: roads and links that stand, and the legs of the mules' routes, each once."""
    where = {name: part.place for name, part in cast_of(scenario).items()}
    found: dict[tuple[frozenset[str], str, str | None], Way] = {}

    def add(one: str, other: str, link: str, mule: str | None) -> None:
        if one != other:
            found.setdefault((frozenset((one, other)), link, mule), Way(one, other, link, mule))

    for road in scenario.road:
        ends = [sorted({where[name] for name in meant(scenario, [end])}) for end in road.between]
        for one in ends[0]:
            for other in ends[1]:
                add(one, other, road.link, None)
    for mule in scenario.mule:
        for one, other in zip(mule.route, [*mule.route[1:], mule.route[0]], strict=True):
            add(one, other, mule.link, mule.node)
    return list(found.values())


def _in_wrong_hands(world: World) -> dict[str, int]:
    """From when on nobody is to have anything at a node, though its keys may still open charts."""
    stolen = {
        event["about"]: event["at"]
        for event in world.history.of("incident")
        if event["what"] == "stolen"
    }
    return {name: stolen.get(name, world.begins) for name in world.ledger.hostile}


def _rights(world: World) -> dict[str, list[Right]]:
    """By chart: who shares from the start by the file, and who was given or lost access later."""
    cast = cast_of(world.scenario)
    found: dict[str, list[Right]] = {}
    for chart, opener in world.ledger.charts.items():
        until: dict[str, int | None] = {}
        since: dict[str, int] = {opener: world.begins}
        lanes: dict[str, bool] = {opener: True}
        for name in meant(world.scenario, cast[opener].shares_with):
            since.setdefault(name, world.begins)
            lanes.setdefault(name, "sensitive" in cast[opener].lanes)
        for access in world.ledger.access:
            if access.chart != chart:
                continue
            if access.gives:
                since.setdefault(access.about, access.at)
                lanes.setdefault(access.about, "sensitive" in (access.lanes or ("sensitive",)))
                until.pop(access.about, None)
            else:
                until.setdefault(access.about, access.at)
        ended = {name: at for name, at in world.ledger.revoked.items() if name != opener}
        for name, at in [*ended.items(), *_in_wrong_hands(world).items()]:
            if name in since:
                until[name] = min(at, until.get(name) or at)
        found[chart] = [
            Right(name, since[name], until.get(name), lanes[name]) for name in cast if name in since
        ]
    return found
