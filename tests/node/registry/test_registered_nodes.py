"""Whole nodes judge by proven facts: revocations travel, strangers and old proofs are held back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import (
    ALL_LANES,
    DAY_MILLISECONDS,
    Clinic,
    Wire,
    drive,
    level,
    observation,
    pair,
    patient,
    synced,
)
from made_registry import SIGNERS
from registered_clinics import NETWORK, Chain, peer_verdict, registered, revoked, suspended

from contracts.packing import Kind
from node.application.access.gates import PROVEN
from node.application.access.releasing import releasable
from node.application.errors import PeerDenied, PeerUnproven, ReleaseRefused, ReleaseUnproven
from node.application.syncing.stored_facts import SIGNED, StoredRegistryShelf
from node.registry.checkpoint import sign_checkpoint
from node.registry.fact import FactKey
from node.registry.shared_registry import SharedRegistry
from node.registry.subjects import credential_key, organisation_key
from node.registry.verdict import State
from sync.access.duties import OwedKey
from sync.acts import Notice
from sync.errors import SessionError
from sync.identifiers import SealingKey

Ward = tuple[Chain, Clinic, Clinic, Clinic, Clinic, str]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    """Clinic A shares a chart with a tablet, with clinic B, and with a relay that carries it."""
    chain = Chain()
    with registered(tmp_path, "A", "tablet", "B", "relay") as (a, tablet, b, relay):
        pair(a, tablet, b, relay)
        chain.enlist(a, tablet, b, relay)
        chain.seen_by(a)
        a.take(patient("p1"), observation("before", "p1"))
        (chart,) = a.charts()
        for to in (tablet, b):
            a.node.grant(chart, to=to.organisation, lanes=ALL_LANES, history=True)
        a.node.grant(chart, to=relay.organisation, lanes=ALL_LANES, rights="relay")
        level(a, tablet, b, relay)
        yield chain, a, tablet, b, relay, chart


def as_results(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def notices(clinic: Clinic, chart: str) -> list[bytes]:
    return [
        bytes(revocation.act.device)
        for revocation in clinic.replica(chart).fold.revoked.values()
        if isinstance(revocation.act, Notice)
    ]


def test_facts_follow_the_shared_charts_and_a_level_pair_still_parts_after_one_round_trip(
    ward: Ward,
) -> None:
    _, a, tablet, b, relay, _ = ward
    for one in (tablet, b, relay):
        assert peer_verdict(one, a).state is State.ALLOW
    wire = Wire()
    mine, _ = synced(a, b, wire=wire)
    assert mine.round_trips == 1
    assert len(wire.frames) == 2
    assert all(len(frame) <= 250 for _, frame in wire.frames)


def test_a_relay_brings_a_revocation_to_a_clinic_that_never_saw_the_chain(ward: Ward) -> None:
    chain, a, tablet, b, relay, chart = ward
    chain.revoke(tablet)
    chain.seen_by(relay)  # it heard of it, and is no writer of the chart
    assert notices(relay, chart) == []
    synced(relay, b)
    assert notices(b, chart) == [tablet.device]
    assert peer_verdict(b, tablet).state is State.DENY
    b.add(chart, observation("after", "p1"))
    assert "after" not in {r["id"] for r in tablet.resources()}
    with pytest.raises(PeerDenied, match="revoked"):
        b.node.session(tablet.device, initiator=True)
    level(a, b, relay)
    assert notices(a, chart) == [tablet.device]
    assert {"before", "after"} <= {r["id"] for r in a.resources()}
    assert a.quarantined() == b.quarantined() == {}


def test_a_refused_tablet_is_told_and_given_nothing(ward: Ward) -> None:
    chain, a, tablet, _, _, chart = ward
    chain.revoke(tablet)
    chain.seen_by(a)
    a.add(chart, observation("after", "p1"))
    mine = tablet.node.session(a.device, initiator=True)
    theirs = a.node.session(tablet.device, initiator=False)
    with pytest.raises(SessionError, match="refuses this device"):
        list(drive(mine, theirs))
    assert theirs.finished
    assert peer_verdict(tablet, tablet).state is State.DENY
    assert "after" not in {r["id"] for r in tablet.resources()}


def test_a_revocation_is_obeyed_in_the_session_that_brings_it(ward: Ward) -> None:
    chain, a, tablet, b, _, chart = ward
    chain.revoke(tablet)
    chain.seen_by(tablet)  # it carries the proof against itself
    a.add(chart, observation("later", "p1"))
    mine = b.node.session(tablet.device, initiator=True)
    theirs = tablet.node.session(b.device, initiator=False)
    with pytest.raises(SessionError, match="refuses this device"):
        list(drive(mine, theirs))
    assert mine.outcome.denied is not None
    b.node.settle()
    assert notices(b, chart) == [tablet.device]


def test_what_the_tablet_wrote_before_stays_merged_and_later_writes_wait(ward: Ward) -> None:
    chain, a, tablet, _, _, chart = ward
    tablet.add(chart, observation("in-time", "p1"))
    synced(a, tablet)
    chain.revoke(tablet)
    chain.seen_by(a)
    assert notices(a, chart) == [tablet.device]
    assert "in-time" in {r["id"] for r in a.resources()}
    assert a.quarantined() == {}


def test_a_peer_that_lies_ends_the_session_and_nothing_of_it_is_kept(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, _, tablet, b, relay, chart = ward
    chain.revoke(tablet)
    chain.seen_by(relay)
    true = PROVEN + chain.snapshot().encode()
    before = b.node.context.store.registry_facts.all()
    shelf = "node.application.syncing.stored_facts.StoredRegistryShelf.parcels"
    for bad in (true[:-40] + bytes(40), b"noise", b"", true[:-1], SIGNED + b"noise"):
        monkeypatch.setattr(shelf, lambda *_, bad=bad: [true, bad])
        mine = b.node.session(relay.device, initiator=True)
        theirs = relay.node.session(b.device, initiator=False)
        with pytest.raises(SessionError, match=r"cannot prove|is none"):
            list(drive(mine, theirs))
        b.node.settle()
        assert b.node.context.store.registry_facts.all() == before
        assert notices(b, chart) == []


def test_a_suspension_denies_and_writes_no_notice(ward: Ward) -> None:
    chain, a, tablet, b, _, chart = ward
    chain.accredit(tablet.node.context.identity.organisation, suspended())
    chain.seen_by(a)
    assert peer_verdict(a, tablet).state is State.DENY
    with pytest.raises(PeerDenied, match="suspended"):
        a.node.session(tablet.device, initiator=True)
    assert notices(a, chart) == []
    chain.accredit(tablet.node.context.identity.organisation)
    a.clock.milliseconds += 1_000_000
    chain.seen_by(a)
    tablet.clock.milliseconds = a.clock.milliseconds
    synced(a, tablet)
    synced(a, b)


def test_a_stranger_is_served_by_a_fresh_proof_alone(tmp_path: Path) -> None:
    chain = Chain()
    with registered(tmp_path, "A", "B", "stranger") as (a, b, stranger):
        pair(a, b)
        pair(b, stranger)
        chain.enlist(a, b, stranger)
        chain.seen_by(a, b)
        with pytest.raises(PeerUnproven):
            a.node.session(stranger.device, initiator=False)
        b.take(patient("p1"))
        (chart,) = b.charts()
        b.node.grant(chart, to=a.organisation, lanes=ALL_LANES)
        b.node.grant(chart, to=stranger.organisation, lanes=ALL_LANES)
        synced(b, a)
        # Its roster came with the chart, its credential is proven: no card is needed.
        assert a.node.session(stranger.device, initiator=False) is not None
        a.clock.milliseconds += 25 * 3600 * 1000
        with pytest.raises(PeerUnproven, match="older than"):
            a.node.session(stranger.device, initiator=False)
        chain.disaster(a.clock() // 1000 + 30 * 24 * 3600)
        chain.seen_by(a)
        a.clock.milliseconds += 6 * DAY_MILLISECONDS
        assert a.node.session(stranger.device, initiator=False) is not None
        a.clock.milliseconds += 2 * DAY_MILLISECONDS
        with pytest.raises(PeerUnproven, match="older than"):
            a.node.session(stranger.device, initiator=False)


def test_care_goes_on_for_ten_days_without_a_chain_and_new_keys_wait_for_an_admin(
    ward: Ward, tmp_path: Path
) -> None:
    chain, a, tablet, b, _, chart = ward
    with registered(tmp_path / "more", "C", "nobody") as (c, nobody):
        pair(a, c, nobody)
        chain.enlist(c)
        chain.seen_by(a)
        for one in (a, b, tablet):
            one.clock.milliseconds += 10 * DAY_MILLISECONDS
        b.add(chart, observation("day-ten", "p1"))
        level(a, b, tablet)
        assert "day-ten" in {r["id"] for r in a.resources()}
        assert a.quarantined() == {}
        assert "10 days old" in str(a.node.chart_show(chart)["registry"])
        with pytest.raises(ReleaseUnproven, match="10 days old"):
            a.node.grant(chart, to=c.organisation, lanes=ALL_LANES)
        with pytest.raises(ReleaseRefused):
            a.node.grant(chart, to=nobody.organisation, lanes=ALL_LANES, override="please")
        told = a.node.grant(
            chart, to=c.organisation, lanes=ALL_LANES, override="flood, C takes over"
        )
        assert told["override"] == "flood, C takes over"
        (override,) = a.node.context.store.overrides.of_chart(a.charter(chart).chart)
        assert override.reason == "flood, C takes over"
        kinds = [entry.kind for entry in a.node.context.store.audit.entries()]
        assert "grant override" in kinds
        a.take(patient("p2", "Bo Lind"), observation("o2", "p2"))
        assert len(a.charts()) == 2


def test_charts_of_nodes_with_other_networks_are_shared_without_facts(tmp_path: Path) -> None:
    from made_registry import network

    chain = Chain()
    with (
        registered(tmp_path / "one", "A") as (a,),
        registered(tmp_path / "two", "B", network=network(name="another")) as (b,),
        registered(tmp_path / "three", "C", network=None) as (c,),
    ):
        pair(a, b, c)
        chain.enlist(a, b, c)
        chain.seen_by(a)
        a.take(patient("p1"), observation("o1", "p1"))
        (chart,) = a.charts()
        for one in (b, c):
            a.node.grant(chart, to=one.organisation, lanes=ALL_LANES, history=True)
        level(a, b, c)
        for one in (b, c):
            assert {"p1", "o1"} <= {r["id"] for r in one.resources()}
        mine, _ = synced(a, b)
        assert mine.round_trips == 1
        chain.revoke(c)
        chain.seen_by(a)
        # A notice proves itself to whoever holds the chart, whatever network they know.
        with pytest.raises(PeerDenied):
            a.node.session(c.device, initiator=True)
        synced(a, b)
        assert notices(b, chart) == [c.device]


def test_owed_keys_of_a_new_receiver_wait_for_a_proof_and_nobodys_are_for_the_denied(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, a, _, b, _, chart = ward
    replica = a.replica(chart)
    lane = replica.charter.lane("care")
    (epoch, *_) = replica.keyring.of_lane(lane)
    context, to = a.node.context, b.node.context.identity.group_opener("all", 0).public
    owed = [OwedKey(lane, epoch, to), OwedKey(lane, epoch, SealingKey(bytes(32)))]

    def given() -> list[OwedKey]:
        return releasable(context, replica, owed, a.clock())

    assert given() == owed
    a.clock.milliseconds += 2 * DAY_MILLISECONDS
    assert given() == owed  # it holds keys of this chart already
    monkeypatch.setattr("node.application.access.releasing._known", lambda _: set())
    assert given() == owed[1:]  # who has no grant broke the glass: that waits for nobody
    monkeypatch.undo()
    chain.accredit(b.node.context.identity.organisation, suspended())
    chain.seen_by(a)
    assert given() == owed[1:]


def test_names_are_called_verified_only_by_proof(ward: Ward) -> None:
    chain, a, tablet, b, _, chart = ward
    tablet.add(chart, observation("by-tablet", "p1"))
    level(a, tablet, b)
    (line,) = [each for each in b.node.chart_history(chart) if "by-tablet" in str(each["changes"])]
    assert line["labels"] == []
    assert str(line["verdict"]).startswith("allow: the practitioner's credential stands (as of")
    owner = tablet.node.context.identity.owner.public
    chain.credential(tablet.node.context.identity.organisation, owner, revoked(Kind.PRACTITIONER))
    chain.seen_by(b)
    (line,) = [each for each in b.node.chart_history(chart) if "by-tablet" in str(each["changes"])]
    labels = line["labels"]
    assert isinstance(labels, list)
    (label,) = labels
    assert str(label).startswith("author not verified since 2026-")
    assert str(label).endswith("the practitioner's credential is revoked")
    assert "by-tablet" in {r["id"] for r in b.resources()}


def test_operations_say_which_snapshot_their_author_had(ward: Ward) -> None:
    _, a, _, b, _, chart = ward
    b.add(chart, observation("o9", "p1"))
    anchor = b.node.context.registry.anchor()
    assert anchor is not None
    written = [o for o in b.replica(chart).operations.values() if o.prefix.device == b.device]
    assert written[-1].prefix.registry == anchor
    synced(a, b)


def test_a_relay_carries_signatures_until_there_are_enough(ward: Ward) -> None:
    _, a, _, b, relay, _ = ward
    block, block_hash = 17_900_000, b"b" * 32
    for clinic, signer in ((a, SIGNERS[0]), (b, SIGNERS[1])):
        one = sign_checkpoint(signer, NETWORK.fingerprint, block, block_hash)
        partial = clinic.node.context.store.partial_checkpoints
        assert partial.add(one, NETWORK.fingerprint, NETWORK.signer_set)
    assert b.node.context.store.partial_checkpoints.whole(NETWORK.signer_set, block) is None
    synced(a, relay)
    synced(relay, b)
    held = b.node.context.store.partial_checkpoints
    whole = held.whole(NETWORK.signer_set, block)
    assert whole is not None
    assert (whole.block, whole.block_hash, len(whole.signatures)) == (block, block_hash, 2)
    mine, _ = synced(relay, b)
    assert mine.round_trips == 1
    stranger = sign_checkpoint(SIGNERS[6], NETWORK.fingerprint, block, block_hash)
    shelf = StoredRegistryShelf.__new__(StoredRegistryShelf)
    shelf._context, shelf._registry = b.node.context, shared(b)
    shelf._keep_signed([stranger])
    assert held.whole(NETWORK.signer_set, block) == whole
    ahead = [
        sign_checkpoint(signer, NETWORK.fingerprint, block + 1, block_hash)
        for signer in SIGNERS[:2]
    ]
    assert all(held.add(each, NETWORK.fingerprint, NETWORK.signer_set) for each in ahead)
    assert held.whole(NETWORK.signer_set, block) == whole, "what is ahead hides nothing"


def shared(clinic: Clinic) -> SharedRegistry:
    registry = clinic.node.context.registry
    assert isinstance(registry, SharedRegistry)
    return registry


def test_a_standing_rule_gives_nothing_new_to_the_suspended_and_does_not_age(ward: Ward) -> None:
    chain, a, _, b, _, _ = ward
    a.node.grant("all", to=b.organisation, lanes=ALL_LANES)
    a.clock.milliseconds += 10 * DAY_MILLISECONDS
    a.take(patient("p2", "Bo Lind"))
    chain.accredit(b.node.context.identity.organisation, suspended())
    chain.seen_by(a)
    a.take(patient("p3", "Cy Moe"))
    given = {
        str(a.node.chart_show(chart)["name"])
        for chart in a.charts()
        if a.replica(chart).fold.was_granted(b.device)
    }
    assert len(given) == 2
    assert not any("Moe" in name for name in given)


def test_facts_about_who_shares_no_chart_reach_nobody(tmp_path: Path) -> None:
    chain = Chain()
    with registered(tmp_path, "A", "B", "stranger") as (a, b, stranger):
        pair(a, b, stranger)
        chain.enlist(a, b, stranger)
        chain.seen_by(a)
        a.take(patient("p1"), patient("p2", "Bo Lind"))
        one, other = a.charts()
        a.node.grant(one, to=b.organisation, lanes=ALL_LANES)
        a.node.grant(other, to=stranger.organisation, lanes=ALL_LANES)
        synced(a, b)
        synced(a, stranger)
        told = {held.key for held in b.node.context.store.registry_facts.all()}
        assert told
        for key in keys_of(stranger):
            assert a.node.context.store.registry_facts.get(key) is not None
            assert key not in told
        chain.revoke(stranger)
        wire = Wire()
        chain.seen_by(a, asked=[key.slot for key in keys_of(stranger)])
        mine, _ = synced(a, b, wire=wire)
        assert len(wire.frames) == 2
        assert mine.round_trips == 1


def keys_of(clinic: Clinic) -> list[FactKey]:
    identity = clinic.node.context.identity
    return [
        organisation_key(identity.organisation),
        credential_key(identity.organisation, identity.device),
    ]


def test_a_chart_of_no_network_gets_no_notice_and_doctor_says_so(tmp_path: Path) -> None:
    chain = Chain()
    with (
        registered(tmp_path / "one", "A", "tablet") as (a, tablet),
        registered(tmp_path / "two", "plain", network=None) as (plain,),
    ):
        pair(a, tablet, plain)
        chain.enlist(a, tablet, plain)
        plain.take(patient("p1"))
        (chart,) = plain.charts()
        for to in (a, tablet):
            plain.node.grant(chart, to=to.organisation, lanes=ALL_LANES)
        level(plain, a, tablet)
        chain.revoke(tablet)
        chain.seen_by(a)
        assert notices(a, chart) == []
        findings = str(a.node.doctor()["findings"])
        assert "the registry cannot end the access of" in findings
        assert tablet.did in findings
        plain.node.revoke(chart, from_=tablet.organisation)
        synced(plain, a)
        assert "the registry cannot end" not in str(a.node.doctor()["findings"])


def test_the_registry_s_status_tells_a_revoked_device_from_its_organisation(ward: Ward) -> None:
    chain, a, tablet, *_ = ward
    chain.revoke(tablet)
    chain.seen_by(a)
    told = a.node.registry_desk.status()
    peers = {one["name"]: one["state"] for one in as_results(told["peers"])}
    assert peers == {"tablet": "deny", "B": "allow", "relay": "allow"}
    organisations = {one["name"]: one["state"] for one in as_results(told["organisations"])}
    assert organisations["tablet"] == "allow"


def test_a_credential_is_looked_up_by_whoever_the_charts_say_issued_it(ward: Ward) -> None:
    chain, a, tablet, b, _, _ = ward
    chain.revoke(tablet)
    chain.seen_by(a)
    synced(a, b)
    b.node.peers_remove("tablet")
    told = b.node.governance.check(tablet.did, None)
    assert told["issuer"] == tablet.organisation
    assert told["standing"] == "deny"
