"""Endings: every session ends, and one that ends badly does so because of a fault that is known."""

from collections import Counter
from typing import Any, Final

from scenarios.checking.check import Check
from scenarios.checking.obeying import suspensions
from scenarios.world.world import World

_WELL: Final = frozenset({"level", "done"})

_OF_NO_ROOM: Final = frozenset({"StorageFailed", "StreamLost"})


def endings(world: World) -> Check:
    """Look at how each session ended, and for one that has not."""
    met = world.history.of("met")
    ended = Counter(event["ended"] for event in met)
    under_way = len(world.history.of("meet")) - len(met)
    wrong = [event for event in met if not _explained(world, event)]
    figures = ", ".join(f"{count} {ending}" for ending, count in sorted(ended.items()))
    if under_way:
        return Check("endings", False, f"{under_way} sessions never ended; {figures}")
    if wrong:
        first = wrong[0]
        error = f" ({first['error']})" if "error" in first else ""
        return Check(
            "endings",
            False,
            f"{len(wrong)} sessions ended badly without a fault, first {first['a']} with"
            f" {first['b']}: {first['ended']}{error}; {figures}",
        )
    return Check("endings", True, f"{len(met)} sessions: {figures}")


def _explained(world: World, event: dict[str, Any]) -> bool:
    if event["ended"] in _WELL or event.get("faults"):
        return True
    sides = {event["a"], event["b"]}
    if sides & world.ledger.hostile:
        return True
    if event["ended"] in ("denied", "refused") and sides & set(suspensions(world)):
        return True
    if event["ended"] == "denied":  # who was revoked is told so
        return bool(sides & set(world.ledger.revoked))
    # Over a real stream the other side sees only that it ended.
    return event.get("error") in _OF_NO_ROOM and _full(world, sides, event["at"])


def _full(world: World, sides: set[str], at: int) -> bool:
    """Whether a disk had been filled before a moment: nothing can be kept then."""
    return any(
        event["what"] == "disk-full" and event["subject"] in sides and event["at"] <= at
        for event in world.history.of("fault")
    )
