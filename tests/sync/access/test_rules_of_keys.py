"""AUTHORITY rules 11 to 15: which epoch, sealed to whom, given to whom; each fails when off."""

from typing import Any

import pytest
from ablation import Rule, always, check
from histories import (
    ADMIN,
    APPEND,
    READ,
    RELAY,
    History,
    clinic,
    epoch_named,
    generation_opener,
    person,
    roster,
)

from sync.access import (
    Fold,
    Granted,
    OwedKey,
    keys_owed,
    knew,
    newest_openable_epoch,
    next_number,
    recipients,
    served,
    usable_epoch,
)
from sync.acts import BreakGlass, Rekey, RosterAct, Want
from sync.clock import stamp_milliseconds
from sync.identifiers import ActId, EpochId, OperationId, SealingKey
from sync.operation import SEQUENCE_MAX, Operation

NOW = None
"""No clock: nothing has expired."""


def usable(history: History, name: str, *openable: str, now: int | None = NOW) -> EpochId | None:
    """The epoch that a device writes under on care, of those that it can open."""
    known = {epoch_named(each) for each in openable}
    found = usable_epoch(history.fold(), person(name).key, history.care, known, now)
    return None if found is None else found.epoch


def staff_key(group: str = "all", generation: int = 1) -> SealingKey:
    return generation_opener("clinic", group, generation).public


def root_key() -> SealingKey:
    return person("root").sealing


def only_who_may_append_makes_an_epoch() -> None:
    history = clinic()
    reader = history.give("nurse", history.all, "visitor", READ)
    history.rekey("visitor", reader, history.care, "forged", [staff_key()], number=9)
    assert usable(history, "nurse", "forged") is None
    assert next_number(history.fold(), history.care) == 1


def a_writer_takes_only_what_it_can_open() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.care, "one", [staff_key()])
    history.rekey("nurse", history.all, history.care, "two", [staff_key()], number=2)
    assert usable(history, "nurse", "one") == epoch_named("one")
    assert usable(history, "nurse", "one", "two") == epoch_named("two")


def an_epoch_whose_author_knew_less_is_not_used() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.care, "one", [staff_key()])
    assert usable(history, "doctor", "one") == epoch_named("one")
    revoke = history.revoke("nurse", history.all, "visitor", ())
    assert usable(history, "doctor", "one") is None
    history.rekey("nurse", history.all, history.care, "two", [staff_key()], number=2, knew={revoke})
    assert usable(history, "doctor", "one", "two") == epoch_named("two")


def an_epoch_by_a_removed_author_is_not_used() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor")
    revoke = history.revoke("nurse", history.all, "visitor", ())
    history.rekey("visitor", own, history.care, "trap", [staff_key()], number=50, knew={revoke})
    assert usable(history, "nurse", "trap") is None


def an_epoch_by_an_author_who_may_not_read_is_not_used() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor", APPEND & ~READ)
    history.rekey("visitor", own, history.care, "trap", [staff_key()])
    assert usable(history, "nurse", "trap") is None
    assert usable(history, "visitor", "trap") == epoch_named("trap")


def an_epoch_boxed_to_a_removed_reader_is_not_used() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    revoke = history.revoke("nurse", history.all, "visitor")
    boxes = [staff_key(), person("visitor").sealing]
    history.rekey("nurse", history.all, history.care, "one", boxes, knew={revoke})
    assert usable(history, "doctor", "one") is None


def an_epoch_given_by_keys_to_a_removed_reader_is_not_used() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    history.give("nurse", history.all, "porter")
    revoke = history.revoke("nurse", history.all, "visitor")
    history.rekey("nurse", history.all, history.care, "one", [staff_key()], knew={revoke})
    assert usable(history, "doctor", "one") == epoch_named("one")
    history.keys("nurse", history.all, history.care, "one", person("porter").sealing)
    assert usable(history, "doctor", "one") == epoch_named("one")
    history.keys("nurse", history.all, history.care, "one", person("visitor").sealing)
    assert usable(history, "doctor", "one") is None


def a_groups_key_that_a_barred_device_was_given_is_not_used() -> None:
    history = clinic("nurse", "doctor", "midwife")
    notice = history.notice("nurse", history.all, "midwife")
    history.rekey("nurse", history.all, history.care, "one", [staff_key()], knew={notice})
    assert usable(history, "doctor", "one") is None
    sealed = set(recipients(history.fold(), history.care, NOW))
    assert sealed == {person("nurse").sealing, person("doctor").sealing, root_key()}


