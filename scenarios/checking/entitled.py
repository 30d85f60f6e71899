"""Who may read what, by the scenario file and by what people did: never by what a node says.

Two answers, so that neither error hides the other: who *must* be able to read a chart at rest, and
to whom it *may* be open at most.
"""

from collections.abc import Iterator
from typing import Any

from scenarios.checking.obeying import suspensions
from scenarios.checking.put_back import PutBack
from scenarios.plan.cast import cast_of, meant
from scenarios.world.world import World

LANES = frozenset({"summary", "care", "sensitive"})
_NONE: frozenset[str] = frozenset()


class Entitled:
    """The simulator's own account of access."""

    def __init__(self, world: World) -> None:
        """Take the file's shares, and what people granted and revoked meanwhile."""
        self._world = world
        self._cast = cast_of(world.scenario)
        self._put_back = PutBack(world)
        done = world.history.of("incident")
        self._grants = [event for event in done if event["what"] == "grant"]
        self._revokes = [event for event in done if event["what"] == "revoke"]
        self.opened: dict[str, int] = {}
        """When each chart was opened."""
        for written in world.ledger.written:
            self.opened.setdefault(written.chart, written.at)
        self._shares = {
            name: [other for other in meant(world.scenario, part.shares_with) if other != name]
            for name, part in self._cast.items()
        }

    def is_relay(self, name: str) -> bool:
        """Whether a node reads nothing by its kind."""
        return self._cast[name].kind == "relay"

    def must_read(self, chart: str) -> dict[str, frozenset[str]]:
        """Honest nodes that nobody revoked, by the lanes that they must be able to read."""
        opener = self._world.ledger.charts[chart]
        doubtful = self._world.ledger.hostile | {event["about"] for event in self._revokes}
        suspended = suspensions(self._world)
        found = {opener: LANES} if opener not in self._world.ledger.hostile else {}
        for name in self._shares[opener]:
            found[name] = frozenset(self._cast[opener].lanes)
        for event in self._grants:
            # A disk that was put back may have forgotten the grant, or the chart when it was given.
            forgot = (self.opened.get(chart, 0), event["at"])
            if (
                event["node"] == opener
                and opener not in self._world.ledger.hostile
                and not any(self._put_back.undid(opener, at) for at in forgot)
            ):
                found[event["about"]] = LANES
        return {
            name: lanes
            for name, lanes in found.items()
            if not self.is_relay(name)
            and name not in suspended
            and (name == opener or name not in doubtful)
        }

    def carriers(self, chart: str) -> set[str]:
        """Honest nodes that hold a chart or carry it."""
        opener = self._world.ledger.charts[chart]
        relays = {name for name in self._shares[opener] if self.is_relay(name)}
        return set(self.must_read(chart)) | (relays - self._world.ledger.hostile)

    def reached(self, chart: str, start: str) -> set[str]:
        """The honest holders and carriers of a chart that what one has can come to, one by one.

        Where only the hostile go between two, nothing is owed: they may keep everything back.
        """
        members, found = self._world.members, [start]
        apart = self.carriers(chart) - {start}
        for one in found:
            near = {name for name in apart if self._world.wants(members[one], members[name])}
            found += sorted(near)
            apart -= near
        return set(found)

    def may_read(self, name: str, chart: str) -> frozenset[str]:
        """The lanes that a node may at most have been given, ever."""
        lanes = self._given(chart).get(name, _NONE)
        if name in self._world.ledger.glass_breakers(chart):
            lanes |= {"summary"}
        if self._world.ledger.handed_over.get(chart) == name:
            lanes = LANES
        return lanes

    def ends(self, name: str, chart: str) -> list[dict[str, Any]]:
        """The revocations of a node by who is above everybody in a chart, without a return.

        What a hostile or a suspended node says of others need not come to anybody.
        """
        above = {self._world.ledger.charts[chart], self._world.ledger.handed_over.get(chart, "")}
        opened, suspended = self.opened.get(chart, 0), suspensions(self._world)
        return [
            event
            for event in self._revokes
            if event["about"] == name
            and event["node"] in above - self._world.ledger.hostile - set(suspended)
            and opened <= event["at"]
            and not any(
                grant["about"] == name and grant["at"] >= event["at"] for grant in self._grants
            )
        ]

    def _given(self, chart: str) -> dict[str, frozenset[str]]:
        """By node: every lane that it can have got from the opener, or from who administers."""
        opener = self._world.ledger.charts[chart]
        found: dict[str, frozenset[str]] = {opener: LANES}
        admins = [opener]
        for giver in admins:
            for taker, lanes, is_admin in self._by(giver, chart):
                narrowed = lanes & found[giver]
                found[taker] = found.get(taker, _NONE) | narrowed
                if is_admin and taker not in admins:
                    admins.append(taker)
        return {name: _NONE if self.is_relay(name) else lanes for name, lanes in found.items()}

    def _by(self, giver: str, chart: str) -> Iterator[tuple[str, frozenset[str], bool]]:
        part = self._cast[giver]
        for taker in self._shares[giver]:
            if not self._ended_before(giver, taker, chart):
                yield taker, frozenset(part.lanes), part.rights == "admin"
        for event in self._grants:
            if event["node"] == giver:
                yield event["about"], LANES, False

    def _ended_before(self, giver: str, taker: str, chart: str) -> bool:
        """Whether a standing share had ended before a chart was opened."""
        opened = self.opened.get(chart, 0)
        return any(
            event["node"] == giver
            and event["about"] == taker
            and event["at"] < opened
            # A disk that was put back has its rules again as well, until they are ended again.
            and not self._put_back.undid(giver, event["at"])
            for event in self._revokes
        )
