"""AUTHORITY rules 5, 13 and 14: what no reader's own word brings it; each fails when off."""

import dataclasses
from typing import Any

import pytest
from ablation import Rule, always, check
from histories import (
    ADMIN,
    APPEND,
    READ,
    History,
    clinic,
    epoch_named,
    generation_opener,
    person,
    roster,
)

from sync.access import Fold, Granted, OwedKey, keys_owed
from sync.acts import BreakGlass, Revoke, RosterAct, Want
from sync.clock import STAMP_MAX
from sync.grantee import Device, Right
from sync.identifiers import ActId, SealingKey, act_id
from sync.operation import SEQUENCE_MAX


def staff_key() -> SealingKey:
    return generation_opener("clinic", "all", 1).public


def owed(history: History, *openable: str) -> list[OwedKey]:
    """What the nurse is to give of these epochs."""
    known = {epoch_named(each) for each in openable}
    return keys_owed(history.fold(), person("nurse").key, known, None)


def a_reader_is_given_what_missed_it_after_its_first() -> None:
    history, _ = with_a_new_reader()
    history.rekey("doctor", history.all, history.care, "three", [staff_key()], number=3)
    expected = OwedKey(history.care, epoch_named("three"), person("porter").sealing)
    assert owed(history, "one", "two", "three") == [expected]


def a_rekey_by_the_grantee_itself_lowers_nothing() -> None:
    history, own = with_a_new_reader()
    mine = [person("porter").sealing]
    history.rekey("porter", own, history.care, "mine", mine, number=0)
    assert owed(history, "one", "two") == []


def an_older_number_claimed_for_an_epoch_counts() -> None:
    history, _ = with_a_new_reader()
    accomplice = history.give("nurse", history.all, "visitor", lanes=[history.care])
    history.rekey("visitor", accomplice, history.care, "one", [], number=9)
    assert owed(history, "one", "two") == []


def nobody_gives_history_that_it_has_not() -> None:
    history, own = with_a_new_reader(ADMIN)
    history.give("porter", own, "visitor", READ, history=True)
    found = owed(history, "one", "two")
    assert found == [OwedKey(history.care, epoch_named("two"), person("visitor").sealing)]


def what_was_written_while_removed_is_not_given() -> None:
    history, _ = with_a_new_reader()
    revoke = history.revoke("nurse", history.all, "porter")
    boxes = [staff_key()]
    history.rekey("nurse", history.all, history.care, "away", boxes, number=3, knew={revoke})
    history.give("nurse", history.all, "porter", despite=frozenset({revoke}))
    boxes = [staff_key(), person("porter").sealing]
    history.rekey("nurse", history.all, history.care, "back", boxes, number=4, knew={revoke})
    assert owed(history, "one", "two", "away", "back") == []


def numbers_that_ran_out_give_nothing() -> None:
    history = clinic()
    last = SEQUENCE_MAX
    history.rekey("nurse", history.all, history.care, "one", [staff_key()], number=last)
    history.give("nurse", history.all, "porter")
    boxes = [staff_key(), person("porter").sealing]
    history.rekey("nurse", history.all, history.care, "two", boxes, number=last)
    assert owed(history, "one", "two") == []


def a_claim_to_be_an_author_gives_nothing_wanted() -> None:
    history, own = with_a_new_reader()
    mine = [person("porter").sealing]
    history.rekey("porter", own, history.care, "one", mine)
    history.act("porter", own, Want(history.care, epoch_named("one")))
    assert owed(history, "one", "two") == []


def with_a_new_reader(rights: Right = APPEND) -> tuple[History, ActId]:
    """Epoch one is from before the porter's grant, and two was made for it."""
    history = clinic()
    history.rekey("nurse", history.all, history.care, "one", [staff_key()])
    own = history.give("nurse", history.all, "porter", rights)
    boxes = [staff_key(), person("porter").sealing]
    history.rekey("nurse", history.all, history.care, "two", boxes, number=2)
    return history, own


