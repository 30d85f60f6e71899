"""AUTHORITY rules 7 to 10: what waits, and what takes it in; each fails when switched off."""

import pytest
from ablation import Rule, always, check
from histories import ADMIN, APPEND, History, clinic, epoch_named, person

from sync.access import cut_for, cut_for_revoke, debt_of, fold, runs_of, vouch_owed
from sync.access.revocations import Revocations
from sync.acts import BreakGlass, Vouch
from sync.cut import Run
from sync.grantee import Device
from sync.identifiers import ActId, DeviceKey, OperationId
from sync.operation import Operation

NOWHERE = OperationId(b"\x01\x71\x12\x20" + bytes(32))


def is_merged(history: History, operation: Operation) -> bool:
    return operation.id in history.fold().merged


def one_run(*operations: Operation) -> Run:
    """The run of consecutive operations of a log."""
    first, last = operations[0].prefix, operations[-1].prefix
    return Run(first.instance, first.lane, first.sequence, last.sequence, operations[-1].id)


def what_is_written_under_a_hit_grant_waits() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    history.revoke("doctor", history.all, "visitor")
    assert history.data("visitor", own).id in history.fold().quarantined


def what_is_written_below_a_barred_signers_grant_waits() -> None:
    history = clinic()
    history.notice("nurse", history.all, "doctor", ())
    own = history.give("doctor", history.all, "visitor")
    assert history.data("visitor", own).id in history.fold().quarantined


def an_operation_is_judged_under_its_grant_not_by_its_author() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    revoke = history.revoke("nurse", history.all, "visitor")
    again = history.give("nurse", history.all, "visitor", despite={revoke})
    assert is_merged(history, history.data("visitor", again))


def a_cut_means_one_branch_of_a_fork() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    first = history.data("visitor", own)
    seen = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor")
    hidden = history.data("visitor", own, after=first)
    assert is_merged(history, first)
    assert is_merged(history, seen)
    assert not is_merged(history, hidden)


def without_its_head_a_cut_means_what_is_below_the_fork() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    first = history.data("visitor", own)
    left = history.data("visitor", own)
    head = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor")
    right = history.data("visitor", own, after=first)
    merged = history.fold(without=[head]).merged
    assert first.id in merged
    assert not {left.id, right.id} & merged


def a_cut_spares_the_whole_subtree() -> None:
    history = clinic()
    middle = history.give("nurse", history.all, "visitor", ADMIN)
    below = history.give("visitor", middle, "porter")
    entry = history.data("porter", below)
    history.revoke("nurse", history.all, "visitor")
    assert is_merged(history, entry)


def a_revokes_own_cut_answers_it_whatever_became_of_its_author() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    history.notice("nurse", history.all, "doctor", ())
    history.revoke("doctor", history.all, "visitor")
    assert is_merged(history, entry)


def nothing_vouches_for_itself_in_a_circle() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor", ADMIN)
    entry = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor", ())
    instance = entry.prefix.instance
    circle = Run(instance, history.access, 0, 9, NOWHERE)
    history.vouch("visitor", own, (circle, one_run(entry)))
    assert not is_merged(history, entry)


def an_appender_cannot_let_in_a_removed_admins_later_grant() -> None:
    history = clinic()
    porter = history.give("nurse", history.all, "porter")
    history.notice("nurse", history.all, "doctor")
    later = history.give("doctor", history.all, "visitor", ADMIN)
    history.notice("porter", porter, "doctor")
    tip = history.tips["doctor", history.access]
    history.vouch("porter", porter, (one_run(tip),))
    assert later not in history.fold().live


def nor_can_an_admin_elsewhere_by_the_cut_of_a_revoke() -> None:
    history = clinic()
    porter = history.give("nurse", history.all, "porter", ADMIN, [history.care])
    history.give("porter", porter, "midwife", APPEND, [history.care])
    history.notice("nurse", history.all, "doctor")
    later = history.give("doctor", history.all, "visitor", ADMIN)
    tip = history.tips["doctor", history.access]
    history.revoke("porter", porter, "midwife", (one_run(tip),))
    assert later not in history.fold().live


