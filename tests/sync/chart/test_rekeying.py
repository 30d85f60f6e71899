"""A new epoch whose revocations or readers are too many for one operation."""

import pytest
from ward import Clinic, Ward, random_history

from sync.access import epochs
from sync.acts import Rekey, Revoke
from sync.chart import rekeying
from sync.chart.replica import ChartReplica
from sync.grantee import Device, Right


def replica_of(clinic: Clinic) -> ChartReplica:
    assert clinic.replica is not None
    return clinic.replica


def revoke_itself(clinic: Clinic, times: int) -> None:
    """A grantee ends its own access again and again: each time counts for ever."""
    for _ in range(times):
        author = clinic.author()
        under = next(
            identity
            for identity, granted in author.replica.fold.grants.items()
            if granted.to == Device(clinic.signer.public)
        )
        lane = author.replica.access_lane
        epoch = next(iter(author.replica.keyring.of_lane(lane)))
        author._write_deed([Revoke(Device(clinic.signer.public), ())], under, epoch, personal=True)


def usable_care(clinic: Clinic) -> epochs.Epoch | None:
    replica = replica_of(clinic)
    lane = replica.charter.lane("care")
    held = replica.keyring.of_lane(lane)
    return epochs.usable_epoch(replica.fold, clinic.signer.public, lane, set(held), clinic.now)


def test_more_revocations_than_an_operation_holds_leave_the_chart_writable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rekeying, "KNEW_PER_OPERATION_MAX", 5)
    monkeypatch.setattr(rekeying, "KNEW_PLAIN_MAX", 3)
    ward = Ward(1)
    first, flooding = ward.clinics[:2]
    first.grant(flooding)
    flooding.learn_from(first)
    revoke_itself(flooding, 23)
    first.learn_from(flooding)
    written = first.write("care", "r1", "after the flood")
    replica = replica_of(first)
    assert written.id in replica.fold.merged
    found = usable_care(first)
    assert found is not None
    assert found.knew == replica.fold.counted
    assert len(replica.fold.counted) == 23
    longest = max(
        len(act.knew)
        for deed in replica.deeds.values()
        for act in deed.acts
        if isinstance(act, Rekey)
    )
    assert longest <= 5


def test_the_next_epoch_names_only_what_is_new(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rekeying, "KNEW_PLAIN_MAX", 3)
    ward = Ward(2)
    first, flooding, other = ward.clinics[:3]
    first.grant(flooding)
    first.grant(other)
    flooding.learn_from(first)
    revoke_itself(flooding, 12)
    first.learn_from(flooding)
    first.write("care", "r1", "one")
    before = set(replica_of(first).deeds)
    first.revoke(other)
    first.write("care", "r1", "two")
    fresh = [
        act
        for operation, deed in replica_of(first).deeds.items()
        if operation not in before
        for act in deed.acts
        if isinstance(act, Rekey)
    ]
    assert fresh
    assert max(len(act.knew) for act in fresh) == 1
    assert all(act.knew_from is not None for act in fresh)


def test_more_readers_than_an_operation_boxes_all_open_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rekeying, "BOXES_PER_OPERATION_MAX", 2)
    ward = Ward(3)
    first, *others = ward.clinics
    for other in others:
        first.grant(other)
        other.learn_from(first)
    first.revoke(others[0])
    written = first.write("care", "r1", "for the others")
    for other in others[1:]:
        other.learn_from(first)
        entry = replica_of(other).entry(written)
        assert entry is not None
        assert usable_care(other) is not None
    assert usable_care(first) is not None


def test_whoever_learns_of_a_long_list_later_derives_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rekeying, "KNEW_PER_OPERATION_MAX", 2)
    monkeypatch.setattr(rekeying, "KNEW_PLAIN_MAX", 1)
    monkeypatch.setattr(rekeying, "BOXES_PER_OPERATION_MAX", 2)
    for seed in range(30):
        ward = random_history(seed)
        holders = [one for one in ward.clinics if one.replica is not None]
        for one in holders:
            for other in holders:
                if one is not other:
                    one.learn_from(other)
        for one in holders:
            standing = replica_of(one).fold.standing(
                one.signer.public, Right.APPEND, replica_of(one).charter.lane("care"), one.now
            )
            if standing:
                one.write("care", "r9", f"by {seed}")
                found = usable_care(one)
                assert found is not None
                assert found.knew == replica_of(one).fold.counted
