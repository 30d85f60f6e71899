"""The lines that travel between the API and its clients."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.api.events import (
    LineSplitter,
    json_text,
    parse_json,
    piece_bytes,
    piece_event,
    result_event,
)

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text()
    | st.decimals(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_decimals_keep_their_own_digits() -> None:
    assert json_text({"dose": Decimal("1.50")}) == '{"dose":1.50}'
    assert json_text(parse_json('{"dose":1.50}')) == '{"dose":1.50}'


@given(VALUES)
def test_what_is_written_is_json_and_reads_back(value: object) -> None:
    line = result_event(value)

    assert line.count(b"\n") == 1
    assert json.loads(line, parse_float=Decimal)["result"] == value


@given(st.binary())
def test_any_bytes_survive_as_a_piece(piece: bytes) -> None:
    assert piece_bytes(parse_json(piece_event(piece))["line"]) == piece


@given(st.lists(st.binary().map(lambda line: line.replace(b"\n", b""))), st.integers(1, 9))
def test_lines_are_whole_however_they_come(lines: list[bytes], size: int) -> None:
    data = b"".join(line + b"\n" for line in lines)
    splitter = LineSplitter()

    found = [
        line
        for start in range(0, len(data), size)
        for line in splitter.feed(data[start : start + size])
    ]

    assert found == lines


@pytest.mark.parametrize("number", ["1e9999999999999999999", "-1E-9999999999999999999"])
def test_a_number_beyond_decimals_is_no_json_of_ours(number: str) -> None:
    with pytest.raises(ValueError, match="out of range"):
        parse_json(f'{{"dose":{number}}}')
