"""AUTHORITY rules 0 to 6: who may do what, and what ends it; each fails when switched off."""

from dataclasses import replace

import pytest
from ablation import Rule, always, check
from histories import (
    ADMIN,
    APPEND,
    READ,
    History,
    clinic,
    grant_to,
    notice_valid,
    organisation,
    person,
    roster,
)

from sync.access import Evidence, fold
from sync.acts import Grant, Handover, Revoke, RosterAct
from sync.grantee import Device, Group
from sync.identifiers import ChartId, act_id


def opening_a_chart_needs_no_root_signature() -> None:
    history = clinic()
    entry = history.data("nurse", history.all)
    assert entry.id in history.fold().merged


def an_operation_of_another_chart_is_none_of_this() -> None:
    history = clinic()
    other = History()
    other.charter = replace(other.charter, nonce=bytes(16))
    history.data("nurse", history.all)
    foreign = other.data("root", other.root)
    found = fold(
        Evidence(
            history.charter,
            [*history.operations.values(), foreign],
            history.deeds,
            notice_valid,
        )
    )
    assert foreign.id not in found.evidence.operations


def only_a_rosters_devices_act_for_a_group() -> None:
    history = clinic("nurse")
    entry = history.data("visitor", history.all)
    assert entry.id not in history.fold().merged


def a_grant_cannot_widen_its_parent() -> None:
    history = clinic()
    middle = history.give(
        "nurse", history.all, "visitor", ADMIN, [history.care], until_milliseconds=1000
    )
    for lanes, rights, until in [
        ([history.care, history.summary], APPEND, 1000),
        ([history.care], APPEND, None),
        ([history.care], APPEND, 1001),
    ]:
        grant = history.give("visitor", middle, "porter", rights, lanes, until_milliseconds=until)
        assert grant not in history.fold().grants
    within = history.give(
        "visitor", middle, "porter", APPEND, [history.care], until_milliseconds=999
    )
    assert within in history.fold().live


def a_reader_cannot_grant() -> None:
    history = clinic()
    middle = history.give("nurse", history.all, "visitor", APPEND)
    assert history.give("visitor", middle, "porter", READ) not in history.fold().grants


def a_grant_carries_a_key_that_its_device_signed() -> None:
    history = clinic()
    act = replace(
        grant_to(person("visitor"), APPEND, history.lanes), sealing=person("thief").sealing
    )
    assert history.did("nurse", history.all, act) not in history.fold().grants


def a_revoke_hits_only_what_its_author_is_above() -> None:
    history = clinic()
    left = history.give("nurse", history.all, "visitor", ADMIN)
    right = history.give("nurse", history.all, "porter", APPEND)
    history.revoke("visitor", left, "porter")
    assert right in history.fold().live


def a_group_never_ends_itself() -> None:
    history = clinic()
    history.revoke("nurse", history.all, history.group("all"), ())
    assert history.all in history.fold().live


def a_device_may_end_its_own_standing() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor", READ)
    history.revoke("visitor", own, "visitor")
    assert own not in history.fold().live


def a_member_device_is_barred_by_who_is_above_its_group() -> None:
    history = clinic()
    history.revoke("root", history.root, "nurse")
    late = history.data("nurse", history.all)
    other = history.data("doctor", history.all)
    found = history.fold()
    assert late.id in found.quarantined
    assert other.id in found.merged


def a_notice_bars_its_device_everywhere() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor", APPEND)
    history.notice("doctor", history.all, "visitor")
    assert history.data("visitor", own).id in history.fold().quarantined


def a_notice_is_carried_in_by_who_may_append() -> None:
    history = clinic()
    reader = history.give("nurse", history.all, "visitor", READ)
    history.notice("visitor", reader, "doctor", ())
    assert history.data("doctor", history.all).id in history.fold().merged


def a_revoke_counts_whatever_became_of_its_author() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor", APPEND)
    revoke = history.revoke("doctor", history.all, "visitor")
    history.notice("nurse", history.all, "doctor", ())
    found = history.fold()
    assert revoke in found.counted
    assert own not in found.live


def a_lower_admin_cannot_undo_a_revoke() -> None:
    history = clinic()
    lower = history.give("nurse", history.all, "porter", ADMIN)
    history.give("nurse", history.all, "visitor")
    revoke = history.revoke("nurse", history.all, "visitor")
    again = history.give("porter", lower, "visitor", despite={revoke})
    assert again not in history.fold().live


def the_revoker_gives_again_by_naming_the_revoke() -> None:
    history = clinic()
    first = history.give("nurse", history.all, "visitor")
    revoke = history.revoke("nurse", history.all, "visitor")
    replayed = history.give("doctor", history.all, "visitor")
    again = history.give("doctor", history.all, "visitor", despite={revoke})
    found = history.fold()
    assert again in found.live
    assert not {first, replayed} & found.live


