"""What every act works with: the cast, the papers, the stage, and where evidence is put."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from scenarios.demo.cast import Actor, Cast
from scenarios.demo.chain import ServedChain
from scenarios.demo.checks import Listed
from scenarios.demo.evidence import Resource, export_lines
from scenarios.demo.narration import Narrator
from scenarios.demo.papers import Papers, read_back
from scenarios.demo.processes import Processes
from scenarios.demo.together import together


@dataclass(frozen=True)
class Play:
    """One performance."""

    stage: Path
    cast: Cast
    papers: Papers
    processes: Processes
    narrator: Narrator
    chain: ServedChain
    charts: dict[str, str] = field(default_factory=dict)
    """Charts by the FHIR id of the patient whose they are."""
    worklists: dict[str, Listed] = field(default_factory=dict)
    """What each clinic listed as in conflict when both had met, by its name."""
    truck_charts: list[Mapping[str, Any]] = field(default_factory=list)
    """What the truck lists of charts in the end."""

    @property
    def network(self) -> Path:
        """The network file."""
        return self.stage / "valley.network"

    @property
    def offline_network(self) -> Path:
        """The same network, for who has no line to the chain."""
        return self.stage / "valley without endpoints.network"

    @property
    def checkpoint(self) -> Path:
        """The newest block that both signers vouch for."""
        return self.stage / "newest.checkpoint"

    @property
    def evidence(self) -> Path:
        """The folder of what nodes exported."""
        return self.stage / "evidence"

    @property
    def truck_export(self) -> Path:
        """What the truck can export in the end."""
        return self.evidence / "truck.ndjson"

    def folder(self, actor: Actor, name: str) -> Path:
        """A folder of papers at one clinic."""
        return actor.folder / name

    def written(self) -> Iterator[Resource]:
        """Every resource that lies on paper at either clinic, before the revocation."""
        for actor in (self.cast.riverside, self.cast.hilltop):
            for name in ("registered", "apart"):
                yield from read_back(self.folder(actor, name))

    def export_both(self, moment: str, *options: str) -> tuple[list[bytes], list[bytes]]:
        """Both clinics export at a moment of the story; gives riverside's lines and hilltop's."""
        actors = (self.cast.riverside, self.cast.hilltop)
        paths = [self.evidence / f"{actor.name} {moment}.ndjson" for actor in actors]
        together(
            self.processes,
            lambda: actors[0].export(paths[0], *options),
            lambda: actors[1].export(paths[1], *options),
        )
        return export_lines(paths[0]), export_lines(paths[1])

    def carry(self, *visits: Actor) -> None:
        """The truck calls at clinics in turn: each meets it over loopback, and nobody else."""
        for actor in visits:
            met = actor.ask("sync", self.cast.truck.address)
            loaded = met["ops_sent"] + met["deposits_sent"]
            self.narrator.tell(
                f"truck at {actor.name:<9} {loaded:3} operations loaded, "
                f"{met['ops_received']:3} unloaded"
            )

    def connect(self, *, wanted: bool) -> None:
        """Let all nodes serve on loopback, or none run at all."""
        actors = self.cast.everybody()
        if wanted and not any(actor.address for actor in actors):
            together(self.processes, *(actor.serve for actor in actors))
        elif not wanted:
            together(self.processes, *(actor.stop for actor in actors))
