"""What the store keeps of the node itself: peers, instances, certificates, rules, audit."""

import dataclasses

import pytest
from stored_charts import NOW_MILLISECONDS, Author, make_charter

from node.errors import PeerNameTaken
from node.limits import sessions_remembered_per_device_max
from node.store.audit import AuditRoot
from node.store.meetings import Meeting
from node.store.peers import Peer
from node.store.standing_rules import StandingRule
from node.store.store import Store
from sync.certificate import certify
from sync.grantee import RIGHTS_BY_NAME, Basis, Device, GivenBy, Group, How, Right
from sync.identifiers import CertificateId, DeviceKey, InstanceId, OrganisationAddress, SealingKey
from sync.limits import certificate_age_seconds_max
from sync.signing import Signer

NURSE = Signer(b"n" * 32)
HERE = DeviceKey(b"h" * 32)
NOW = NOW_MILLISECONDS
PEER = Peer(
    name="Clinic B",
    device=DeviceKey(b"b" * 32),
    sealing=SealingKey(b"s" * 32),
    organisation=OrganisationAddress(b"o" * 20),
    card=b"card",
    addresses=("/ip4/10.0.0.2/tcp/4001", "/dns4/b.example/tcp/4001"),
    added_at_milliseconds=NOW,
)
OTHER = dataclasses.replace(PEER, name="Relay", device=DeviceKey(b"c" * 32))
MEETING = Meeting(PEER.device, NOW, 1, 2, 300, 400, "done")
RULE = StandingRule(
    id=b"r" * 16,
    to=Group(OrganisationAddress(b"o" * 20), "all"),
    lanes=frozenset({"summary", "care"}),
    rights=RIGHTS_BY_NAME["append"],
    basis=Basis.CONSENT,
    given_by=GivenBy.GUARDIAN,
    how=How.SPOKEN,
    until_milliseconds=NOW + 1,
    history=True,
    sealing=None,
    sealing_signature=None,
    made_at_milliseconds=NOW,
)


def test_a_setting_is_kept_replaced_and_removed(store: Store) -> None:
    assert store.settings.get("name") is None
    store.settings.put("name", b"one")
    store.settings.put("name", b"two")
    assert store.settings.get("name") == b"two"
    store.settings.remove("name")
    assert store.settings.get("name") is None


@pytest.mark.parametrize("number", [0, -1, 1, -(1 << 63), (1 << 64) - 1])
def test_a_number_is_kept_as_it_is(store: Store, number: int) -> None:
    store.settings.put_number("number", number)
    assert store.settings.get_number("number") == number


def test_a_peer_is_found_by_name_device_and_organisation(store: Store) -> None:
    store.peers.put(OTHER)
    store.peers.put(PEER)
    assert store.peers.named("clinic b") == PEER
    assert store.peers.of_device(PEER.device) == PEER
    assert store.peers.of_organisation(PEER.organisation) == [PEER, OTHER]
    assert store.peers.all() == [PEER, OTHER]
    assert store.peers.named("clinic") is None


def test_a_newer_card_of_a_device_replaces_the_older_one(store: Store) -> None:
    store.peers.put(PEER)
    moved = dataclasses.replace(PEER, name="Clinic North", card=b"newer", addresses=())
    store.peers.put(dataclasses.replace(moved, added_at_milliseconds=NOW + 1))
    assert store.peers.all() == [moved]


def test_a_name_belongs_to_one_peer(store: Store) -> None:
    store.peers.put(PEER)
    with pytest.raises(PeerNameTaken):
        store.peers.put(dataclasses.replace(OTHER, name="CLINIC B"))
    assert store.peers.all() == [PEER]


def test_a_removed_peer_is_unknown(store: Store) -> None:
    store.peers.put(PEER)
    assert store.peers.remove(PEER.device)
    assert not store.peers.remove(PEER.device)
    assert store.peers.all() == []


def test_meetings_are_told_the_newest_first_and_the_oldest_go(store: Store) -> None:
    count = sessions_remembered_per_device_max + 3
    store.meetings.add(dataclasses.replace(MEETING, device=OTHER.device))
    for number in range(count):
        store.meetings.add(dataclasses.replace(MEETING, ended_at_milliseconds=NOW + number))
    found = store.meetings.with_device(PEER.device)
    assert [one.ended_at_milliseconds - NOW for one in found] == list(range(count - 1, 2, -1))
    assert len(store.meetings.with_device(OTHER.device)) == 1


def test_the_last_receipt_of_a_device_is_kept(store: Store) -> None:
    assert store.meetings.receipt(PEER.device) is None
    store.meetings.keep_receipt(PEER.device, b"one", NOW)
    store.meetings.keep_receipt(PEER.device, b"two", NOW + 1)
    assert store.meetings.receipt(PEER.device) == (b"two", NOW + 1)