def the_root_can_always_open() -> None:
    history = clinic()
    assert root_key() in recipients(history.fold(), history.care, NOW)


def a_key_is_given_only_by_who_holds_what_its_epoch_names() -> None:
    history = clinic()
    revoke = history.act("root", history.root)
    history.rekey(
        "nurse", history.all, history.care, "one", [staff_key()], knew={history_id(revoke)}
    )
    history.give("nurse", history.all, "porter", READ, history=True)
    assert owed(history, "one") == []


def a_reader_with_history_is_given_every_epoch_once() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.care, "one", [staff_key()])
    history.give("nurse", history.all, "porter", READ, history=True)
    expected = OwedKey(history.care, epoch_named("one"), person("porter").sealing)
    assert owed(history, "one") == [expected]
    history.keys("nurse", history.all, history.care, "one", person("porter").sealing)
    assert owed(history, "one") == []


def a_reader_without_history_is_given_nothing_of_before() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.care, "one", [staff_key()])
    history.give("nurse", history.all, "porter", READ)
    boxes = [staff_key(), person("porter").sealing]
    history.rekey("nurse", history.all, history.care, "two", boxes, number=2)
    assert owed(history, "one", "two") == []


def summary_comes_with_history() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.summary, "one", [staff_key()])
    history.give("nurse", history.all, "porter", READ)
    expected = OwedKey(history.summary, epoch_named("one"), person("porter").sealing)
    assert owed(history, "one") == [expected]


def a_break_glass_reader_ends_the_epoch_that_it_was_given() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.care, "one", [staff_key()])
    thief = person("helper")
    history.act("helper", history.root, BreakGlass(thief.sealing, thief.sealing_signature))
    history.keys("nurse", history.all, history.care, "one", thief.sealing)
    assert usable(history, "nurse", "one") is None


def relays_read_the_access_lane_and_nothing_else() -> None:
    history = clinic()
    history.give("nurse", history.all, "porter", RELAY)
    found = history.fold()
    assert person("porter").sealing in recipients(found, history.access, NOW)
    assert person("porter").sealing not in recipients(found, history.care, NOW)


def a_revoked_peer_is_served_its_own_revocation_and_nothing_after() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    revoke = history.revoke("nurse", history.all, "visitor")
    after = history.give("nurse", history.all, "porter")
    found = history.fold()
    given = served(found, person("visitor").key)
    assert operation_of(found, revoke) in given
    assert operation_of(found, after) not in given


def history_id(operation: Operation) -> ActId:
    """Sixteen bytes that no revoke has."""
    return ActId(operation.id[-16:])


def operation_of(found: Fold, act: ActId) -> OperationId:
    if act in found.revoked:
        return found.revoked[act].operation.id
    operation = found.grants[act].operation
    assert operation is not None
    return operation


def owed(
    history: History, *openable: str, by: str = "nurse", now: int | None = NOW
) -> list[OwedKey]:
    known = {epoch_named(each) for each in openable}
    return keys_owed(history.fold(), person(by).key, known, now)


def _glass_reads(rule: Any, found: Fold, sealing: SealingKey, *more: Any) -> object:
    stated = {act.sealing for _, act in found.evidence.acts(BreakGlass)}
    return sealing in stated or rule(found, sealing, *more)


def _needs_read(rule: Any, found: Fold, granted: Granted, *more: Any) -> object:
    return READ in granted.rights and rule(found, granted, *more)


