"""Entries taken apart by place say what the general codec says, and refuse what it refuses."""

from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sync.change import (
    NAME_LENGTH_MAX,
    Change,
    ChangeKind,
    Entry,
    Part,
    parse_any_entry,
    parse_entry,
)
from sync.codec import encode
from sync.entry_reader import read_usual
from sync.errors import BodyError

names = st.text(max_size=30)
entries = st.builds(
    Entry,
    st.binary(min_size=16, max_size=16),
    st.none() | st.just(Part(0, 2)),
    st.none() | st.binary(min_size=32, max_size=32),
    st.none() | st.binary(max_size=300),
    st.lists(
        st.builds(
            Change,
            kind=st.sampled_from(ChangeKind),
            source=names,
            type=names,
            id=names,
            content=st.binary(max_size=600),
            touched=st.lists(names, max_size=4).map(tuple),
            supersedes=st.just(()),
        ),
        min_size=1,
        max_size=1,
    ).map(tuple),
)


def said(parse: Callable[[bytes], Entry], data: bytes) -> Entry | None:
    try:
        return parse(data)
    except BodyError:
        return None


def assert_alike(data: bytes) -> None:
    assert said(parse_entry, data) == said(parse_any_entry, data)


@given(entries)
def test_an_entry_reads_back_either_way(entry: Entry) -> None:
    data = entry.encoded()
    assert parse_entry(data) == parse_any_entry(data) == entry


@settings(max_examples=400)
@given(entries, st.integers(0, 2000), st.binary(max_size=3), st.integers(0, 3))
def test_changed_bytes_mean_the_same_either_way(
    entry: Entry, place: int, new: bytes, dropped: int
) -> None:
    data = entry.encoded()
    at = place % len(data)
    assert_alike(data[:at] + new + data[at + dropped :])
    assert_alike(data + new)
    assert_alike(data[:at])


def value(**changed: object) -> list[object]:
    """A usual entry, with some of its parts as they must not be."""
    change = {"kind": 0, "source": "s", "type": "T", "id": "i", "content": b"c"}
    touched: object = changed.pop("touched", ["a"])
    practitioner = changed.pop("practitioner", None)
    parts = list((change | changed).values())
    return [1, b"t" * 16, None, practitioner, None, [[*parts, touched, []]]]


@pytest.mark.parametrize(
    "broken",
    [
        value(kind=2),
        value(kind=True),
        value(source="x" * (NAME_LENGTH_MAX + 1)),
        value(type="x" * (NAME_LENGTH_MAX + 1)),
        value(id="x" * (NAME_LENGTH_MAX + 1)),
        value(id=b"i"),
        value(content="c"),
        value(touched=["x" * (NAME_LENGTH_MAX + 1)]),
        value(touched=[b"a"]),
        value(touched="a"),
        value(practitioner=b"short"),
    ],
)
def test_what_is_of_a_wrong_type_or_too_long_is_left_or_refused_alike(broken: object) -> None:
    assert_alike(encode(broken))


@pytest.mark.parametrize("size", [0, 23, 24, 255, 256, 65_535, 65_536])
def test_sizes_at_the_edges_read_alike(size: int) -> None:
    assert_alike(encode(value(content=b"c" * size)))
    assert_alike(encode(value(id="i" * min(size, 300))))


@given(st.sampled_from([24, 25]))
@example(24)
def test_a_longer_spelling_of_a_size_is_refused(head: int) -> None:
    data = encode(value(content=b"c" * 5))
    longer = bytes([0x40 + head]) + (5).to_bytes(head - 23, "big")
    respelled = data.replace(b"\x45ccccc", longer + b"ccccc")
    assert respelled != data
    assert said(parse_entry, respelled) is None


def test_the_usual_entry_is_not_left_to_the_general_codec() -> None:
    assert read_usual(encode(value(content=b"c" * 2000)), NAME_LENGTH_MAX) is not None
    assert read_usual(encode(value(practitioner=b"p" * 32)), NAME_LENGTH_MAX) is not None
