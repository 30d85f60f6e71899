"""People who come to be treated, and the staff that writes: every act through the node's own acts.

What a node acknowledged is in the ledger; what it was writing when its power went is in doubt.
"""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Final

from node.errors import NodeError
from scenarios.engine.draws import Draws
from scenarios.engine.errors import MemberDown
from scenarios.engine.member import Member
from scenarios.engine.power import PowerLost
from scenarios.plan.cast import meant
from scenarios.plan.moments import DAY
from scenarios.plan.scenario import CarePart
from scenarios.world.entries import (
    Resource,
    as_lines,
    canonical,
    change_entry,
    make_entry,
    make_patient,
)
from scenarios.world.meetings import within
from scenarios.world.world import World

_RETRY: Final = 1_800_000
"""Staff without power tries again so much later."""
_TRIES_MAX: Final = 200


@dataclass
class Case:
    """One person who is treated."""

    id: str
    at: str
    """The node that registered them."""
    chart: str = ""
    entries: list[tuple[Resource, int]] = field(default_factory=list)
    """What stands of them, with the number of its version in the ledger."""
    person: Resource | None = None
    twin: "Case | None" = None
    """The same person, registered again elsewhere."""


class Care:
    """Registers people, sees them again, changes what stands of them."""

    def __init__(self, world: World, draws: Draws) -> None:
        """Nobody has come."""
        self._world = world
        self._draws = draws
        self.cases: list[Case] = []
        self.twice: list[Case] = []
        """Those who were registered a second time; `twin` is the first."""
        self.refused = 0
        self._batches: dict[str, list[tuple[Case, CarePart, random.Random]]] = {}
        self._visits: dict[str, list[tuple[Case, Resource, str, int | None]]] = {}
        """What visits brought at each node, until it is written with the others of its batch."""

    def plan(self) -> None:
        """Put every arrival of the file on the timeline."""
        world = self._world
        for number, part in enumerate(world.scenario.care):
            for name in meant(world.scenario, part.at):
                if world.members[name].kind.value != "relay":
                    self._plan_node(f"{number}", part, name)

    def _plan_node(self, label: str, part: CarePart, name: str) -> None:
        draws = self._draws.stream(f"care/{label}/{name}")
        begin = self._world.begins + part.begins
        end = self._world.calm_from if part.ends is None else self._world.begins + part.ends
        for number in range(part.patients):
            at = self._shift(part, begin + draws.randrange(max(1, end - begin)))
            case = Case(f"{name}-{label}-{number}", name)
            own = self._draws.stream(f"case/{case.id}")
            if part.batch:
                at += part.batch - (at - self._world.begins) % part.batch
            self._world.timeline.at(at, partial(self._arrive, case, part, own))
            if own.random() < part.twice:
                self._plan_again(case, part, at, own)
            visits = int(part.returns) + (own.random() < part.returns % 1)
            for visit in range(visits):
                later = self._shift(part, at + own.randint(*part.return_between))
                if part.batch:
                    later += part.batch - (later - self._world.begins) % part.batch
                if later < self._world.calm_from:
                    self._world.timeline.at(later, partial(self._return, case, part, visit))

    def _plan_again(self, case: Case, part: CarePart, at: int, draws: random.Random) -> None:
        """Register the same person at another node too, where nobody knows of the first time."""
        others = [
            name
            for name in meant(self._world.scenario, part.at)
            if name != case.at and self._world.members[name].kind.value != "relay"
        ]
        again = self._shift(part, at + draws.randrange(DAY // 4, 2 * DAY))
        if others and again < self._world.calm_from:
            second = Case(f"{case.id}-again", draws.choice(others), twin=case)
            own = self._draws.stream(f"case/{second.id}")
            self._world.timeline.at(again, partial(self._arrive, second, part, own))

    def _shift(self, part: CarePart, at: int) -> int:
        """Nobody writes outside the shift: the next one begins with who came."""
        if part.hours is None or within(part.hours, at, self._world.midnight):
            return at
        time = (at - self._world.midnight) % DAY
        return at + (part.hours.begin - time) % DAY

    # -- registration

    def _arrive(self, case: Case, part: CarePart, draws: random.Random) -> None:
        if not part.batch:
            self._register([(case, part, draws)], case.at, 0)
            return
        waiting = self._batches.setdefault(case.at, [])
        waiting.append((case, part, draws))
        if len(waiting) == 1:
            self._world.timeline.after(0, lambda: self._flush(case.at))

    def _flush(self, name: str) -> None:
        self._register(self._batches.pop(name), name, 0)

    def _register(
        self, cases: list[tuple[Case, CarePart, random.Random]], name: str, tries: int
    ) -> None:
        member = self._world.members[name]
        now = self._world.timeline.now
        if not member.up:
            if tries < _TRIES_MAX:
                self._world.timeline.after(_RETRY, lambda: self._register(cases, name, tries + 1))
            return
        resources: list[Resource] = []
        made: list[tuple[Case, list[Resource]]] = []
        for case, part, draws in cases:
            person = self._person(case, draws)
            entries = [person]
            for number in range(draws.randint(*part.entries)):
                sensitive = draws.random() < part.sensitive
                entries.append(
                    make_entry(draws, f"{case.id}-{number}", case.id, now, sensitive=sensitive)
                )
            resources += entries
            made.append((case, entries))
        try:
            with member.working() as node:
                told = node.import_file("registration", as_lines(resources))
        except PowerLost:
            for case, entries in made:
                for entry in entries:
                    self._doubt(member, case, entry)
            self._world.timeline.after(_RETRY, lambda: self._register(cases, name, tries + 1))
            return
        except NodeError as error:
            self._refuse(member, "register", error)
            self._world.timeline.after(_RETRY, lambda: self._register(cases, name, tries + 1))
            return
        assert told["accepted"] == len(resources), "a registration was not taken whole"
        charts = told["charts"]
        assert isinstance(charts, list)
        for case, entries in made:
            alone = len(made) == len(charts) == 1
            case.chart = str(charts[0]) if alone else self._chart_of(member, case)
            self.cases.append(case)
            if case.twin is not None and case.twin.chart:
                self.twice.append(case)
            self._world.ledger.charts.setdefault(case.chart, name)
            for entry in entries:
                self._acknowledge(member, case, entry, "register", None)

    def _person(self, case: Case, draws: random.Random) -> Resource:
        if case.person is None:
            first = case.twin.person if case.twin is not None else None
            made, words = make_patient(draws, case.id)
            self._world.ledger.names.update(words if first is None else ())
            case.person = made if first is None else {**first, "id": case.id}
        return case.person

    def _chart_of(self, member: Member, case: Case) -> str:
        chart = member.chart_of("Patient", case.id)
        assert chart is not None, "a registered patient has no chart"
        return chart

    # -- later visits

    def _return(self, case: Case, part: CarePart, visit: int) -> None:
        if not case.chart:
            return
        draws = self._draws.stream(f"visit/{case.id}/{visit}")
        member = self._where(case, part, draws)
        if member is None:
            return
        if case.entries and draws.random() < part.edits:
            self._change(case, part, member, draws)
        else:
            sensitive = draws.random() < part.sensitive
            entry = make_entry(
                draws,
                f"{case.id}-v{visit}",
                case.id,
                self._world.timeline.now,
                sensitive=sensitive,
            )
            self._visited(case, part, member, entry, "observe", None)

    def _visited(
        self,
        case: Case,
        part: CarePart,
        member: Member,
        entry: Resource,
        what: str,
        replaces: int | None,
    ) -> None:
        """Write at once, or with the others of the batch where the person was registered."""
        if not part.batch or member.name != case.at:
            self._write(case, member, entry, what, replaces)
            return
        waiting = self._visits.setdefault(case.at, [])
        waiting.append((case, entry, what, replaces))
        if len(waiting) == 1:
            self._world.timeline.after(0, lambda: self._flush_visits(case.at))

    def _flush_visits(self, name: str) -> None:
        member = self._world.members[name]
        if not member.up:
            self._world.timeline.after(_RETRY, lambda: self._flush_visits(name))
            return
        visits = self._visits.pop(name)
        try:
            with member.working() as node:
                told = node.import_file("visits", as_lines([entry for _, entry, _, _ in visits]))
        except PowerLost:
            for case, entry, _, _ in visits:
                self._doubt(member, case, entry)
            return
        except NodeError as error:
            self._refuse(member, "visits", error)
            return
        assert told["accepted"] == len(visits), "what visits brought was not taken whole"
        for case, entry, what, replaces in visits:
            self._acknowledge(member, case, entry, what, replaces)

    def _where(self, case: Case, part: CarePart, draws: random.Random) -> Member | None:
        """Where somebody comes back: where they were registered, or where the chart is too."""
        home = self._world.members[case.at]
        if draws.random() < part.elsewhere:
            others = [
                member
                for member in self._world.members.values()
                if member is not home and member.up and member.may_write(case.chart)
            ]
            if others:
                return draws.choice(others)
        return home if home.up else None

    def _change(self, case: Case, part: CarePart, member: Member, draws: random.Random) -> None:
        entry, number = draws.choice(case.entries)
        if entry["resourceType"] == "Patient":
            return
        held = member.shown(case.chart, entry["resourceType"], entry["id"])
        if held is None:
            return  # it has not arrived there: nobody changes what they do not see
        changed = change_entry(draws, held)
        if changed == held:
            return  # nobody writes what stands there already, be it of two versions
        if draws.random() < part.apart:
            self._change_elsewhere(case, member, entry, number, draws)
        self._visited(case, part, member, changed, "change", number)

    def _change_elsewhere(
        self, case: Case, member: Member, entry: Resource, number: int, draws: random.Random
    ) -> None:
        """Somebody else changes the same entry at the same moment, where it is shown as well."""
        others = [
            other
            for other in self._world.members.values()
            if other is not member and other.up and other.may_write(case.chart)
        ]
        if others:
            other = draws.choice(others)
            held = other.shown(case.chart, entry["resourceType"], entry["id"])
            if held is not None:
                self._write(case, other, change_entry(draws, held), "change", number)

    def note_death(self, case: Case, member: Member) -> None:
        """Write that somebody has died."""
        held = member.shown(case.chart, "Patient", case.id)
        if held is not None:
            at = datetime.fromtimestamp(self._world.timeline.now / 1000, UTC)
            dead = {**held, "deceasedDateTime": at.isoformat(timespec="seconds")}
            number = next((n for one, n in case.entries if one["id"] == case.id), None)
            self._write(case, member, dead, "dies", number)

    def _write(
        self, case: Case, member: Member, entry: Resource, what: str, replaces: int | None
    ) -> None:
        try:
            with member.working() as node:
                told = node.record_add(case.chart, "visit", as_lines([entry]), source=None)
        except (PowerLost, MemberDown):
            self._doubt(member, case, entry)
            return
        except NodeError as error:
            self._refuse(member, what, error)
            return
        if told["unchanged"] == 1 and self._shows(member, case, entry):
            return  # others had said the two halves of it meanwhile: nothing new was written
        if told["accepted"] == 1:
            self._acknowledge(member, case, entry, what, replaces)

    def _shows(self, member: Member, case: Case, entry: Resource) -> bool:
        """Whether a member shows an entry as it was just given."""
        shown = member.shown(case.chart, entry["resourceType"], entry["id"])
        return shown is not None and canonical(shown) == canonical(entry)

    # -- the ledger

    def _acknowledge(
        self, member: Member, case: Case, entry: Resource, what: str, replaces: int | None
    ) -> None:
        written = self._world.ledger.write(
            at=self._world.timeline.now,
            node=member.name,
            chart=case.chart,
            kind=entry["resourceType"],
            id=entry["id"],
            content=canonical(entry),
            replaces=replaces,
            sensitive="meta" in entry,
        )
        case.entries = [one for one in case.entries if one[0]["id"] != entry["id"]]
        case.entries.append((entry, written.number))
        self._world.history.note(
            "act",
            node=member.name,
            what=what,
            chart=case.chart,
            id=f"{entry['resourceType']}/{entry['id']}",
            number=written.number,
        )

    def _doubt(self, member: Member, case: Case, entry: Resource) -> None:
        self._world.ledger.doubt(
            at=self._world.timeline.now,
            node=member.name,
            chart=case.chart,
            kind=entry["resourceType"],
            id=entry["id"],
            content=canonical(entry),
        )

    def _refuse(self, member: Member, what: str, error: NodeError) -> None:
        self.refused += 1
        self._world.history.note("refused", node=member.name, what=what, error=type(error).__name__)
