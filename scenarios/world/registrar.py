"""The registry's chain in a world: who is enlisted, who visits it when, what goes wrong with it."""

from functools import partial
from typing import TYPE_CHECKING, Final

from node.errors import NodeError
from scenarios.engine.draws import Draws
from scenarios.engine.member import Member
from scenarios.engine.power import PowerLost
from scenarios.plan.cast import cast_of, meant
from scenarios.plan.scenario import FaultPart, IncidentPart
from scenarios.world.faults import moments_of
from scenarios.world.world import World
from sync.identifiers import OrganisationAddress

if TYPE_CHECKING:
    from node.registry.network import Network
    from scenarios.registry.chain import SimulatedChain

_FOUNDED_BEFORE_MILLISECONDS: Final = 3_600_000
_REORGANISED_BLOCKS: Final = 6


class Registrar:
    """Stands for everybody who has to do with the chain; does nothing where there is none."""

    def __init__(self, world: World, draws: Draws) -> None:
        """Found the registry that the file names."""
        self._world = world
        self._draws = draws
        self.chain: SimulatedChain | None = None
        self._suspended: dict[str, OrganisationAddress] = {}
        kind = world.scenario.registry.kind
        if kind != "none":
            from scenarios.registry.chain import open_simulated_chain
            from scenarios.registry.ground import Founding

            begins = (world.begins - _FOUNDED_BEFORE_MILLISECONDS) // 1000
            seed = draws.stream("registry").randbytes(16)
            self.chain = open_simulated_chain(kind, Founding(begins, seed))

    @property
    def network(self) -> "Network | None":
        """What nodes are made for."""
        return None if self.chain is None else self.chain.network

    def enlist(self) -> None:
        """Accredit everybody, and let all see it before the first day begins."""
        if self.chain is None:
            return
        now = self._world.timeline.now
        members = list(self._world.members.values())
        self.chain.enlist([member.running for member in members], now)
        later = now + 3_600_000
        self._world.timeline.run(later)
        for member in members:
            self._visit(member)

    def plan(self) -> None:
        """Put visits and faults on the timeline."""
        if self.chain is None:
            return
        for name, part in cast_of(self._world.scenario).items():
            if part.reaches_chain:
                self._repeat(self._world.members[name])
        for number, fault in enumerate(self._world.scenario.fault):
            if not fault.what.startswith("chain-"):
                continue
            draws = self._draws.stream(f"fault/{number}/chain")
            for count, at in enumerate(moments_of(self._world, fault, draws)):
                label = f"{number}.chain.{count}"
                self._world.timeline.at(at, partial(self._go_wrong, fault, label))

    def suspend(self, _part: IncidentPart, about: Member) -> None:
        """Let the council suspend an organisation."""
        if self.chain is not None:
            organisation = about.running.context.identity.organisation
            self.chain.suspend(organisation, self._world.timeline.now)
            self._suspended[about.name] = organisation

    def declare_disaster(self, lasts: int) -> None:
        """Let the council declare a disaster, for a time."""
        if self.chain is not None:
            now = self._world.timeline.now
            self.chain.declare_disaster(now + lasts, now)

    def _repeat(self, member: Member) -> None:
        every = self._world.scenario.registry.visit_every
        timeline = self._world.timeline

        def again() -> None:
            if member.up:
                self._visit(member)
            timeline.after(every, again)

        timeline.after(self._draws.stream(f"visits/{member.name}").randrange(every), again)

    def _visit(self, member: Member) -> None:
        assert self.chain is not None
        try:
            with member.working() as node:
                visit = self.chain.visit(node, self._world.timeline.now)
        except PowerLost:
            return
        except NodeError as error:
            self._world.history.note(
                "refused", node=member.name, what="visit", error=type(error).__name__
            )
            return
        self._world.history.note(
            "verdict",
            node=member.name,
            about="chain",
            answer=visit.error or "seen",
            age_seconds=visit.age_seconds,
            block=visit.block,
            relayed=visit.relayed,
            alarms=visit.alarms,
            out=self._shown_suspended(visit.block),
        )

    def _shown_suspended(self, block: int | None) -> list[str]:
        """Whom the chain itself has as suspended after the block that a node believes."""
        if self.chain is None or block is None:
            return []
        return [
            name
            for name, organisation in self._suspended.items()
            if self.chain.suspended(organisation, block)
        ]

    def _go_wrong(self, fault: FaultPart, label: str) -> None:
        assert self.chain is not None
        if self._world.calm or not self._world.happens(label):
            return
        now = self._world.timeline.now
        end = min(now + fault.lasts, self._world.calm_from)
        who = meant(self._world.scenario, fault.who)
        devices = [self._world.members[name].device for name in who] or None
        detail = ""
        if fault.what == "chain-outage":
            self.chain.outage(now, end, devices)
        elif fault.what == "chain-reorg":
            detail = f"{self.chain.reorganise(now, _REORGANISED_BLOCKS)} calls taken back"
        else:
            detail = fault.lie or "stale"
            self.chain.lie(detail, now, end, devices)
        self._world.history.note("fault", what=fault.what, subject="chain", detail=detail)