RULES = [
    Rule(only_who_may_append_makes_an_epoch, "epochs.may_rekey", always(True)),
    Rule(
        a_writer_takes_only_what_it_can_open,
        "epochs._openable",
        lambda rule, found, lane, _: rule(found, lane, {epoch_named("one"), epoch_named("two")}),
    ),
    Rule(an_epoch_whose_author_knew_less_is_not_used, "epochs.knew_what_counts", always(True)),
    Rule(an_epoch_by_a_removed_author_is_not_used, "epochs.authors_may_read", always(True)),
    Rule(
        an_epoch_by_an_author_who_may_not_read_is_not_used,
        "epochs.authors_may_read",
        always(True),
    ),
    Rule(
        an_epoch_boxed_to_a_removed_reader_is_not_used,
        "epochs.receivers_may_read",
        always(True),
    ),
    Rule(
        an_epoch_given_by_keys_to_a_removed_reader_is_not_used,
        "epochs.receivers",
        lambda _, epoch: epoch.boxed,
    ),
    Rule(
        a_groups_key_that_a_barred_device_was_given_is_not_used,
        "readers.all_members_read",
        always(True),
    ),
    Rule(the_root_can_always_open, "readers.root_keys", always(set())),
    Rule(
        a_key_is_given_only_by_who_holds_what_its_epoch_names,
        "duties.everything_known_counts",
        always(True),
    ),
    Rule(a_reader_with_history_is_given_every_epoch_once, "duties.is_boxed", always(False)),
    Rule(
        a_reader_with_history_is_given_every_epoch_once,
        "floors.own_floor",
        always(SEQUENCE_MAX),
    ),
    Rule(a_reader_without_history_is_given_nothing_of_before, "duties.is_entitled", always(True)),
    Rule(a_reader_without_history_is_given_nothing_of_before, "floors.own_floor", always(-1)),
    Rule(summary_comes_with_history, "floors.own_floor", always(SEQUENCE_MAX)),
    Rule(
        a_break_glass_reader_ends_the_epoch_that_it_was_given,
        "epochs.receiver_may_read",
        _glass_reads,
    ),
    Rule(relays_read_the_access_lane_and_nothing_else, "readers.grant_reads", _needs_read),
    Rule(
        a_revoked_peer_is_served_its_own_revocation_and_nothing_after,
        "serving.own_revocations",
        always([]),
    ),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_of_keys_holds_and_is_needed(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    check(rule, monkeypatch)


def test_numbers_go_up_and_stay_at_the_highest() -> None:
    history = clinic()
    assert next_number(history.fold(), history.care) == 1
    history.rekey("nurse", history.all, history.care, "one", [], number=7)
    assert next_number(history.fold(), history.care) == 8
    assert next_number(history.fold(), history.summary) == 1

    history.rekey("nurse", history.all, history.care, "two", [], number=SEQUENCE_MAX)

    assert next_number(history.fold(), history.care) == SEQUENCE_MAX


def test_of_equal_numbers_the_smallest_id_is_used() -> None:
    history = clinic()
    names = ["one", "two", "three"]
    for name in names:
        history.rekey("nurse", history.all, history.care, name, [staff_key()])

    assert usable(history, "doctor", *names) == min(epoch_named(name) for name in names)


def test_what_is_known_can_be_said_by_naming_an_earlier_epoch() -> None:
    history = clinic()
    first = history.revoke("nurse", history.all, "visitor", ())
    base = history.rekey("nurse", history.all, history.care, "one", [staff_key()], knew={first})
    second = history.revoke("nurse", history.all, "porter", ())
    history.rekey(
        "nurse", history.all, history.care, "two", [], number=2, knew={second}, knew_from=base
    )
    assert knew(history.fold()) == {first, second}
    assert usable(history, "nurse", "two") == epoch_named("two")

    (missing,) = [each for each in history.operations.values() if base in _acts_of(history, each)]
    found = history.fold(without=[missing])

    known = {epoch_named("two")}
    assert usable_epoch(found, person("nurse").key, history.care, known, NOW) is None


def _acts_of(history: History, operation: Operation) -> set[bytes]:
    return {
        written.id
        for written, _ in history.fold().evidence.acts(Rekey)
        if written.operation == operation
    }


def test_a_second_rekey_of_an_epoch_cannot_make_it_look_newer() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    boxes = [staff_key(), person("visitor").sealing]
    history.rekey("nurse", history.all, history.care, "one", boxes)
    revoke = history.revoke("nurse", history.all, "visitor")

    history.rekey("nurse", history.all, history.care, "one", [], number=9, knew={revoke})

    assert usable(history, "doctor", "one") is None


def test_expired_readers_end_an_epoch_by_the_writers_own_clock() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor", READ, until_milliseconds=5_000)
    boxes = [staff_key(), person("visitor").sealing]
    history.rekey("nurse", history.all, history.care, "one", boxes)

    assert usable(history, "doctor", "one", now=4_999) == epoch_named("one")
    assert usable(history, "doctor", "one", now=5_000) is None
    assert person("visitor").sealing in recipients(history.fold(), history.care, 4_999)
    assert person("visitor").sealing not in recipients(history.fold(), history.care, 5_000)


def test_a_key_that_nobody_states_ends_an_epoch() -> None:
    history = clinic()
    boxes = [staff_key(), person("nobody").sealing]
    history.rekey("nurse", history.all, history.care, "one", boxes)

    assert usable(history, "doctor", "one") is None


def test_a_removed_device_that_claims_anothers_key_does_not_make_it_unusable() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    claim = roster("agency", 1, (("team", 1, ("nurse", "porter")),))
    history.act("nurse", history.all, RosterAct(claim))
    history.rekey("nurse", history.all, history.care, "one", [person("nurse").sealing])

    assert usable(history, "doctor", "one") == epoch_named("one")


def test_a_group_is_sealed_to_by_its_newest_live_key_and_the_rest_singly() -> None:
    history = clinic("nurse", "doctor")
    newer = (("all", 2, ("nurse", "doctor", "midwife")), ("all", 3, ("nurse", "porter")))
    history.act("nurse", history.all, RosterAct(roster("clinic", 2, newer)))
    found = set(recipients(history.fold(), history.care, NOW))
    singles = {person("doctor").sealing, person("midwife").sealing}
    assert found >= {staff_key("all", 3), root_key()}
    assert singles <= found

    history.notice("nurse", history.all, "porter")
    found = set(recipients(history.fold(), history.care, NOW))

    assert staff_key("all", 3) not in found
    assert staff_key("all", 2) in found
    assert not singles & found


def test_after_a_handover_both_roots_can_open() -> None:
    history = clinic()
    history.hand_over("root", "patient")
    sealed = {root_key(), person("patient").sealing}
    assert sealed <= set(recipients(history.fold(), history.care, NOW))

    history.revoke("root", history.root, "patient")

    assert person("patient").sealing not in recipients(history.fold(), history.care, NOW)


def test_an_epoch_made_later_that_missed_a_reader_is_given() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.care, "before", [staff_key()])
    history.give("nurse", history.all, "porter", READ)
    boxes = [staff_key(), person("porter").sealing]
    history.rekey("nurse", history.all, history.care, "two", boxes, number=2)
    history.rekey("doctor", history.all, history.care, "missed", [staff_key()], number=2)

    expected = OwedKey(history.care, epoch_named("missed"), person("porter").sealing)

    assert owed(history, "before", "two", "missed") == [expected]
    assert owed(history, "before", "two") == []


def test_a_reader_whose_box_does_not_open_is_answered_once_by_each_holder() -> None:
    history = clinic()
    history.give("nurse", history.all, "porter", READ)
    boxes = [staff_key(), person("porter").sealing]
    history.rekey("nurse", history.all, history.care, "one", boxes)
    porter = history.fold().live_grants(person("porter").key)[0].id
    assert owed(history, "one") == []

    history.did("porter", porter, Want(history.care, epoch_named("one")))
    expected = OwedKey(history.care, epoch_named("one"), person("porter").sealing)
    assert owed(history, "one") == [expected]

    history.keys("nurse", history.all, history.care, "one", person("porter").sealing)
    assert owed(history, "one") == []
    assert owed(history, "one", by="doctor") == [expected]


def test_to_want_gives_no_history_and_nothing_to_the_removed() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.care, "before", [staff_key()])
    own = history.give("nurse", history.all, "porter", READ)
    boxes = [staff_key(), person("porter").sealing]
    history.rekey("nurse", history.all, history.care, "one", boxes, number=2)
    history.did("porter", own, Want(history.care, epoch_named("before")))
    assert owed(history, "before", "one") == []

    history.did("porter", own, Want(history.care, epoch_named("one")))
    history.revoke("nurse", history.all, "porter")

    assert owed(history, "before", "one") == []


