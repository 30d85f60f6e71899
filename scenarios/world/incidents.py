"""What people do beside treating: theft and revocation, broken glass, handover, a death."""

from collections.abc import Callable, Sequence
from functools import partial

from node.errors import NodeError
from scenarios.checking.ledger import Access
from scenarios.engine.draws import Draws
from scenarios.engine.errors import MemberDown
from scenarios.engine.member import Member
from scenarios.engine.power import PowerLost
from scenarios.plan.scenario import IncidentPart
from scenarios.world.care import Care, Case
from scenarios.world.hostility import turn
from scenarios.world.registrar import Registrar
from scenarios.world.world import World

_RETRY = 1_800_000
_TRIES_MAX = 100


class Incidents:
    """Lets people do what the file says, at its moment or once they have power."""

    def __init__(self, world: World, draws: Draws, care: Care, registrar: Registrar) -> None:
        """Nobody has done anything."""
        self._registrar = registrar
        self._world = world
        self._draws = draws
        self._care = care
        self._do: dict[str, Callable[[IncidentPart, Member], str]] = {
            "stolen": self._steal,
            "rogue": self._go_rogue,
            "revoke": self._revoke,
            "grant": self._grant,
            "break-glass": self._break_glass,
            "handover": self._hand_over,
            "link": self._link,
            "resolve": self._resolve,
            "dies": self._die,
            "suspend": self._suspend,
            "disaster-mode": self._declare_disaster,
        }

    def plan(self) -> None:
        """Put every incident of the file on the timeline."""
        for number, part in enumerate(self._world.scenario.incident):
            if part.what in self._do and self._world.happens(f"incident.{number}"):
                at = self._world.begins + part.at
                self._world.timeline.at(at, partial(self._happen, part, 0))

    def _happen(self, part: IncidentPart, tries: int) -> None:
        world = self._world
        who = part.by or part.about
        assert who is not None, "an incident names nobody"
        member = world.members[who]
        try:
            with member.working():
                detail = self._do[part.what](part, member)
        except (MemberDown, PowerLost):
            if tries < _TRIES_MAX:
                world.timeline.after(_RETRY, partial(self._happen, part, tries + 1))
            return
        except NodeError as error:
            world.history.note(
                "refused", node=member.name, what=part.what, error=type(error).__name__
            )
            return
        world.history.note(
            "incident", what=part.what, node=member.name, about=part.about or "", detail=detail
        )

    # -- access

    def _steal(self, part: IncidentPart, member: Member) -> str:
        turn(self._world, self._draws, self._about(part), ["stolen", "eavesdrop"])
        return "in the wrong hands from now on"

    def _go_rogue(self, part: IncidentPart, member: Member) -> str:
        turn(self._world, self._draws, self._about(part), ["rogue"])
        return "does harm from now on"

    def _revoke(self, part: IncidentPart, member: Member) -> str:
        about = self._about(part)
        told = member.running.revoke("all", from_=about.name)
        self._world.ledger.revoked.setdefault(about.name, self._world.timeline.now)
        self._note_access(member, about, gives=False)
        return f"{told.get('charts', '')}"

    def _suspend(self, part: IncidentPart, member: Member) -> str:
        about = self._about(part)
        self._registrar.suspend(part, about)
        self._world.ledger.revoked.setdefault(about.name, self._world.timeline.now)
        return "by the council"

    def _declare_disaster(self, part: IncidentPart, member: Member) -> str:
        self._registrar.declare_disaster(part.lasts)
        return "by the council"

    def _grant(self, part: IncidentPart, member: Member) -> str:
        about = self._about(part)
        lanes = ["summary", "care", "sensitive"]
        member.running.grant("all", to=about.name, lanes=lanes, rights="append", history=True)
        self._note_access(member, about, gives=True)
        return ""

    def _note_access(self, member: Member, about: Member, *, gives: bool) -> None:
        for chart, opened_by in self._world.ledger.charts.items():
            if opened_by == member.name:
                self._world.ledger.access.append(
                    Access(self._world.timeline.now, member.name, about.name, chart, gives)
                )

    def _break_glass(self, part: IncidentPart, member: Member) -> str:
        cases = self._cases(part, lambda case: case.at != member.name)
        broken = 0
        for case in cases:
            holders = [part.about] if part.about else []
            told = member.running.patients.break_glass(
                case.chart, reason="unconscious, alone", seconds=(), holders=holders
            )
            broken += bool(told["state"])
            self._world.ledger.glass.append((self._world.timeline.now, member.name, case.chart))
        return f"{broken} charts"

    def _hand_over(self, part: IncidentPart, member: Member) -> str:
        about = self._about(part)
        cases = self._cases(part, lambda case: case.at == member.name)
        for case in cases:
            member.running.patients.handover(case.chart, to=about.name, recovery=member.recovery)
            self._world.ledger.handed_over[case.chart] = about.name
        return f"{len(cases)} charts"

    # -- people

    def _link(self, part: IncidentPart, member: Member) -> str:
        linked = 0
        for case in self._care.twice:
            other = case.twin
            assert other is not None
            if member.holds(case.chart) and member.holds(other.chart):
                member.running.people.link(case.chart, other.chart, reason="the same person")
                now = self._world.timeline.now
                self._world.ledger.links.append((member.name, case.chart, other.chart, now))
                linked += 1
        return f"{linked} of {len(self._care.twice)}"

    def _resolve(self, part: IncidentPart, member: Member) -> str:
        conflicts = member.running.conflicts()
        for conflict in conflicts:
            decision = (member.name, str(conflict["chart"]), str(conflict["resource"]))
            self._world.ledger.deciding.add(decision)
            member.running.conflict_resolve(str(conflict["conflict"]), choose=1)
            self._world.ledger.resolved.add(decision)
            self._world.history.note(
                "conflict", node=member.name, id=str(conflict["conflict"]), open=False
            )
        return f"{len(conflicts)} conflicts"

    def _die(self, part: IncidentPart, member: Member) -> str:
        cases = self._cases(part, lambda case: case.at == member.name)
        for case in cases:
            self._care.note_death(case, member)
        return f"{len(cases)} people"

    def _cases(self, part: IncidentPart, fits: Callable[[Case], bool]) -> Sequence[Case]:
        fitting = [case for case in self._care.cases if fits(case)]
        draws = self._draws.stream(f"incident/{part.what}/{part.at}")
        return draws.sample(fitting, min(part.patients, len(fitting)))

    def _about(self, part: IncidentPart) -> Member:
        assert part.about is not None, "an incident of access names whom it is about"
        return self._world.members[part.about]
