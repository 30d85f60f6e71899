"""Bounds: stores, sessions and the simulator's own work stay in proportion to what was written."""

from typing import Final

from scenarios.checking.check import Check
from scenarios.checking.evidence import rows_of
from scenarios.world.world import World
from sync.limits import letters_per_chart_max

_EMPTY_STORE_BYTES_MAX: Final = 2_000_000
"""Tables, indexes and a log that has not been emptied, before anything is written."""
_QUIET_BYTES_MAX: Final = 5_000
"""A session that brings nothing between two that have met before; a letter or receipt is in it."""
_FRAMES_MAX: Final = 50_000
_ACTS_PER_ENTRY_MAX: Final = 4_000


def bounds(world: World) -> Check:
    """Measure stores, sessions, letters and steps."""
    limits, wrong = world.scenario.limits, []
    dearest = 0.0
    for name, member in world.members.items():
        size = sum(path.stat().st_size for path in member.home.rglob("*") if path.is_file())
        held = rows_of(member, "SELECT count(*) FROM operations")[0][0]
        each = max(0, size - _EMPTY_STORE_BYTES_MAX) / max(1, held)
        dearest = max(dearest, each)
        if each > limits.store_bytes_per_entry:
            wrong.append(f"{each / 1000:.0f} kB an operation at {name}")
        letters = rows_of(member, "SELECT count(*), count(DISTINCT n) FROM letters")[0]
        if letters[0] > letters_per_chart_max * max(1, letters[1]):
            wrong.append(f"{letters[0]} letters at {name}")
    met = world.history.of("met")
    most = max((event["bytes_ab"] + event["bytes_ba"] for event in met), default=0)
    frames = max((event["frames"] for event in met), default=0)
    if most > limits.session_bytes_max or frames > _FRAMES_MAX:
        wrong.append(f"a session of {most / 1e6:.1f} MB and {frames} frames")
    wrong += _never_quiet(world)
    steps = world.timeline.acts_done / max(1, len(world.ledger.written) + len(met))
    if steps > _ACTS_PER_ENTRY_MAX:
        wrong.append(f"{steps:.0f} steps an entry or session")
    told = (
        f"{dearest / 1000:.1f} kB an operation at most, {most / 1e6:.2f} MB and {frames} frames a"
        f" session, {steps:.0f} steps an entry or session"
    )
    if wrong:
        return Check("bounds", False, f"{'; '.join(wrong[:3])}: {told}")
    return Check("bounds", True, told)


def _never_quiet(world: World) -> list[str]:
    """Pairs whose last session, after everything had come, still cost much or brought something."""
    if world.ledger.hostile:
        return []  # who does harm has always something to bring, and others pass it on
    if any(fault.lie == "future" for fault in world.scenario.fault):
        return []  # whose clock was ahead believed it, and offers it to others, who set it aside
    last = {}
    for event in world.history.of("met"):
        if event["at"] >= world.begins + world.scenario.scenario.lasts:
            last[frozenset((event["a"], event["b"]))] = event
    found = []
    for event in last.values():
        size = event["bytes_ab"] + event["bytes_ba"]
        if event["ops_ab"] + event["ops_ba"] or size > _QUIET_BYTES_MAX:
            found.append(
                f"{event['a']} and {event['b']} never come to rest:"
                f" {size} bytes in their last session"
            )
    return found
