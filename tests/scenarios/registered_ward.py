"""Three clinics with one simulated chain, and a random life of theirs told in lines."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from clinics import NOW_MILLISECONDS, Clinic, made_clinic, pair

from node.application.access.affiliations import device_verdict
from scenarios.registry.chain import SimulatedChain, Visit, open_simulated_chain
from scenarios.registry.ground import Founding

HOUR: Final = 3_600_000


@dataclass
class RegisteredWard:
    """Clinics, their chain, and the time."""

    chain: SimulatedChain
    clinics: list[Clinic]
    now: int = NOW_MILLISECONDS

    def later(self, milliseconds: int) -> int:
        """Let time pass for everybody."""
        self.now += milliseconds
        for one in self.clinics:
            one.clock.milliseconds = self.now
        return self.now

    def visit(self, clinic: Clinic) -> Visit:
        """Let a clinic meet the chain now."""
        return self.chain.visit(clinic.node, self.now)

    def verdicts(self) -> list[str]:
        """What each clinic thinks of each other's device, without numbers of blocks."""
        told = []
        for one in self.clinics:
            for other in self.clinics:
                if one is not other:
                    verdict = device_verdict(one.node.context, other.device)
                    age = verdict.age_seconds
                    told.append(f"{one.name}-{other.name} {verdict.state} {verdict.reason} {age}")
        return told

    def outboxes(self) -> list[str]:
        """How far everything has come."""
        return [
            f"{one.name} {kept.intent.kind} {kept.stage}"
            for one in self.clinics
            for kept in one.node.context.store.outbox.all()
        ]


@contextmanager
def registered_ward(folder: Path, kind: Literal["model", "evm"]) -> Iterator[RegisteredWard]:
    """Clinics a, b and c, paired and enlisted; they have not met the chain."""
    chain = open_simulated_chain(kind, Founding(NOW_MILLISECONDS // 1000))
    folder.mkdir()
    names = enumerate(("a", "b", "c"))
    made = [made_clinic(folder / name, name, at, network=chain.network) for at, name in names]
    pair(*made)
    ward = RegisteredWard(chain, made)
    chain.enlist([one.node for one in made], ward.later(HOUR))
    yield ward
    for one in made:
        one.crash()
    chain.end()


def random_life(ward: RegisteredWard, seed: int, steps: int) -> list[str]:
    """Acts, faults and visits at random, and what came of them."""
    draws, chain, told = random.Random(seed), ward.chain, []
    for step in range(steps):
        now = ward.later(draws.choice([200_000, HOUR, 3 * HOUR]))
        one, other = draws.sample(ward.clinics, 2)
        chance = draws.random()
        if chance < 0.12:
            chain.suspend(one.node.context.identity.organisation, now)
        elif chance < 0.3:
            chain.accredit(one.node.context.identity.organisation, now)
        elif chance < 0.36:
            chain.declare_disaster(now + draws.choice([HOUR, 48 * HOUR]), now)
        elif chance < 0.41:
            chain.revoke_device(one.node, now, by=draws.choice([None, other.node]))
        elif chance < 0.5:
            chain.outage(now, now + 2 * HOUR, draws.choice([None, [one.device]]))
        elif chance < 0.6:
            told.append(f"{step} took {chain.reorganise(now, 2)} calls away")
        elif chance < 0.75:
            lies = ("stale", "forged", "other-chain", "other-proof", "future", "other-hash")
            chain.lie(draws.choice(lies), now, now + HOUR, [other.device])
        for clinic in draws.sample(ward.clinics, 2):
            met = ward.visit(clinic)
            told.append(
                f"{step} {clinic.name} {met.age_seconds} {met.relayed} {met.alarms} {met.error}"
            )
        told += ward.verdicts()
    return told + ward.outboxes()