def what_a_revoked_admin_granted_is_dead() -> None:
    history = clinic()
    middle = history.give("nurse", history.all, "visitor", ADMIN)
    below = history.give("visitor", middle, "porter", ADMIN)
    lowest = history.give("porter", below, "midwife")
    history.revoke("nurse", history.all, "visitor")
    assert not {middle, below, lowest} & history.fold().live


def a_barred_devices_grants_are_dead_unless_covered() -> None:
    history = clinic()
    before = history.give("doctor", history.all, "visitor")
    history.revoke("root", history.root, "doctor")
    after = history.give("doctor", history.all, "porter")
    found = history.fold()
    assert before in found.live
    assert after in found.grants
    assert after not in found.live


def a_handover_is_revoked_by_its_signer_alone() -> None:
    history = History(roots=("root", "second-root"))
    history.hand_over("root", "patient")
    history.revoke("second-root", history.root, "patient", ())
    assert history.fold().is_root(person("patient").key)
    history.revoke("root", history.root, "patient", ())
    assert not history.fold().is_root(person("patient").key)


RULES = [
    Rule(opening_a_chart_needs_no_root_signature, "grants._charter_grants", always([])),
    Rule(an_operation_of_another_chart_is_none_of_this, "evidence.is_of_chart", always(True)),
    Rule(only_a_rosters_devices_act_for_a_group, "membership.was_ever_member", always(True)),
    Rule(a_grant_cannot_widen_its_parent, "grants.lies_within", always(True)),
    Rule(a_reader_cannot_grant, "grants.lies_within", always(True)),
    Rule(a_grant_carries_a_key_that_its_device_signed, "grants.key_is_its_own", always(True)),
    Rule(
        a_revoke_hits_only_what_its_author_is_above,
        "revocations.Revocations.is_above",
        always(True),
    ),
    Rule(a_group_never_ends_itself, "revocations.may_revoke_itself", always(True)),
    Rule(a_device_may_end_its_own_standing, "revocations.may_revoke_itself", always(False)),
    Rule(
        a_member_device_is_barred_by_who_is_above_its_group,
        "revocations.bars_member",
        always(False),
    ),
    Rule(
        a_notice_bars_its_device_everywhere,
        "revocations.bars_everywhere",
        always(frozenset()),
    ),
    Rule(a_notice_is_carried_in_by_who_may_append, "revocations.may_notice", always(True)),
    Rule(
        a_revoke_counts_whatever_became_of_its_author,
        "revocations.hits_grant",
        lambda rule, found, revocation, granted: (
            rule(found, revocation, granted)
            and revocation.operation.prefix.device not in found.notices
        ),
    ),
    Rule(
        a_lower_admin_cannot_undo_a_revoke,
        "revocations.escapes",
        lambda _, __, revocation, granted: revocation.id in granted.despite,
    ),
    Rule(the_revoker_gives_again_by_naming_the_revoke, "revocations.escapes", always(False)),
    Rule(the_revoker_gives_again_by_naming_the_revoke, "revocations.escapes", always(True)),
    Rule(
        what_a_revoked_admin_granted_is_dead,
        "merging.is_live",
        lambda _, merging, grant: (
            not any(
                merging.revocations.counted[hit].target == merging.tree.by_id[grant].to
                for hit in merging.revocations.hits[grant]
            )
        ),
    ),
    Rule(
        a_barred_devices_grants_are_dead_unless_covered,
        "merging.is_live",
        lambda _, merging, grant: not merging.revocations.hits[grant],
    ),
    Rule(
        a_handover_is_revoked_by_its_signer_alone,
        "revocations.hits_handover",
        lambda _, revocation, handed: revocation.target == Device(handed.root.signing),
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_of_standing_holds_and_is_needed(
    rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    check(rule, monkeypatch)


def test_a_former_member_keeps_what_it_wrote_and_acts_until_barred() -> None:
    history = clinic("nurse", "doctor")
    history.act("nurse", history.all, RosterAct(roster("clinic", 2, (("all", 2, ("nurse",)),))))

    entry = history.data("doctor", history.all)

    assert entry.id in history.fold().merged


def test_a_roster_of_another_organisation_makes_nobody_a_member() -> None:
    history = clinic("nurse")
    stranger = roster("agency", 1, (("all", 1, ("visitor",)),))
    history.act("nurse", history.all, RosterAct(stranger))

    assert not history.fold().was_granted(person("visitor").key)
    assert Group(organisation("agency"), "all") in history.fold().membership.members


def test_a_malformed_roster_is_void_and_named() -> None:
    history = clinic()
    written = history.act("nurse", history.all, RosterAct(b"\xff"))

    assert history.fold().void == {act_id(written.id, 0)}


def test_a_notice_without_valid_proof_is_void() -> None:
    history = clinic()
    notice = history.notice("nurse", history.all, "doctor", (), proof=b"made up")

    found = history.fold()

    assert notice in found.void
    assert not found.counted


def test_a_re_grant_beside_its_revoke_names_it_by_place() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    visitor = person("visitor")
    again = grant_to(visitor, READ, [history.care], despite_here=frozenset({0}))
    written = history.act("doctor", history.all, Revoke(visitor.device, ()), again)

    found = history.fold()

    assert act_id(written.id, 1) in found.live
    assert found.standing(visitor.key, READ, history.care) == (act_id(written.id, 1),)


def test_a_root_stands_above_everything_and_needs_no_despite() -> None:
    history = clinic()
    history.revoke("nurse", history.all, "visitor", ())

    grant = history.give("root", history.root, "visitor")

    assert grant in history.fold().live


def test_any_roots_revoke_hits_the_whole_chart() -> None:
    history = History(roots=("root", "second-root"))
    history.enrol(("all", 1, ("nurse",)))
    given = history.give("root", history.root, "visitor")
    history.revoke("second-root", history.root, "visitor")

    again = history.give("root", history.root, "visitor")

    assert not {given, again} & history.fold().live


def test_two_admins_who_revoke_each_other_are_both_out() -> None:
    history = clinic()
    one = history.give("nurse", history.all, "visitor", ADMIN)
    two = history.give("visitor", one, "porter", ADMIN)
    other = history.give("nurse", history.all, "porter", ADMIN)
    below = history.give("porter", other, "visitor", ADMIN)
    history.revoke("visitor", one, "porter")
    history.revoke("porter", other, "visitor")

    live = history.fold().live

    assert not {two, below} & live
    assert {one, other} <= live, "neither stood above the other's own grant"


def test_a_handed_over_roots_grants_end_with_its_standing() -> None:
    history = clinic()
    history.hand_over("root", "patient")
    given = history.give("patient", history.root, "visitor")
    history.act("patient", history.root, Handover(person("heir").root))
    deeper = history.give("heir", history.root, "porter")
    assert {given, deeper} <= history.fold().live

    history.revoke("root", history.root, "patient")
    found = history.fold()

    assert not {given, deeper} & found.live
    assert not found.is_root(person("heir").key)
    assert history.data("heir", history.root).id in history.fold().quarantined


def test_a_charters_roots_cannot_be_ended() -> None:
    history = History(roots=("root", "second-root"))
    history.revoke("second-root", history.root, "root", ())

    assert history.fold().is_root(person("root").key)
    assert history.data("root", history.root).id in history.fold().merged


def test_standing_names_the_longest_lasting_grant_nearest_the_charter_first() -> None:
    history = clinic()
    key = person("visitor").key
    short = history.give("nurse", history.all, "visitor", until_milliseconds=5_000)
    middle = history.give("nurse", history.all, "porter", ADMIN)
    far = history.give("porter", middle, "visitor")
    near = history.give("nurse", history.all, "visitor")

    found = history.fold()

    assert found.standing(key, APPEND, history.care, 4_000) == (near, far, short)
    assert found.standing(key, APPEND, history.care, 5_000) == (near, far)
    assert found.standing(key, ADMIN) == ()


def test_an_expired_grant_entitles_to_nothing_and_unmerges_nothing() -> None:
    history = clinic()
    key = person("visitor").key
    own = history.give("nurse", history.all, "visitor", until_milliseconds=5_000)
    entry = history.data("visitor", own)

    found = history.fold()

    assert found.entitled_lanes(key, 4_999) == history.lanes
    assert found.entitled_lanes(key, 5_000) == frozenset()
    assert entry.id in found.merged


def test_a_grant_whose_parent_is_missing_waits_for_it_and_hurts_nothing() -> None:
    history = clinic()
    middle = history.act("nurse", history.all, grant_to(person("visitor"), ADMIN, history.lanes))
    below = history.give("visitor", act_id(middle.id, 0), "porter")

    assert below not in history.fold(without=[middle]).grants
    assert below in history.fold().live


def test_deep_chains_need_no_recursion() -> None:
    history = clinic()
    under = history.all
    author = "nurse"
    for place in range(3_000):
        taker = ("visitor", "porter")[place % 2]
        act = grant_to(person(taker), ADMIN, history.lanes)
        under, author = history.did(author, under, act), taker
    history.revoke("nurse", history.all, "porter", ())

    found = history.fold()

    assert len(found.grants) == 3_002
    assert len(found.live) == 3


def test_the_chart_named_in_a_header_is_the_charters_hash() -> None:
    history = clinic()
    other = replace(history.charter, nonce=bytes(16))

    assert isinstance(other.chart, bytes)
    assert ChartId(other.chart) != history.charter.chart
    assert not set(other.grant_ids()) & set(history.charter.grant_ids())


def test_grant_acts_are_told_from_their_history() -> None:
    history = clinic()
    id = history.give("nurse", history.all, "visitor", APPEND, [history.care], history=True)
    granted = history.fold().grants[id]

    assert isinstance(granted.act, Grant)
    assert (granted.parent, granted.to) == (history.all, person("visitor").device)
    assert (granted.lanes, granted.rights, granted.history) == (
        frozenset({history.care}),
        APPEND,
        True,
    )
    assert granted.author == person("nurse").key
