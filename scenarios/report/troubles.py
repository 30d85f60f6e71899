"""What went wrong and what people did about it: faults, hours without power, clocks, incidents."""

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Final

from scenarios.report.given import Given

_BETTER: Final = {"clock": "clock", "power-lost": "power"}
"""Events that say what a fault of a name that begins so did to a node."""
_NOT_YET: Final = ("not hit", "in the middle of a write to come")
"""Details of faults that hit nothing, or will be told once they do."""
_LIST: Final = re.compile(r"\['[^\]]*'\]")


@dataclass(frozen=True)
class Trouble:
    """One line of the table of faults, and one mark on the timeline."""

    at: int
    kind: str
    """`fault`, `power`, `clock`, `incident` or `refused`."""
    what: str
    nodes: list[str]
    detail: str


@dataclass(frozen=True)
class Dark:
    """A node was off."""

    node: str
    begin: int
    end: int
    orderly: bool
    """Switched off, and not as when a cable is pulled."""


def troubles_of(given: Given) -> list[Trouble]:
    """Everything out of the ordinary, by time; how long a node was off is a `Dark`."""
    names = {station.name for station in given.stations}
    told_better = {
        (event["at"], _BETTER[event["kind"]], event["node"]) for event in given.of(*_BETTER)
    }
    found: list[Trouble] = []
    for event in given.of("fault", "clock", "incident", "power-lost", "refused"):
        at = event["at"]
        if event["kind"] == "fault" and (
            event["detail"] in _NOT_YET
            or (at, event["what"].split("-")[0], event["subject"]) in told_better
        ):
            continue
        match event["kind"]:
            case "fault":
                hit = [word for word in str(event["detail"]).split(", ") if word in names]
                detail = "" if hit else str(event["detail"])
                found.append(Trouble(at, "fault", event["what"], hit or [event["subject"]], detail))
            case "clock":
                wrong = _wrong(event["offset_seconds"])
                found.append(Trouble(at, "clock", wrong, [event["node"]], ""))
            case "incident":
                told = [event.get("about") or "", str(event.get("detail") or "")]
                detail = _LIST.sub(_counted, ": ".join(filter(None, told)))
                found.append(Trouble(at, "incident", event["what"], [event["node"]], detail))
            case "power-lost":
                detail = str(event.get("left") or "")
                found.append(Trouble(at, "power", "power lost", [event["node"]], detail))
            case "refused":
                what = f"{event['what']} refused"
                found.append(Trouble(at, "refused", what, [event["node"]], event["error"]))
    return found


def darks_of(given: Given) -> list[Dark]:
    """When which node was off, by node in their order and time."""
    since: dict[str, tuple[int, bool]] = {}
    found: dict[str, list[Dark]] = defaultdict(list)
    for event in given.of("start", "stop", "power-lost", "reopened"):
        node = event["node"]
        if event["kind"] in ("stop", "power-lost"):
            since.setdefault(node, (event["at"], event["kind"] == "stop"))
        elif node in since:
            begin, orderly = since.pop(node)
            found[node].append(Dark(node, begin, event["at"], orderly))
    for node, (begin, orderly) in since.items():
        found[node].append(Dark(node, begin, given.ends, orderly))
    return [dark for station in given.stations for dark in found[station.name]]


def _counted(found: re.Match[str]) -> str:
    """A list of charts as their number: their names tell a reader nothing."""
    return f"{found[0].count(chr(39)) // 2} charts"


def _wrong(offset_seconds: int) -> str:
    """How wrong a clock is from now on, in words."""
    size = abs(offset_seconds)
    if size < 1:
        return "clock set right"
    units = (
        (31_557_600, "years"),
        (86_400, "days"),
        (3_600, "hours"),
        (60, "minutes"),
        (1, "seconds"),
    )
    long, unit = next(pair for pair in units if size >= pair[0] * 2 or pair[0] == 1)
    way = "fast" if offset_seconds > 0 else "slow"
    return f"clock {size / long:.3g} {unit} {way}"
