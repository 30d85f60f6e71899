"""Each kind of hostile peer, with each of its tricks: honest nodes stand it, and go on."""

import base64
import random
from collections.abc import Callable

import pytest
from clinics import Resource, synced
from hostile_ward import Met, Ward

from scenarios.malice.flooding import FRAMES_A_SESSION, LETTERS_A_SESSION, Flood
from scenarios.malice.forging import Forge
from scenarios.malice.forking import Fork
from scenarios.malice.poisoning import Poison
from scenarios.malice.replaying import Replay
from scenarios.malice.withholding import Withhold
from sync.identifiers import InstanceId, is_instance_of

Make = Callable[..., Ward]

ENDS_ITS_OWN_ACCESS = ("long cuts", "revocations")
"""Tricks after which nobody gives H anything any more."""


def stood(here: Ward, kind: str, *tricks: str | None) -> dict[str | None, list[Met]]:
    """Let H try each trick on both honest nodes, from either end; they must be unharmed."""
    met = {}
    for place, trick in enumerate(sorted(tricks, key=lambda each: each in ENDS_ITS_OWN_ACCESS)):
        here.turn(kind, trick)
        met[trick] = here.meet_all(rounds=1, name=f"{place}")
    here.assert_unharmed()
    return met


def errors(met: list[Met]) -> str:
    return " ".join(one.error or "" for one in met)


def test_nothing_that_is_forged_is_taken(ward: Make) -> None:
    met = stood(ward(), "forge", *Forge.TRICKS)
    for trick in ("body", "header", "signature", "author"):
        assert "does not verify" in errors(met[trick]), trick
    for trick in ("instance", "no right"):
        assert errors(met[trick]).strip() == "", trick


def letter(identity: str, subject: str, seed: int) -> Resource:
    """A scan that is too large for an entry."""
    scan = base64.b64encode(random.Random(seed).randbytes(120_000)).decode()
    return {
        "resourceType": "DocumentReference",
        "id": identity,
        "status": "current",
        "type": {"text": "Discharge letter"},
        "subject": {"reference": f"Patient/{subject}"},
        "content": [{"attachment": {"data": scan}}],
    }


@pytest.mark.parametrize(
    ("kind", "trick"), [("forge", "pieces"), ("forge", "manifests"), ("withhold", "pieces held")]
)
def test_attachments_come_whole_or_from_somebody_else(ward: Make, kind: str, trick: str) -> None:
    here = ward()
    written = letter("scan", "p-A", 1)
    here.take(here.a, written)
    synced(here.h, here.a)
    here.turn(kind, trick)
    here.meet(here.b, initiator=True)
    assert "scan" not in {one["id"] for one in here.b.resources()}
    here.meet(here.b, initiator=False)
    here.assert_unharmed()
    assert here.b.resource("DocumentReference", "scan") == written


def test_both_branches_of_a_fork_are_kept_and_only_its_author_is_named(ward: Make) -> None:
    here = ward()
    stood(here, "fork", None)
    hostile = here.hostile
    assert isinstance(hostile, Fork)
    here.meet_all(rounds=2)
    here.assert_unharmed()
    assert hostile.drafts.count
    twins = {each.id for held in hostile.drafts.by_place.values() for each in held}
    for one in here.honest:
        held = one.everything_written()
        assert held >= twins | hostile.replaced
        forked: set[InstanceId] = {
            log.instance for _, _, log in one.node.context.store.logs.forked()
        }
        assert forked
        assert all(is_instance_of(instance, here.h.device) for instance in forked)


@pytest.mark.parametrize("kind", ["backdate", "postdate"])
def test_a_false_clock_is_marked_and_moves_nobody_elses(ward: Make, kind: str) -> None:
    here = ward()
    hostile = here.turn(kind)
    here.meet_all()
    here.assert_unharmed()
    assert hostile.kind == kind
    now = here.a.clock.milliseconds
    for one in here.honest:
        marked = [
            line
            for chart in one.charts()
            for line in one.node.chart_history(chart)
            if "clock doubtful" in line["labels"]  # type: ignore[operator]  # a list
        ]
        assert marked
        for chart in one._charts.ids():
            for operation in one._charts.replica(chart).operations.values():
                if operation.prefix.device != here.h.device:
                    assert abs((operation.prefix.stamp >> 16) - now) < 3_600_000


def test_what_is_withheld_comes_by_another_way(ward: Make) -> None:
    met = stood(ward(), "withhold", *Withhold.TRICKS)
    for trick in ("content", "unlisted content", "author", "chart"):
        assert errors(met[trick]).strip() == "", trick


def test_a_flood_ends_and_leaves_room(ward: Make) -> None:
    here = ward()
    met = stood(here, "flood", *Flood.TRICKS)
    assert "out of turn" in errors(met["frames"])
    assert max(one.frames_in for one in met["frames"]) < FRAMES_A_SESSION
    assert "out of turn" in errors(met["hellos"])
    for one in here.honest:
        assert one.node.context.store.letters.count() < 3 * LETTERS_A_SESSION


def test_poison_stops_nobody(ward: Make) -> None:
    met = stood(ward(), "poison", *Poison.TRICKS)
    for trick in ("garbage", "a huge frame", "a deep frame", "an endless array"):
        assert errors(met[trick]).strip(), trick
    for trick in ("a bomb", "noise", "grants to itself", "revokes everybody", "a long chain"):
        assert not errors(met[trick]).strip(), trick


def test_nothing_that_is_said_again_counts_again(ward: Make) -> None:
    here = ward()
    for trick in Replay.TRICKS:
        here.turn("replay", trick)
        here.meet_all(name=f"{trick[:3]}")
    here.assert_unharmed()
