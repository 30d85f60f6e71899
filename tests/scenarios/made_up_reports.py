"""Histories that nobody ran, for the tests of reports: small ones by hand, others from a seed."""

import random
from collections.abc import Sequence
from dataclasses import replace

from scenarios.checking.check import Check
from scenarios.engine.history import Event
from scenarios.report.given import Given, Place, Right, Station, Way

HOUR = 3_600_000
BEGINS = 1_770_000_000_000


def at(hours: float) -> int:
    """A moment, as hours since the start."""
    return BEGINS + round(hours * HOUR)


def given(events: Sequence[Event], **facts: object) -> Given:
    """A run of ten hours of two clinics at two places and a relay that travels."""
    plain = Given(
        title="Made up",
        introduction="Nobody was hurt.",
        fault="none",
        must_hold=["numbers are right"],
        seed=1,
        digest="d1" * 32,
        replay="satchel simulate made-up.toml --seed 1",
        checks=[Check("convergence", True, "alike")],
        begins=BEGINS,
        ends=at(10),
        stations=[
            Station("hill", "upland"),
            Station("port", "coast"),
            Station("truck", "upland", "relay", travels=True),
        ],
        places=[Place("upland", 0, 0), Place("coast", 30, 5)],
        ways=[Way("upland", "coast", "wifi", "truck"), Way("upland", "coast", "radio")],
        events=sorted(events, key=lambda event: event["at"]),
        rights={"c1": [Right(name, BEGINS) for name in ("hill", "port", "truck")]},
        lines=list(events),
    )
    return replace(plain, **facts)  # type: ignore[arg-type]  # facts by name


def act(hours: float, node: str, number: int, chart: str = "c1") -> Event:
    """Something was written."""
    return {"at": at(hours), "kind": "act", "node": node, "what": "observe", "chart": chart,
            "id": f"Observation/{number}", "number": number}  # fmt: skip


def arrived(hours: float, node: str, *ids: int, link: str = "wifi", weight: int = 0) -> Event:
    """Acts came to a node."""
    return {"at": at(hours), "kind": "arrived", "node": node, "from": "hill", "link": link,
            "ids": list(ids), "ops": len(ids), "ciphertext_bytes": weight}  # fmt: skip


def met(
    hours: float, a: str, b: str, *, link: str = "wifi", ended: str = "level", ops: int = 0,
    wire: int = 100,
) -> Event:  # fmt: skip
    """A session ended, two seconds after it began."""
    return {"at": at(hours), "kind": "met", "a": a, "b": b, "link": link, "ended": ended,
            "seconds": 2.0, "bytes_ab": wire // 2, "bytes_ba": wire - wire // 2, "frames": 4,
            "ops_ab": ops, "ops_ba": 0}  # fmt: skip


def conflict(hours: float, node: str, identity: str, *, is_open: bool) -> Event:
    """A node sees a conflict, or sees it no more."""
    return {"at": at(hours), "kind": "conflict", "node": node, "id": identity, "open": is_open}


def event(hours: float, kind: str, **facts: object) -> Event:
    """Any other event."""
    return {"at": at(hours), "kind": kind, **facts}


def made_up(seed: int, nodes: int = 5, acts: int = 30, sessions: int = 60) -> Given:
    """A history with everything that can be in one, and nothing that must not."""
    draws = random.Random(seed)
    kinds = ["clinic", "clinic", "relay", "patient"]
    stations = [
        Station(f"node-{number}", f"place-{number % 3}", kinds[number % 4], number % 5 == 2)
        for number in range(nodes)
    ]
    names = [station.name for station in stations]
    events: list[Event] = []
    for number in range(acts):
        chart = f"c{number % 7}"
        when = draws.uniform(0, 9)
        author = draws.choice(names)
        events.append(act(when, author, number, chart))
        for other in names:
            if other != author and draws.random() < 0.7:
                came = draws.uniform(when, 10)
                events.append(arrived(came, other, number, weight=draws.randrange(900)))
                if draws.random() < 0.2:
                    events.append(event(draws.uniform(came, 10), "gone", node=other, ids=[number]))
    for _ in range(sessions):
        one, other = draws.sample(names, 2)
        link, ended = draws.choice(("wifi", "radio")), draws.choice(("level", "done", "cut"))
        events.append(met(draws.uniform(0, 10), one, other, link=link, ended=ended,
                          ops=draws.randrange(3), wire=draws.randrange(9000)))  # fmt: skip
    for number in range(acts // 3):
        is_open, node = draws.random() < 0.6, draws.choice(names)
        when, identity = draws.uniform(0, 10), f"k{number % 4}"
        events.append(conflict(when, node, identity, is_open=is_open))
        events.append(event(draws.uniform(0, 10), draws.choice(("power-lost", "stop", "reopened")),
                            node=draws.choice(names)))  # fmt: skip
        answer = draws.choice(("allow", "degraded", "deny"))
        age = draws.choice((None, draws.randrange(900_000)))
        events.append(event(draws.uniform(0, 10), "verdict", node=draws.choice(names), about="x",
                            answer=answer, age_seconds=age))  # fmt: skip
        events.append(event(draws.uniform(0, 10), "clock", node=draws.choice(names),
                            offset_seconds=draws.randrange(-90_000, 90_000)))  # fmt: skip
        events.append(event(draws.uniform(0, 10), "fault", what="disk-full",
                            subject=draws.choice(names), detail=""))  # fmt: skip
    rights = {
        f"c{number}": [
            Right(name, at(draws.choice((0, 0, draws.uniform(0, 9)))),
                  draws.choice((None, None, at(draws.uniform(0, 10)))), draws.random() < 0.8)
            for name in names
            if draws.random() < 0.8
        ]
        for number in range(7)
    }  # fmt: skip
    places = [Place(f"place-{number}", number * 11, number**2) for number in range(3)]
    return given(
        events,
        stations=stations,
        places=places,
        ways=[Way("place-0", "place-1", "wifi"), Way("place-1", "place-2", "radio", "node-2")],
        rights=rights,
        sensitive=frozenset(draws.sample(range(acts), acts // 5)),
    )
