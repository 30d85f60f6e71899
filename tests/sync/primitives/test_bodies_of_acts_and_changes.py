"""What bodies hold: every act and every change reads back; hostile bodies are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.act_codec import encode_deed, parse_deed
from sync.acts import (
    Accept,
    Act,
    Box,
    BreakGlass,
    CancelShred,
    Deed,
    Grant,
    Handover,
    Keys,
    Notice,
    Rekey,
    Revoke,
    RosterAct,
    Shred,
    UnknownAct,
    Vouch,
    Want,
)
from sync.change import Change, ChangeKind, ChangeRef, Entry, Part, parse_entry
from sync.charter import Root
from sync.codec import decode, encode
from sync.cut import Run
from sync.errors import BodyError, CodecError
from sync.grantee import Basis, Device, GivenBy, Group, How, Right
from sync.identifiers import operation_id

key32 = st.binary(min_size=32, max_size=32)
act16 = st.binary(min_size=16, max_size=16)
lane8 = st.binary(min_size=8, max_size=8)
operations = st.binary(max_size=8).map(operation_id)
acts16 = st.frozensets(act16, max_size=4)
number = st.integers(0, 2**48 - 1)
grantees = st.builds(Device, key32) | st.builds(
    Group, st.binary(min_size=20, max_size=20), st.text(max_size=8)
)
cuts = st.lists(st.builds(Run, act16, lane8, number, number, operations), max_size=4).map(tuple)
boxes = st.builds(Box, key32, st.binary(min_size=80, max_size=80))
grants = st.builds(
    Grant,
    to=grantees,
    lanes=st.frozensets(lane8, max_size=3),
    rights=st.integers(0, 15).map(Right),
    basis=st.sampled_from(Basis),
    given_by=st.sampled_from(GivenBy),
    how=st.sampled_from(How),
    until_milliseconds=st.none() | number,
    history=st.booleans(),
    despite=acts16,
    despite_here=st.frozensets(st.integers(0, 100), max_size=3),
    sealing=st.none() | key32,
    sealing_signature=st.none() | st.binary(min_size=64, max_size=64),
    policy=st.none() | act16,
)
acts: st.SearchStrategy[Act] = st.one_of(
    st.builds(RosterAct, st.binary()),
    grants,
    st.builds(Revoke, grantees, cuts, st.booleans()),
    st.builds(Notice, key32, st.binary(), cuts),
    st.builds(Vouch, cuts, acts16, acts16),
    st.builds(Accept, st.frozensets(operations, max_size=4)),
    st.builds(
        Rekey,
        lane8,
        number,
        key32,
        st.lists(boxes, max_size=3).map(tuple),
        acts16,
        st.none() | act16,
    ),
    st.builds(Keys, lane8, key32, boxes),
    st.builds(Want, lane8, key32),
    st.builds(Handover, st.builds(Root, key32, key32)),
    st.builds(BreakGlass, key32, st.binary(min_size=64, max_size=64)),
    st.builds(Shred, st.frozensets(lane8, max_size=3), cuts, st.integers(0, 2**64 - 1)),
    st.builds(CancelShred, act16),
)
deeds = st.builds(Deed, st.lists(acts, max_size=4).map(tuple), st.none() | key32, st.none())
changes = st.builds(
    Change,
    kind=st.sampled_from(ChangeKind),
    source=st.text(max_size=10),
    type=st.text(max_size=10),
    id=st.text(max_size=10),
    content=st.binary(max_size=50),
    touched=st.lists(st.text(max_size=5), max_size=4).map(tuple),
    supersedes=st.lists(st.builds(ChangeRef, operations, st.integers(0, 1000)), max_size=4).map(
        tuple
    ),
)
entries = st.builds(
    Entry,
    act16,
    st.none() | st.builds(Part, st.integers(0, 100), st.integers(0, 100)),
    st.none() | key32,
    st.none() | st.binary(max_size=20),
    st.lists(changes, max_size=3).map(tuple),
)


@given(deeds)
def test_every_act_reads_back(deed: Deed) -> None:
    assert parse_deed(encode_deed(deed)) == deed


@given(entries)
def test_every_change_reads_back(entry: Entry) -> None:
    assert parse_entry(entry.encoded()) == entry


@given(st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    for parse in (parse_deed, parse_entry):
        with pytest.raises(BodyError):
            parse(data)


@given(deeds, st.integers(0, 10_000), st.integers(1, 255))
def test_a_changed_byte_is_refused_or_means_something_else(
    deed: Deed, place: int, flip: int
) -> None:
    data = bytearray(encode_deed(deed))
    data[place % len(data)] ^= flip
    try:
        found = parse_deed(bytes(data))
    except BodyError:
        return
    assert found != deed


def test_an_act_of_a_newer_version_is_kept_without_effect() -> None:
    data = encode([1, [[200, b"anything", ["deep"]]], None, None])
    assert parse_deed(data).acts == (UnknownAct(200),)
    with pytest.raises(CodecError):
        encode_deed(Deed((UnknownAct(200),)))


@pytest.mark.parametrize(
    "act",
    [
        [1],
        [2, [0, b"x" * 31], [], False],
        [2, [2, b"x" * 32], [], False],
        [2, [0, b"x" * 32], [], 1],
        [5, [b"x" * 36]],
        [6, b"l" * 8, 1, b"e" * 32, [[b"t" * 32, b"short"]], [], None],
        [8, b"l" * 7, b"e" * 32],
        [11, [b"l" * 8], [], -1],
        [11, [b"l" * 7], [], 1],
        [12, b"x" * 15],
        [-1],
        "grant",
        [],
    ],
)
def test_a_malformed_act_refuses_its_whole_body(act: object) -> None:
    with pytest.raises(BodyError):
        parse_deed(encode([1, [act], None, None]))


def test_a_newer_body_is_refused_with_its_reason() -> None:
    newer = decode(encode_deed(Deed(())))
    newer[0] = 2
    with pytest.raises(BodyError, match="newer"):
        parse_deed(encode(newer))


def test_changes_and_entries_show_no_content() -> None:
    change = Change(ChangeKind.PUT, "s", "Patient", "secret-id", b"secret", ("name",), ())
    entry = Entry(b"t" * 16, None, None, None, (change,))
    assert "secret" not in repr(change)
    assert "secret" not in repr(entry)
