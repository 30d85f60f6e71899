"""One member of a simulation on its disk, and what it acknowledged; for the tests of disks."""

import json
import random
from pathlib import Path
from typing import Any

from node.application.node import Node
from node.keystore.secrets import NodeKind
from scenarios.disk.disk import Disk
from scenarios.disk.loss import Loss
from scenarios.engine.clock import MemberClock
from scenarios.engine.member import Member
from scenarios.engine.power import PowerLost

_BEGINS = 1_790_000_000_000


class Ward:
    """A clinic's node that takes patients and keeps being cut off."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.now = _BEGINS
        self.disk = Disk(folder, random.Random(f"disk {seed}"))
        self.member = Member(
            "ward",
            "hill",
            NodeKind.CLINIC,
            folder,
            MemberClock(self._tick),
            random.Random(f"node {seed}"),
            self.disk,
        )
        self.acknowledged: set[str] = set()
        self.losses: list[Loss] = []
        self._taken = 0
        self.member.create(None)

    def _tick(self) -> int:
        self.now += 1
        return self.now

    @property
    def node(self) -> Node:
        return self.member.running

    def take(self) -> str:
        """Import a patient with an observation; gives the patient's id once that is done."""
        self._taken += 1
        person = f"p{self._taken}"
        self.node.import_file("test", _patient(person) + b"\n" + _observation(person))
        self.acknowledged |= {person, f"of-{person}"}
        return person

    def held(self) -> set[str]:
        pieces = self.node.export(None, form="ndjson", history=False)
        return {str(json.loads(piece)["id"]) for piece in pieces}

    def lose_power(self) -> Loss:
        loss = self.member.lose_power()
        assert isinstance(loss, Loss)
        self.losses.append(loss)
        return loss

    def cut_off(self, write: int, acts: int = 2, *, commits_only: bool = False) -> Loss:
        """Let the power go at a write of some acts, or after them, and start again."""
        self.disk.crash_at(write, commits_only=commits_only)
        try:
            for _ in range(acts):
                self.take()
        except PowerLost:
            pass
        loss = self.lose_power()
        self.member.start()
        return loss

    def assert_sound(self) -> None:
        """All that was acknowledged is there, nothing by half, and every page is right."""
        held = self.held()
        assert self.acknowledged <= held, self.losses[-1]
        assert {one.removeprefix("of-") for one in held} <= held, self.losses[-1]
        self.assert_unbroken()

    def assert_unbroken(self) -> None:
        assert self.node.context.store.findings() == [], self.losses[-1]

    def end(self) -> None:
        self.member.remove()


def _patient(identity: str) -> bytes:
    return _line(resourceType="Patient", id=identity, birthDate="1980-01-01")


def _observation(person: str) -> bytes:
    return _line(
        resourceType="Observation",
        id=f"of-{person}",
        status="final",
        code={"text": "temperature"},
        subject={"reference": f"Patient/{person}"},
        valueString="37 degrees, and as much again as makes a page " * 4,
    )


def _line(**document: Any) -> bytes:
    return json.dumps(document).encode()