def where_no_admin_speaks_any_merged_cut_does() -> None:
    history = clinic()
    porter = history.give("nurse", history.all, "porter")
    earlier = history.give("doctor", history.all, "visitor")
    history.notice("porter", porter, "doctor")
    assert earlier in history.fold().live


def to_accept_takes_admin_on_that_lane() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    porter = history.give("nurse", history.all, "porter", APPEND)
    midwife = history.give("nurse", history.all, "midwife", ADMIN, [history.summary])
    history.revoke("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    history.accept("porter", porter, entry)
    history.accept("midwife", midwife, entry)
    assert not is_merged(history, entry)
    history.accept("nurse", history.all, entry)
    assert is_merged(history, entry)


def a_vouch_takes_in_only_lanes_of_its_author() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    porter = history.give("nurse", history.all, "porter", APPEND, [history.care])
    care = history.data("visitor", own)
    sensitive = history.data("visitor", own, history.sensitive)
    history.revoke("nurse", history.all, "visitor", ())
    history.vouch("porter", porter, (one_run(care), one_run(sensitive)))
    assert is_merged(history, care)
    assert not is_merged(history, sensitive)


def a_stolen_devices_entries_are_taken_in_by_accept_alone() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor", (), lost=True)
    history.vouch("doctor", history.all, (one_run(entry),))
    assert not is_merged(history, entry)
    history.accept("doctor", history.all, entry)
    assert is_merged(history, entry)


def nobody_owes_a_vouch_for_what_was_written_with_a_stolen_device() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    history.data("visitor", own)
    before = history.fold()
    history.revoke("nurse", history.all, "visitor", (), lost=True)
    assert debt_of(before, history.fold()) is None


def nobody_vouches_for_what_it_had_not_merged() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    merged = history.data("visitor", own)
    before = history.fold()
    unseen = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor", ())
    debt = debt_of(before, history.fold())
    assert debt is not None
    assert merged.id in debt.lost
    assert unseen.id not in debt.lost


def _only_hits(
    _: object, found: Revocations, __: object, device: DeviceKey, under: ActId
) -> object:
    return found.hits_on(under, device)


def _all_but_hits(
    rule: object, found: Revocations, bars: dict[ActId, frozenset[ActId]], *who: bytes
) -> object:
    device, under = DeviceKey(who[0]), ActId(who[1])
    return found.bars(device, under) | bars.get(under, frozenset())


def _by_author(_: object, found: Revocations, __: object, device: DeviceKey, ___: ActId) -> object:
    every = found.tree.by_grantee.get(Device(device), [])
    return frozenset().union(*(found.hits[granted.id] for granted in every))


RULES = [
    Rule(what_is_written_under_a_hit_grant_waits, "merging.against", _all_but_hits),
    Rule(what_is_written_below_a_barred_signers_grant_waits, "merging.against", _only_hits),
    Rule(an_operation_is_judged_under_its_grant_not_by_its_author, "merging.against", _by_author),
    Rule(a_cut_means_one_branch_of_a_fork, "logs.Logs.is_line", always(True)),
    Rule(without_its_head_a_cut_means_what_is_below_the_fork, "logs.is_below_fork", always(True)),
    Rule(
        a_cut_spares_the_whole_subtree,
        "cuts.doubtful_logs",
        lambda _, found, target: {
            log
            for log, entries in found.logs.by_log.items()
            if entries[0].prefix.device == target.key
        },
    ),
    Rule(
        a_revokes_own_cut_answers_it_whatever_became_of_its_author,
        "merging.is_own_cut_enough",
        always(False),
    ),
    Rule(nothing_vouches_for_itself_in_a_circle, "merging.is_merged", always(True)),
    Rule(
        an_appender_cannot_let_in_a_removed_admins_later_grant,
        "merging.is_admin_above",
        always(True),
    ),
    Rule(
        an_appender_cannot_let_in_a_removed_admins_later_grant,
        "merging.Merging._may_fall_back",
        always(True),
    ),
    Rule(
        nor_can_an_admin_elsewhere_by_the_cut_of_a_revoke,
        "merging.is_admin_above",
        always(True),
    ),
    Rule(
        where_no_admin_speaks_any_merged_cut_does,
        "merging.Merging._may_fall_back",
        always(False),
    ),
    Rule(to_accept_takes_admin_on_that_lane, "merging.Merging._has_lane", always(True)),
    Rule(a_vouch_takes_in_only_lanes_of_its_author, "merging.Merging._has_lane", always(True)),
    Rule(
        a_stolen_devices_entries_are_taken_in_by_accept_alone,
        "merging.answers_lost",
        always(True),
    ),
    Rule(
        nobody_owes_a_vouch_for_what_was_written_with_a_stolen_device,
        "vouching.may_be_vouched_for",
        always(True),
    ),
    Rule(
        nobody_vouches_for_what_it_had_not_merged,
        "vouching.lost_operations",
        lambda _, __, after: after.quarantined,
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_of_merging_holds_and_is_needed(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    check(rule, monkeypatch)


def test_a_late_entry_waits_until_a_vouch_and_says_why() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    revoke = history.revoke("nurse", history.all, "visitor", without=[entry])
    assert history.fold().against(entry) == {revoke}

    history.vouch("doctor", history.all, (one_run(entry),), {revoke})

    assert is_merged(history, entry)
    assert history.fold().quarantined == frozenset()


def test_a_vouch_stays_when_its_author_is_removed_by_one_who_had_it() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    porter = history.give("nurse", history.all, "porter")
    entry = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor", ())
    history.vouch("porter", porter, (one_run(entry),))

    history.revoke("nurse", history.all, "porter")

    assert is_merged(history, entry)


def test_each_of_several_revocations_has_to_be_answered() -> None:
    history = clinic()
    middle = history.give("nurse", history.all, "porter", ADMIN)
    own = history.give("porter", middle, "visitor")
    entry = history.data("visitor", own)
    history.revoke("porter", middle, "visitor")
    assert is_merged(history, entry)

    history.notice("nurse", history.all, "porter", ())
    history.notice("nurse", history.all, "visitor", ())

    assert not is_merged(history, entry)


def test_a_merged_cut_answers_every_revocation_of_a_content_entry() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor", ())
    history.revoke("doctor", history.all, "visitor", (one_run(entry),))

    assert is_merged(history, entry)


def test_a_run_begins_where_it_says() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    first, second = history.data("visitor", own), history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor", (one_run(second),))

    assert is_merged(history, second)
    assert not is_merged(history, first)


def test_a_head_in_another_log_covers_nothing() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    other = history.data("nurse", history.all)
    run = one_run(entry)._replace(head=other.id)
    history.revoke("nurse", history.all, "visitor", (run,))

    assert not is_merged(history, entry)


def test_a_fork_without_a_revocation_merges_both_branches() -> None:
    history = clinic()
    first = history.data("nurse", history.all)
    left = history.data("nurse", history.all)
    right = history.data("nurse", history.all, after=first)

    assert {left.id, right.id} <= history.fold().merged


def test_runs_tell_each_branch_of_a_fork_once() -> None:
    history = clinic()
    first = history.data("nurse", history.all)
    middle = history.data("nurse", history.all)
    left = history.data("nurse", history.all)
    right = history.data("nurse", history.all, after=middle)
    found = history.fold()

    runs = runs_of(found.logs, {each.id for each in (first, middle, left, right)})

    assert {run.head for run in runs} == {left.id, right.id}
    assert sorted((run.first, run.last) for run in runs) == [(0, 2), (2, 2)]
    for each in (first, middle, left, right):
        assert any(found.logs.holds(run, each) for run in runs)


def test_a_cut_names_merged_operations_only() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    taken = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor")
    waiting = history.data("visitor", own)

    cut = cut_for(history.fold(), person("visitor").device)

    assert {run.head for run in cut} == {taken.id}
    assert waiting.id not in {run.head for run in cut}


def test_a_revokers_own_cut_keeps_all_that_it_had_merged() -> None:
    history = clinic()
    middle = history.give("nurse", history.all, "visitor", ADMIN)
    below = history.give("visitor", middle, "porter")
    entries = [history.data("porter", below) for _ in range(3)]
    entries += [history.data("visitor", middle, lane) for lane in sorted(history.lanes)]
    before = history.fold()
    cut = cut_for_revoke(
        before, before.evidence.operations.values(), person("visitor").device, middle
    )
    history.revoke("nurse", history.all, "visitor", cut)

    assert before.merged <= history.fold().merged


def test_a_debt_outlives_the_moment_until_its_writer_has_standing() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    porter = person("porter").key
    before = history.fold()
    history.revoke("nurse", history.all, "visitor", ())
    after = history.fold()
    debt = debt_of(before, after)
    assert debt is not None

    vouches, rest = vouch_owed(debt, after, porter, None)
    assert vouches == []
    assert rest == debt

    grant = history.give("nurse", history.all, "porter", APPEND, until_milliseconds=1_000)
    found = history.fold()
    assert vouch_owed(debt, found, porter, 1_000)[0] == []
    vouches, rest = vouch_owed(debt, found, porter, 999)
    assert [under for under, _ in vouches] == [grant]
    assert rest.lost == debt.lost - {entry.id}
    history.did("porter", grant, vouches[0][1])
    assert is_merged(history, entry)


def test_a_vouch_says_what_it_answers_and_what_its_author_knew() -> None:
    history = clinic()
    first = history.revoke("nurse", history.all, "porter", ())
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    before = history.fold()
    second = history.revoke("nurse", history.all, "visitor", ())
    debt = debt_of(before, history.fold())
    assert debt is not None

    ((_, vouch),), _ = vouch_owed(debt, history.fold(), person("doctor").key, None)

    assert vouch == Vouch((one_run(entry),), frozenset({second}), frozenset({first}))


def test_access_entries_are_vouched_for_by_an_admin_at_or_above_only() -> None:
    history = clinic()
    lower = history.give("nurse", history.all, "visitor", ADMIN)
    given = history.act("doctor", history.all, Vouch((), frozenset(), frozenset()))
    before = history.fold()
    history.notice("nurse", history.all, "doctor", ())
    after = history.fold()
    debt = debt_of(before, after)
    assert debt is not None
    assert debt.lost == {given.id}

    assert vouch_owed(debt, after, person("visitor").key, None)[0] == []
    ((under, _),), rest = vouch_owed(debt, after, person("nurse").key, None)
    assert under == history.all
    assert rest.lost == frozenset()
    assert lower in after.live


def test_what_merges_meanwhile_stays_owed_for_a_later_revocation() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    before = history.fold()
    history.revoke("nurse", history.all, "visitor", ())
    debt = debt_of(before, history.fold())
    assert debt is not None
    history.accept("nurse", history.all, entry)

    vouches, rest = vouch_owed(debt, history.fold(), person("doctor").key, None)

    assert vouches == []
    assert rest == debt


def test_a_stranger_with_a_break_glass_has_no_say() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor", ())
    thief = person("thief")
    for under in (history.root, history.all, own):
        history.act(
            "thief",
            under,
            BreakGlass(thief.sealing, thief.sealing_signature),
            Vouch((one_run(entry),), frozenset(), frozenset()),
        )

    assert not is_merged(history, entry)


def test_order_batches_and_copies_change_nothing() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor", ADMIN)
    history.data("visitor", own)
    history.revoke("nurse", history.all, "visitor")
    history.data("visitor", own)
    expected = history.fold()
    operations = list(history.operations.values())
    evidence = type(expected.evidence)

    for order in (operations[::-1], operations * 3, operations[3:] + operations[:3]):
        found = fold(evidence(history.charter, order, history.deeds, lambda *_: True))
        assert (found.merged, found.live) == (expected.merged, expected.live)
        assert (found.quarantined, found.counted) == (expected.quarantined, expected.counted)


def test_what_is_storable_does_not_depend_on_what_hit_it() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    entry = history.data("visitor", own)
    stranger = history.data("thief", own)
    asked = history.act("visitor", own)
    thief = history.act("thief", own)
    history.revoke("nurse", history.all, "visitor", ())
    found = history.fold()

    assert found.storable(entry)
    assert found.storable(asked)
    assert not found.storable(stranger)
    assert not found.storable(thief)
    assert not found.storable(clinic_elsewhere())


def clinic_elsewhere() -> Operation:
    other = History(organisation="agency")
    return other.data("root", other.root, epoch=epoch_named("other"))