def a_removed_device_breaks_no_glass() -> None:
    history = clinic()
    history.give("nurse", history.all, "visitor")
    history.revoke("nurse", history.all, "visitor", ())
    assert glass_of(history, "visitor") == 0


def a_member_of_a_removed_group_breaks_no_glass() -> None:
    history = clinic()
    team = history.group("team", "agency")
    history.give("nurse", history.all, team)
    members = (("team", 1, ("driver",)),)
    history.act("nurse", history.all, RosterAct(roster("agency", 1, members)))
    history.revoke("nurse", history.all, team, ())
    assert glass_of(history, "driver") == 0


def five_glasses_an_hour_have_an_effect() -> None:
    assert glass_of(clinic(), "helper", 7) == 5


def glass_of(history: History, name: str, times: int = 1) -> int:
    """How many glasses are broken at the end; two acts an operation, of which one counts."""
    one = person(name)
    act = BreakGlass(one.sealing, one.sealing_signature)
    for _ in range(times):
        history.act(name, history.root, act, act)
    return len(history.fold().breaking_glass(history.now).get(one.key, ()))


def an_operation_revokes_a_target_once() -> None:
    history = clinic()
    own = history.give("nurse", history.all, "visitor", READ)
    act = Revoke(person("visitor").device, ())
    flood = history.act("visitor", own, act, act, act)
    found = history.fold()
    assert found.counted == {act_id(flood.id, 0)}
    assert found.void == {act_id(flood.id, 1), act_id(flood.id, 2)}


def _changed_author(granted: Granted, boxed: Any) -> Any:
    """What anybody boxed, as if the grant's author had."""
    return {
        (granted.author, lane, sealing): [
            each
            for (_, at, to), found in boxed.items()
            if (at, to) == (lane, sealing)
            for each in found
        ]
        for _, lane, sealing in boxed
    }


def _by_any_author(rule: Any, found: Fold, granted: Granted, lane: Any, boxed: Any) -> object:
    return rule(found, granted, lane, _changed_author(granted, boxed))


def _at_any_time(rule: Any, found: Fold, granted: Granted, lane: Any, boxed: Any) -> object:
    always_now = {key: [(STAMP_MAX, number) for _, number in each] for key, each in boxed.items()}
    return rule(found, granted, lane, always_now)


def _however_high(rule: Any, *given: Any) -> object:
    return min(rule(*given), SEQUENCE_MAX - 1)


def _by_the_highest(rule: Any, found: Fold, reader: Any, epoch: Any, now: Any) -> object:
    return rule(found, reader, dataclasses.replace(epoch, number_min=epoch.number), now)


RULES = [
    Rule(
        a_reader_is_given_what_missed_it_after_its_first,
        "floors.own_floor",
        always(SEQUENCE_MAX),
    ),
    Rule(a_rekey_by_the_grantee_itself_lowers_nothing, "floors.own_floor", _by_any_author),
    Rule(an_older_number_claimed_for_an_epoch_counts, "duties.is_entitled", _by_the_highest),
    Rule(nobody_gives_history_that_it_has_not, "floors.parent_floor", always(-1)),
    Rule(what_was_written_while_removed_is_not_given, "floors.own_floor", _at_any_time),
    Rule(numbers_that_ran_out_give_nothing, "floors.own_floor", _however_high),
    Rule(a_claim_to_be_an_author_gives_nothing_wanted, "duties.is_entitled", always(True)),
    Rule(a_removed_device_breaks_no_glass, "glass.was_removed", always(False)),
    Rule(
        a_member_of_a_removed_group_breaks_no_glass,
        "membership.Membership.grantees",
        lambda _, __, device: [Device(device)],
    ),
    Rule(five_glasses_an_hour_have_an_effect, "glass.in_measure", lambda _, breakings: breakings),
    Rule(an_operation_revokes_a_target_once, "revocations.is_said_again", always(False)),
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_of_release_holds_and_is_needed(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    check(rule, monkeypatch)