def test_who_cannot_append_gives_no_keys() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.care, "one", [staff_key()])
    history.give("nurse", history.all, "visitor", READ, history=True)
    history.give("nurse", history.all, "porter", READ, history=True)

    assert owed(history, "one", by="visitor") == []


def test_access_keys_come_by_letter_unless_an_epoch_missed_somebody() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.access, "one", [staff_key()])
    history.give("nurse", history.all, "porter", RELAY)
    assert owed(history, "one") == []

    boxes = [staff_key(), person("porter").sealing]
    history.rekey("nurse", history.all, history.access, "two", boxes, number=2)
    history.rekey("doctor", history.all, history.access, "missed", [staff_key()], number=3)

    expected = OwedKey(history.access, epoch_named("missed"), person("porter").sealing)
    assert owed(history, "one", "two", "missed") == [expected]


def test_a_break_glass_entitles_to_access_and_summary_for_four_hours() -> None:
    history = clinic()
    history.rekey("nurse", history.all, history.summary, "one", [staff_key()])
    helper = person("helper")
    glass = history.act(
        "helper", history.root, BreakGlass(helper.sealing, helper.sealing_signature)
    )
    start = stamp_milliseconds(glass.prefix.stamp)
    found = history.fold()
    hours = 3600 * 1000

    assert found.storable(glass)
    assert glass.id in found.merged
    assert not found.was_granted(helper.key)
    within = found.entitled_lanes(helper.key, start + 4 * hours - 1)
    assert within == {history.access, history.summary}
    assert found.entitled_lanes(helper.key, start + 4 * hours) == frozenset()
    assert found.entitled_lanes(helper.key, start - hours) == frozenset()
    assert found.entitled_lanes(helper.key) == frozenset()
    assert helper.sealing not in recipients(found, history.summary, start)
    expected = OwedKey(history.summary, epoch_named("one"), helper.sealing)
    assert owed(history, "one", now=start) == [expected]

    history.notice("nurse", history.all, "helper", ())

    assert history.fold().entitled_lanes(helper.key, start) == frozenset()
    assert glass.id not in history.fold().merged


