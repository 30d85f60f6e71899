"""Sees what arrives at each node and which conflicts are open there, while a run lasts.

For reports only. It reads the stores and changes nothing, so a run that is watched has the same
digest. What it sees are events of the history's form, kept beside it: `arrived` {node, from, link,
ids, ops, ciphertext_bytes} (ids are the numbers of acts), `gone` {node, ids} (a disk lost them),
`conflict` {node, id, open}, and `judged` {node, about, answer, age_seconds} (a verdict on a peer).
"""

from collections import defaultdict
from typing import Final

from node.store.database import Database
from node.store.resources import ResourceName
from scenarios.engine.history import Event
from scenarios.engine.member import Member
from scenarios.world.world import World
from sync.identifiers import did_ethr, parse_chart_text

_NEW: Final = """
    SELECT o.row, o.id, o.n, ifnull(length(b.body), 0),
        i.id IN (SELECT instance FROM own_instances)
    FROM operations o JOIN instances i USING (instance) LEFT JOIN bodies b ON b.row = o.row
    WHERE o.row > ? ORDER BY o.row"""


class _Seen:
    """What is known of one node's store."""

    def __init__(self) -> None:
        self.last_row = 0
        self.last_id = b""
        self.has: set[int] = set()
        """Acts that people see there, or that a relay carries."""
        self.unread: dict[int, dict[int, bytes]] = defaultdict(dict)
        """By chart: operations of acts that are stored and not to be read yet, by their rows."""
        self.conflicts: frozenset[str] = frozenset()


