"""The checkers in the order in which a run is judged; the docs' catalogue is made from them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from scenarios.checking.auditing import audit_completeness
from scenarios.checking.bounds import bounds
from scenarios.checking.check import Check
from scenarios.checking.completeness import completeness
from scenarios.checking.consent import consent
from scenarios.checking.convergence import convergence
from scenarios.checking.endings import endings
from scenarios.checking.evidence import forget
from scenarios.checking.links import links
from scenarios.checking.loss import no_loss
from scenarios.checking.obeying import registry_obedience
from scenarios.checking.overwriting import no_silent_overwrite
from scenarios.checking.plaintext import no_plaintext
from scenarios.checking.revoking import revocation_reach
from scenarios.checking.signing import signed
from scenarios.world.world import World


@dataclass(frozen=True)
class Checker:
    """A checker by name, in words what must hold, and what a test breaks to see it fail."""

    name: str
    promise: str
    judge: Callable[[World], Check]
    mutation: str


CHECKERS: Final = (
    Checker(
        "convergence",
        "After the last meetings whoever may read a chart shows the same of it,"
        " down to its open conflicts.",
        convergence,
        "a node shows what came to it last",
    ),
    Checker(
        "no loss",
        "Every entry that a node acknowledged is where a person can see it, at its author and"
        " wherever it came to somebody who may read it: merged, in the history, or waiting.",
        no_loss,
        "the merge drops an operation; a commit does not wait for the disk",
    ),
    Checker(
        "completeness",
        "Every entry comes to everybody who may read it, within the time that the scenario allows.",
        completeness,
        "records are held back for half a day",
    ),
    Checker(
        "no silent overwrite",
        "What two people wrote apart is an open conflict until a person who saw both decides;"
        " a later clock never simply wins.",
        no_silent_overwrite,
        "the merge takes the later clock for the truth",
    ),
    Checker(
        "links",
        "Two charts of one person stay two until a person links them, and are then shown together"
        " wherever both are held.",
        links,
        "a node does not follow links",
    ),
    Checker(
        "consent",
        "No device opens what it was not entitled to, with every secret that it ever held; relays"
        " open nothing.",
        consent,
        "new keys go to who was revoked; relays are let read",
    ),
    Checker(
        "revocation reach",
        "Every node that holds a chart learns of a revocation, within the time that the scenario"
        " allows, and serves the revoked nothing more.",
        revocation_reach,
        "revocations are held back for half a day",
    ),
    Checker(
        "registry obedience",
        "Whoever has seen on chain that an organisation is suspended exchanges nothing with it.",
        registry_obedience,
        "a node meets whoever it is paired with, whatever the registry proves",
    ),
    Checker(
        "no plaintext",
        "No name of a patient is in a frame, a log line, a file of a home, or a table that does"
        " not need it.",
        no_plaintext,
        "a name in what is not sealed, in a log, in a file",
    ),
    Checker(
        "signed",
        "Every operation in every store bears the signature of the device that it names.",
        signed,
        "signatures are not checked, and every eighth is wrong",
    ),
    Checker(
        "audit completeness",
        "Every write, grant, revocation and reading is a line of the node's own audit, whose"
        " hashes follow from each other; `audit verify` holds.",
        audit_completeness,
        "the line of an import or a reading is left out, or changed",
    ),
    Checker(
        "endings",
        "Every session ends, and badly only because of a fault.",
        endings,
        "a session never says that it is done",
    ),
    Checker(
        "bounds",
        "Stores, sessions, letters and steps stay in proportion to what was written; sessions that"
        " have nothing to bring are small.",
        bounds,
        "all is sent again in each session",
    ),
)


def judge(world: World) -> list[Check]:
    """What every checker says."""
    forget(world)
    return [checker.judge(world) for checker in CHECKERS]