def test_the_last_instance_begun_is_the_one_that_writes(store: Store) -> None:
    first, second = InstanceId(b"1" * 16), InstanceId(b"0" * 16)
    assert store.own_instances.current() is None
    store.own_instances.begin(first, NOW)
    store.own_instances.begin(second, NOW)
    assert store.own_instances.current() == second
    assert store.own_instances.all() == [first, second]


def test_the_latest_time_seen_only_grows_until_another_instance_begins(store: Store) -> None:
    assert store.own_instances.latest_milliseconds() is None
    store.own_instances.see_time(NOW)
    store.own_instances.see_time(NOW - 1)
    assert store.own_instances.latest_milliseconds() == NOW
    store.own_instances.begin(InstanceId(b"1" * 16), 7)
    assert store.own_instances.latest_milliseconds() == 7


def test_the_instance_token_is_kept(store: Store) -> None:
    assert store.own_instances.token() is None
    store.own_instances.keep_token(b"token")
    assert store.own_instances.token() == b"token"


def test_the_certificate_that_holds_now_is_found(store: Store) -> None:
    instance = InstanceId(b"i" * 16)
    morning = certify(NURSE, HERE, instance, NOW)
    noon = certify(NURSE, HERE, instance, NOW + 1_000)
    tomorrow = certify(NURSE, HERE, instance, NOW + 86_400_000)
    for certificate in (morning, noon, tomorrow, noon):
        store.certificates.add(certificate)
    current = store.certificates.current
    assert current(NURSE.public, instance, NOW) == morning
    assert current(NURSE.public, instance, NOW + 1_000) == noon
    assert current(NURSE.public, instance, NOW - 1) is None
    late = NOW + 1_000 + certificate_age_seconds_max * 1_000
    assert current(NURSE.public, instance, late) == noon
    assert current(NURSE.public, instance, late + 1) is None
    assert current(NURSE.public, InstanceId(bytes(16)), NOW) is None
    assert current(HERE, instance, NOW) is None
    assert store.certificates.get(morning.id) == morning
    assert store.certificates.get(CertificateId(bytes(32))) is None


def test_a_standing_rule_stands_until_it_is_ended(store: Store) -> None:
    other = dataclasses.replace(
        RULE,
        id=b"q" * 16,
        to=Device(PEER.device),
        sealing=PEER.sealing,
        sealing_signature=bytes(64),
        rights=Right.RELAY,
        until_milliseconds=None,
        history=False,
        made_at_milliseconds=NOW + 1,
    )
    store.standing_rules.add(RULE)
    store.standing_rules.add(other)
    assert store.standing_rules.standing() == [RULE, other]
    assert store.standing_rules.standing(other.to) == [other]
    assert store.standing_rules.end(RULE.id, NOW + 5)
    assert not store.standing_rules.end(RULE.id, NOW + 6)
    assert store.standing_rules.standing() == [other]
    assert store.standing_rules.all() == [
        dataclasses.replace(RULE, ended_at_milliseconds=NOW + 5),
        other,
    ]


def audited(store: Store) -> None:
    chart = make_charter("chart").chart
    store.audit.append("read", chart, NURSE.public, NOW)
    store.audit.append("sync", None, None, NOW + 1)
    store.audit.append("read", chart, Author("a").signer.public, NOW - 5)


def test_an_audit_that_nobody_touched_verifies(store: Store) -> None:
    assert store.audit.first_broken() is None
    audited(store)
    assert [entry.number for entry in store.audit.entries()] == [1, 2, 3]
    assert [entry.kind for entry in store.audit.entries(after=1, count_max=1)] == ["sync"]
    assert store.audit.first_broken() is None
    assert store.audit.first_broken(store.audit.root()) is None
    assert store.audit.root().number == 3


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit SET kind = 'sync' WHERE number = 1", 1),
        ("UPDATE audit SET at = at + 1 WHERE number = 2", 2),
        ("UPDATE audit SET chart = NULL WHERE number = 3", 3),
        ("UPDATE audit SET practitioner = NULL WHERE number = 1", 1),
        ("UPDATE audit SET hash = zeroblob(32) WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
    ],
)
def test_an_entry_that_was_changed_or_taken_out_shows(
    store: Store, tampering: str, broken: int
) -> None:
    audited(store)
    store.database.write(tampering)
    assert store.audit.first_broken() == broken
    assert store.findings() == [f"the audit is broken at entry {broken}"]


def test_a_root_kept_elsewhere_shows_missing_and_rewritten_ends(store: Store) -> None:
    audited(store)
    kept = store.audit.root()
    store.database.write("DELETE FROM audit WHERE number = 3")
    assert store.audit.first_broken() is None
    assert store.audit.first_broken(kept) == 3
    store.audit.append("import", None, None, NOW)
    assert store.audit.first_broken(kept) == 3
    assert store.audit.first_broken(AuditRoot(9, kept.hash)) == 4
