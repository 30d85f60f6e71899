"""Digests that are kept from session to session are those that a fresh look at the store gives."""

import contextlib
import random
from datetime import UTC, datetime

import pytest
from clinics import ALL_LANES, DAY_MILLISECONDS, Clinic, Make, observation, pair, patient, synced

from node.application.errors import NoStanding, NothingToRevoke
from node.application.syncing.peer_digests import PeerDigests
from sync.digest import shared_root
from sync.session.replica import Stage


def assert_kept_as_fresh(clinics: list[Clinic]) -> None:
    """Compare what each clinic keeps of each other one with what it finds when it looks anew."""
    for one in clinics:
        for other in clinics:
            if one is other:
                continue
            node = one.node
            kept = node._digests.of(other.device)
            fresh = PeerDigests(node.context, node._charts, other.device)
            for stage in Stage:
                assert list(kept.places(stage)) == list(fresh.places(stage))
                assert kept.places(stage).root == shared_root(list(fresh.places(stage)))
            assert kept.parted() == fresh.parted()


class Undone(Exception):
    """What undoes a transaction on purpose."""


def take_in_vain(one: Clinic, other: Clinic, number: int) -> None:
    """Write a chart and look at it within a transaction that is undone."""
    with one.node.context.store.transaction():
        one.take(patient(f"u{number}", f"Undone{number} Of{number}"))
        one.node._digests.of(other.device).places(Stage.CONTENT)
        raise Undone


def live(clinics: list[Clinic], draws: random.Random, number: int) -> None:
    """Let one of the things happen that change what is shared."""
    one, other = draws.sample(clinics, 2)
    held = one.charts()
    match draws.randrange(8):
        case 0 | 1:
            one.take(
                patient(f"p{number}", f"Name{number} Of{number}"), observation("o", f"p{number}")
            )
        case 2 | 3:
            synced(one, other)
        case 4:
            until = one.clock.milliseconds + draws.randrange(DAY_MILLISECONDS)
            text = datetime.fromtimestamp(until / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            with contextlib.suppress(NoStanding):
                one.node.grant(
                    draws.choice([*held, "all"]) if held else "all",
                    to=other.name,
                    lanes=draws.sample(ALL_LANES, 2),
                    until=draws.choice([None, text]),
                    history=True,
                )
        case 5 if held:
            with contextlib.suppress(NothingToRevoke):
                one.node.revoke("all", from_=other.name)
        case 6:
            for clinic in clinics:
                clinic.clock.milliseconds += draws.choice([-1000, 3600_000, DAY_MILLISECONDS // 3])
        case 7 if held:
            with pytest.raises(Undone):
                take_in_vain(one, other, number)
            one.node._charts.forget_all()


@pytest.mark.parametrize("seed", range(4))
def test_what_is_kept_of_a_peer_is_what_a_fresh_look_finds(clinic: Make, seed: int) -> None:
    clinics = [clinic(name) for name in ("A", "B", "C")]
    pair(*clinics)
    draws = random.Random(seed)
    for number in range(25):
        live(clinics, draws, number)
        assert_kept_as_fresh(clinics)


def test_nothing_is_looked_at_again_while_nothing_changes(
    clinic: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = clinic("A"), clinic("B")
    pair(a, b)
    a.take(*(patient(f"p{number}", f"Name{number} Of{number}") for number in range(5)))
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(a, b)
    looked: list[object] = []
    real = PeerDigests._look_at_one

    def looking(self: PeerDigests, *given: object) -> None:
        looked.append(given[0])
        real(self, *given)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(PeerDigests, "_look_at_one", looking)
    outcome, _ = synced(a, b)
    assert outcome.level
    looked.clear()
    outcome, _ = synced(a, b)
    assert (outcome.level, looked) == (True, [])
    a.take(observation("new", "p1"))
    synced(a, b)
    assert len(set(looked)) == 1


def test_two_peers_do_not_push_each_other_out_while_there_is_room(clinic: Make) -> None:
    a, b, c = clinic("A"), clinic("B"), clinic("C")
    pair(a, b, c)
    first = a.node._digests.of(b.device)
    a.node._digests.of(c.device)
    assert a.node._digests.of(b.device) is first


def test_of_many_places_only_the_peer_that_was_met_last_is_remembered(
    clinic: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("node.application.syncing.peer_digests.places_remembered_max", 3)
    a, b, c = clinic("A"), clinic("B"), clinic("C")
    pair(a, b, c)
    a.take(patient("p1"))
    a.node.grant("all", to="B", lanes=ALL_LANES)
    first = a.node._digests.of(b.device)
    assert len(first.places(Stage.CONTENT)) == 3
    a.node._digests.of(c.device).places(Stage.CONTENT)
    a.node._digests.of(c.device)
    assert a.node._digests.of(b.device) is not first