def test_a_forged_break_glass_is_nothing() -> None:
    history = clinic()
    helper = person("helper")
    forged = history.act(
        "thief", history.root, BreakGlass(helper.sealing, helper.sealing_signature)
    )
    found = history.fold()

    assert not found.storable(forged)
    assert found.breaking_glass(stamp_milliseconds(forged.prefix.stamp)) == {}


def test_a_revoke_is_written_under_the_newest_access_epoch_that_opens() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    boxes = [staff_key(), person("visitor").sealing]
    history.rekey("nurse", history.all, history.access, "one", boxes)
    history.revoke("nurse", history.all, "visitor")
    found = history.fold()
    known = {epoch_named("one")}

    assert usable_epoch(found, person("nurse").key, history.access, known, NOW) is None
    newest = newest_openable_epoch(found, history.access, known)
    assert newest is not None
    assert newest.epoch == epoch_named("one")
    assert newest_openable_epoch(found, history.access, set()) is None


def test_entitled_lanes_are_those_of_live_grants_and_access() -> None:
    history = clinic()
    history.give("nurse", history.all, "porter", RELAY, [history.care])
    found = history.fold()

    assert found.entitled_lanes(person("porter").key) == {history.access, history.care}
    assert found.entitled_lanes(person("nurse").key) == history.lanes
    assert found.entitled_lanes(person("root").key) == history.lanes
    assert found.entitled_lanes(person("thief").key) == frozenset()


def test_who_was_never_revoked_is_served_by_its_standing_alone() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor", READ, until_milliseconds=1)
    found = history.fold()

    for name in ("nurse", "visitor", "thief", "root"):
        assert served(found, person(name).key) == frozenset()


def test_what_a_revoked_peer_is_served_proves_its_revocation() -> None:
    history = clinic()
    middle = history.give("nurse", history.all, "porter", ADMIN)
    own = history.give("porter", middle, "visitor")
    revoke = history.revoke("porter", middle, "visitor")
    history.data("nurse", history.all)
    history.revoke("nurse", history.all, "visitor")
    found = history.fold()

    given = served(found, person("visitor").key)
    told = history.fold(without=[e for e in history.operations.values() if e.id not in given])

    assert told.counted == {revoke}
    assert own in told.grants
    assert own not in told.live
    for operation in given:
        previous = history.operations[operation].prefix.previous
        assert previous is None or previous in given


def test_a_barred_member_learns_of_its_bar() -> None:
    history = clinic()
    notice = history.notice("nurse", history.all, "doctor")
    found = history.fold()

    given = served(found, person("doctor").key)
    told = history.fold(without=[e for e in history.operations.values() if e.id not in given])

    assert told.counted == {notice}
    assert told.live_grants(person("doctor").key) == ()
    assert usable(history, "nurse", "none") is None
    assert READ in told.grants[history.all].rights
