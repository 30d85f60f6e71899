"""The checks about the registry: each judges what nodes told, and knows nothing else.

Every one of them fails on falsified input: tests/scenarios/test_demo_registry_checks.py does that.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from scenarios.demo.checks import Check

Told = Mapping[str, Any]


def accredited(organisations: Sequence[Told], names: Sequence[str]) -> Check:
    """The council's vote is proven to riverside: everybody of the story is accredited."""
    allowed = {
        str(told["name"]) for told in organisations if str(told["verdict"]).startswith("allow")
    }
    lacking = [name for name in names if not any(name in each for each in allowed)]
    detail = f"{', '.join(lacking)} not" if lacking else f"{len(names)} organisations, proven"
    return Check("a vote accredits clinics and truck", not lacking and bool(names), detail)


def revoked_here_only(riverside: Told, hilltop: Told) -> Check:
    """Riverside holds the proof that the tablet is revoked, and hilltop knows nothing of it."""
    known, unknown = _denied(riverside), not _denied(hilltop)
    detail = f"at block {riverside.get('as_of_block')}, unknown to hilltop"
    if not known:
        detail = "riverside holds no proof"
    elif not unknown:
        detail = "hilltop knows it already"
    return Check("the chain says that the tablet is revoked", known and unknown, detail)


def news_arrived(known: Told, status: Told) -> Check:
    """Hilltop holds the proof, and has never asked a chain."""
    proven = _denied(known) and known.get("as_of_block") is not None
    alone = status.get("last_asked") is None
    detail = f"proven as of block {known.get('as_of_block')}, no chain asked"
    if not proven:
        detail = "hilltop holds no proof"
    elif not alone:
        detail = "hilltop asked a chain"
    return Check("the truck brings the revocation to hilltop", proven and alone, detail)


def shut_out(before: int, after: int, refused: int) -> Check:
    """Hilltop served the tablet before it learned of that, and refuses it after."""
    right = before == 0 and after == refused
    detail = "served before, refused after" if right else f"ended with {before} and {after}"
    return Check("hilltop refuses the stolen tablet", right, detail)


def _denied(told: Told) -> bool:
    return str(told.get("verdict", "")).startswith("deny")
