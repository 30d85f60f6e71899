"""The story from its first act to its last, and what came of it; called by the command."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from scenarios.demo import acts, registry_acts
from scenarios.demo.cast import Cast
from scenarios.demo.chain import ServedChain
from scenarios.demo.checks import Check
from scenarios.demo.errors import DemoError
from scenarios.demo.narration import Narrator
from scenarios.demo.papers import write_papers
from scenarios.demo.play import Play
from scenarios.demo.processes import Processes


@dataclass(frozen=True)
class Act:
    """A scene; all nodes run and can be reached in it, or none."""

    title: str
    connected: bool
    play: Callable[[Play], list[Check]]


ACTS: Final = (
    Act("A council founds a registry", False, registry_acts.found_registry),
    Act("Two clinics and a truck", False, acts.make_homes),
    Act("The council votes", True, registry_acts.accredit),
    Act("They pair by cards, and a clinic registers patients", True, acts.register_and_grant),
    Act("Cut off, both clinics write in the same charts", False, acts.work_apart),
    Act("A truck carries what it cannot read", True, acts.meet_by_truck),
    Act("People settle what disagrees", True, acts.resolve),
    Act("A tablet is stolen", True, registry_acts.steal),
    Act("The truck brings the news", True, registry_acts.bring_the_news),
    Act("Cut off again, riverside revokes hilltop", False, acts.shut_out),
    Act("The truck comes once more", True, acts.meet_again),
    Act("A late record waits for a person", True, acts.accept_the_late_record),
    Act("Every node checks what it stores", True, acts.look_over),
    Act("What the truck and hilltop have is searched", False, acts.search_disks),
)


@dataclass(frozen=True)
class Outcome:
    """What was checked, and how long it took."""

    checks: list[Check]
    seconds: float
    commands: int

    @property
    def passed(self) -> bool:
        """Whether everything holds, to the story's end."""
        return all(check.passed for check in self.checks)

    def as_json(self) -> dict[str, object]:
        """What `--json` prints."""
        return {
            "ok": self.passed,
            "checks": [
                {"name": check.name, "passed": check.passed, "detail": check.detail}
                for check in self.checks
            ],
            "seconds": round(self.seconds, 1),
            "commands": self.commands,
        }


def perform(stage: Path, narrator: Narrator, *, seed: int, patients: int) -> Outcome:
    """Play all acts on a stage that is empty; no process of it lives on, however it ends.

    A command that fails ends the story, and is a check that failed.
    """
    began = time.monotonic()
    processes = Processes()
    found: list[Check] = []
    try:
        (stage / "evidence").mkdir(mode=0o700)
        cast = Cast.gathered(stage, processes, narrator.moved)
        chain = ServedChain(stage / "chain", processes)
        play = Play(stage, cast, write_papers(seed, patients), processes, narrator, chain)
        for act in ACTS:
            narrator.act(act.title)
            play.connect(wanted=act.connected)
            found += act.play(play)
    except DemoError as error:
        found.append(Check("the story goes to its end", False, str(error)))
    finally:
        processes.end()
    return Outcome(found, time.monotonic() - began, narrator.commands)
