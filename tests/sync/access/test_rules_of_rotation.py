"""An organisation's change of key: members are a function of the statements, in any order."""

import hashlib
import random

from histories import History, clinic, generation_opener, organisation, organisation_secret, person
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.access import Evidence, fold
from sync.acts import RosterAct
from sync.belonging import sign_belonging
from sync.grantee import Group
from sync.pledge import Pledge, address_of, key_hash, sign_pledge
from sync.roster import Roster, RosterDevice, RosterGroup, sign_roster

CLINIC = organisation("clinic")
FIRST = organisation_secret("clinic")
SECOND, THIRD, THIEFS, FOURTH = (
    hashlib.sha256(name.encode()).digest() for name in ("second", "third", "thief", "fourth")
)


def pledge(secret: bytes, place: int, following: bytes, *before: Roster) -> Pledge:
    digests = [each.digest for each in before]
    return sign_pledge(secret, CLINIC, place, key_hash(address_of(following)), digests)


def stated(secret: bytes, number: int, pledges: tuple[Pledge, ...], *members: str) -> Roster:
    devices = tuple(
        RosterDevice(
            person(n).key,
            person(n).sealing,
            person(n).sealing_signature,
            sign_belonging(person(n).signer, CLINIC),
        )
        for n in members
    )
    keys = tuple(person(n).key for n in members)
    groups = tuple(
        RosterGroup(name, 1, generation_opener("clinic", name, 1).public, keys)
        for name in ("all", "admin")
    )
    return sign_roster(secret, number, None, devices, groups, (), pledges, CLINIC)


ONE = pledge(FIRST, 0, SECOND)
BEFORE = stated(FIRST, 0, (ONE,), "nurse", "doctor")
TWO = pledge(SECOND, 1, THIRD, BEFORE)
AFTER = stated(SECOND, 1, (ONE, TWO), "nurse", "doctor", "porter")
STOLEN = stated(FIRST, 0, (ONE,), "thief")
STOLEN_LATER = stated(FIRST, 9, (ONE,), "thief")
FALSE_ONE = pledge(FIRST, 0, THIEFS)
FALSE_TWO = pledge(THIEFS, 1, FOURTH, BEFORE)
TAKEN_OVER = stated(THIEFS, 1, (FALSE_ONE, FALSE_TWO), "thief")
THREE = pledge(THIRD, 2, FOURTH, AFTER)
LAST = stated(THIRD, 2, (ONE, TWO, THREE), "nurse", "doctor")
WIDER = pledge(SECOND, 1, THIRD, BEFORE, STOLEN)
"""The second key, stolen as well after it was used, lets more count."""
REWRITTEN = stated(SECOND, 1, (ONE, WIDER), "thief")


def members(history: History) -> set[str]:
    found = history.fold().membership.members[Group(CLINIC, "all")]
    names = ("nurse", "doctor", "porter", "thief")
    return {name for name in names if person(name).key in found}


def carried(*statements: tuple[str, Roster]) -> History:
    history = History()
    for author, roster in statements:
        history.act(author, history.all, RosterAct(roster.encoded()))
    return history


def test_a_stolen_key_adds_members_while_nobody_has_rotated() -> None:
    history = carried(("nurse", BEFORE), ("thief", STOLEN))
    assert members(history) == {"nurse", "doctor", "thief"}


def test_a_stolen_old_key_adds_nobody_once_the_rotation_is_known() -> None:
    for stolen in (STOLEN, STOLEN_LATER):
        before = carried(("nurse", BEFORE), ("thief", stolen), ("nurse", AFTER))
        after = carried(("nurse", BEFORE), ("nurse", AFTER), ("thief", stolen))
        for history in (before, after):
            assert members(history) == {"nurse", "doctor", "porter"}
            keys = history.fold().membership.organisation_keys
            assert keys[CLINIC] == address_of(SECOND)


def test_a_stolen_old_key_cannot_take_the_organisation_over() -> None:
    for rest in ([], [("nurse", AFTER)]):
        history = carried(("nurse", BEFORE), ("thief", TAKEN_OVER), *rest)
        assert "thief" not in members(history)


def test_a_root_says_which_pledge_counts_whatever_its_stamp() -> None:
    history = History()
    history.act("thief", history.all, RosterAct(TAKEN_OVER.encoded()), stamp=1)
    history.act("nurse", history.all, RosterAct(BEFORE.encoded()))
    history.act("nurse", history.all, RosterAct(AFTER.encoded()))
    assert "thief" in members(history)  # its carrier's clock was set back: paper is the remedy
    history.act("root", history.root, RosterAct(AFTER.encoded()))
    assert members(history) == {"nurse", "doctor", "porter"}


def test_a_second_rotation_ends_the_second_key() -> None:
    history = carried(("nurse", BEFORE), ("nurse", AFTER), ("nurse", LAST), ("thief", REWRITTEN))
    assert members(history) == {"nurse", "doctor", "porter"}


def test_a_thief_with_a_clock_set_back_moves_no_pledge_of_a_later_key() -> None:
    history = carried(("nurse", BEFORE), ("nurse", AFTER), ("nurse", LAST))
    history.act("thief", history.all, RosterAct(REWRITTEN.encoded()), stamp=1)
    assert members(history) == {"nurse", "doctor", "porter"}


def test_a_member_keeps_what_it_did_before_the_rotation() -> None:
    history = clinic("nurse", "doctor")
    written = history.data("doctor", history.all)
    statement = next(iter(history.fold().membership.carriers.values()))
    assert statement
    assert written.id in history.fold().merged


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.sets(st.integers(0, 6)))
def test_the_order_of_arrival_changes_nothing(seed: int, left_out: set[int]) -> None:
    history = carried(
        ("nurse", BEFORE),
        ("thief", STOLEN),
        ("nurse", AFTER),
        ("thief", TAKEN_OVER),
        ("doctor", LAST),
        ("thief", REWRITTEN),
        ("porter", AFTER),
    )
    operations = list(history.operations.values())
    held = [each for place, each in enumerate(operations) if place not in left_out]
    straight = fold(Evidence(history.charter, held, history.deeds, lambda *_: False))
    random.Random(seed).shuffle(held)
    mixed = fold(Evidence(history.charter, held, history.deeds, lambda *_: False))
    assert mixed.membership.members == straight.membership.members
    assert mixed.membership.organisation_keys == straight.membership.organisation_keys
    group = straight.membership.members.get(Group(CLINIC, "all"), set())
    if not left_out & {0, 4}:
        assert person("thief").key not in group
