"""The demo's trial of a removed reader's keys: it holds, and fails as soon as one would do."""

from dataclasses import replace

from opened_homes import (
    AFTER,
    AFTER_KEY,
    BEFORE,
    BEFORE_KEY,
    REMAINING,
    REMOVED,
    boxed_for,
    opened_home,
)

from scenarios.demo.checks import keys_do_not_open, relay_reads_nothing
from scenarios.demo.opened_home import OpenedHome
from sync.identifiers import EpochKey

WRITER = opened_home(BEFORE, AFTER, boxed_for(REMAINING), keys=(BEFORE_KEY, AFTER_KEY))
CARRIER = opened_home(BEFORE, AFTER)
SHUT_OUT = opened_home(BEFORE, keys=(BEFORE_KEY,), openers=(REMOVED,))
OTHER_KEY = EpochKey(b"o" * 32)
CARRIED = {"chart": "c", "name": "", "birth_date": "", "resources": 0}


def holds(
    writer: OpenedHome = WRITER, carrier: OpenedHome = CARRIER, shut_out: OpenedHome = SHUT_OUT
) -> bool:
    return keys_do_not_open("Condition/c1", writer, carrier, shut_out).passed


def test_a_removed_reader_with_older_keys_opens_nothing_of_after() -> None:
    assert holds()


def test_a_removed_reader_that_holds_the_later_key_is_found() -> None:
    assert not holds(shut_out=replace(SHUT_OUT, keys=(BEFORE_KEY, AFTER_KEY)))


def test_a_later_key_that_is_boxed_for_the_removed_reader_is_found() -> None:
    writer = opened_home(BEFORE, AFTER, boxed_for(REMOVED), keys=(BEFORE_KEY, AFTER_KEY))
    assert not holds(writer)


def test_the_trial_is_not_passed_by_trying_nothing() -> None:
    assert not holds(replace(WRITER, keys=(BEFORE_KEY,)))  # who wrote it cannot open it either
    assert not holds(carrier=opened_home(BEFORE))  # nothing to try the keys on
    assert not holds(carrier=opened_home(BEFORE, AFTER.without_body()))
    assert not holds(shut_out=replace(SHUT_OUT, keys=()))
    assert not holds(shut_out=replace(SHUT_OUT, keys=(OTHER_KEY,)))  # a key of nothing


def test_a_relay_that_exports_lists_or_carries_otherwise_is_found() -> None:
    directory = CARRIED | {"name": "(directory)"}
    assert relay_reads_nothing([], [CARRIED, directory], CARRIER).passed
    assert not relay_reads_nothing([b"{}"], [CARRIED], CARRIER).passed
    assert not relay_reads_nothing([], [CARRIED | {"name": "Amina"}], CARRIER).passed
    assert not relay_reads_nothing([], [CARRIED | {"birth_date": "1980"}], CARRIER).passed
    assert not relay_reads_nothing([], [CARRIED | {"resources": 2}], CARRIER).passed
    assert not relay_reads_nothing([], [CARRIED], opened_home()).passed
    assert not relay_reads_nothing([], [], CARRIER).passed