class Watching:
    """Follows the history of a world, and looks at the stores it speaks of."""

    def __init__(self, world: World) -> None:
        """Nothing was seen. Make it before the run begins."""
        self.events: list[Event] = []
        self._world = world
        self._seen: dict[str, _Seen] = defaultdict(_Seen)
        self._acts: dict[bytes, list[int]] = defaultdict(list)
        """By operation: the acts that it carries; an import packs several into one."""
        world.history.on_note.append(self._note)

    def _note(self, event: Event) -> None:
        match event["kind"]:
            case "act":
                self._written(event)
                if event["what"] != "register":  # what is new is in no conflict
                    self._conflicts(event["at"], event["node"])
            case "met":
                for name, peer in ((event["b"], event["a"]), (event["a"], event["b"])):
                    self._look(event, name, peer, event["link"])
                    self._judge(event["at"], name, peer)
            case "reopened":
                self._reopened(event)
                self._look(event, event["node"], None, None)
            case "incident" | "state":
                self._look(event, event["node"], None, None)

    def _member(self, name: str) -> Member | None:
        member = self._world.members.get(name)
        return member if member is not None and member.node is not None else None

    def _written(self, event: Event) -> None:
        """Learn which operation an act became: the newest version of its resource at its author."""
        member = self._member(event["node"])
        if member is None:
            return
        store = member.running.context.store
        kind, identity = event["id"].split("/", 1)
        sources = store.resources.sources(parse_chart_text(event["chart"]))
        own = did_ethr(member.running.context.identity.organisation)
        names = [ResourceName(source, kind, identity) for source in {*sources, own}]
        found = store.resources.versions(parse_chart_text(event["chart"]), names)
        rows = [version.row for versions in found.values() for version in versions]
        if rows:
            operation = store.database.value(
                "SELECT id FROM operations WHERE row = ?", (max(rows),)
            )
            self._remember(event, bytes(operation))

    def _remember(self, event: Event, operation: bytes) -> None:
        """Know an act by its operation; one that changed nothing is wherever the one before is."""
        number, before = event["number"], self._acts[operation][:1]
        self._acts[operation].append(number)
        self._seen[event["node"]].has.add(number)
        for name, seen in self._seen.items():
            if name != event["node"] and before and before[0] in seen.has:
                seen.has.add(number)
                self.events.append(
                    {**_nothing_crossed(event["at"], name, None, None), "ids": [number]}
                )

    def _look(self, event: Event, name: str, peer: str | None, link: str | None) -> None:
        """Take what is new in a store, and what can be read now that could not be before."""
        member = self._member(name)
        if member is None:
            return
        seen, database = self._seen[name], member.running.context.store.database
        rows = database.rows(_NEW, (seen.last_row,))
        charts = {n for _, _, n, _, _ in rows}
        for row, identity, n, _, _ in rows:
            if any(one not in seen.has for one in self._acts.get(bytes(identity), ())):
                seen.unread[n][row] = bytes(identity)
        if rows:
            seen.last_row, seen.last_id = rows[-1][0], bytes(rows[-1][1])
            brought = [size for _, _, _, size, own in rows if peer is not None and not own]
            self.events.append(
                {
                    **_nothing_crossed(event["at"], name, peer, link),
                    "ids": self._readable(member, database, seen, charts),
                    "ops": len(brought),
                    "ciphertext_bytes": sum(brought),
                }
            )
        self._conflicts(event["at"], name)

    def _readable(
        self, member: Member, database: Database, seen: _Seen, charts: set[int]
    ) -> list[int]:
        """Of what is stored: the acts that a person sees there now; a relay's are carried."""
        found: list[int] = []
        for n in sorted(charts & set(seen.unread)):
            waiting = seen.unread[n]
            rows = set(waiting)
            if member.kind.value != "relay":
                shown = database.rows("SELECT DISTINCT row FROM versions WHERE n = ?", (n,))
                rows &= {row for (row,) in shown}
            numbers = {number for row in rows for number in self._acts[waiting.pop(row)]}
            found += numbers - seen.has
            if not waiting:
                del seen.unread[n]
        seen.has.update(found)
        return sorted(found)

    def _conflicts(self, at: int, name: str) -> None:
        member = self._member(name)
        if member is None:
            return
        seen, database = self._seen[name], member.running.context.store.database
        now = frozenset(row[0] for row in database.rows("SELECT conflict FROM conflicts"))
        for identity in sorted(now ^ seen.conflicts):
            self.events.append(
                {
                    "at": at,
                    "kind": "conflict",
                    "node": name,
                    "id": identity,
                    "open": identity in now,
                }
            )
        seen.conflicts = now

    def _judge(self, at: int, name: str, peer: str) -> None:
        """Ask a node's registry, where it has one, what it says of a peer's organisation."""
        member, other = self._member(name), self._member(peer)
        if member is None or other is None or self._world.scenario.registry.kind == "none":
            return
        context = member.running.context
        organisation = other.running.context.identity.organisation
        verdict = context.registry.organisation_verdict(organisation, context.clock() // 1000)
        self.events.append(
            {
                "at": at,
                "kind": "judged",
                "node": name,
                "about": peer,
                "answer": str(verdict.state),
                "age_seconds": verdict.age_seconds,
            }
        )

    def _reopened(self, event: Event) -> None:
        """A store was opened again: what its disk lost, or an image did not hold, is gone."""
        name = event["node"]
        member = self._member(name)
        if member is None:
            return
        seen, database = self._seen[name], member.running.context.store.database
        last = database.value("SELECT id FROM operations WHERE row = ?", (seen.last_row,))
        if last is not None and bytes(last) == seen.last_id:
            return
        left = {
            number
            for (identity,) in database.rows("SELECT id FROM operations")
            for number in self._acts.get(bytes(identity), ())
        }
        if gone := sorted(seen.has - left):
            self.events.append({"at": event["at"], "kind": "gone", "node": name, "ids": gone})
        seen.has &= left
        seen.unread.clear()
        seen.last_row = 0


def _nothing_crossed(at: int, node: str, peer: str | None, link: str | None) -> Event:
    """An `arrived` without ids, operations and bytes."""
    return {
        "at": at,
        "kind": "arrived",
        "node": node,
        "from": peer,
        "link": link,
        "ids": [],
        "ops": 0,
        "ciphertext_bytes": 0,
    }
