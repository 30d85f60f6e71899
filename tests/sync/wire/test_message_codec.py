"""The bytes of messages: every message comes back, and nothing else is taken."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.codec import encode
from sync.errors import SessionError
from sync.identifiers import InstanceId, SealingKey
from sync.limits import frame_size_bytes_max, hello_size_bytes_max
from sync.operation import Anchor
from sync.wire.attachment_message import (
    Fragment,
    Holdings,
    Manifests,
    Marked,
    Pieces,
    PlaceMarks,
    Wants,
)
from sync.wire.message import (
    Ack,
    Close,
    Compare,
    Deposit,
    Difference,
    End,
    ForkIds,
    Hello,
    Letters,
    LogVector,
    Message,
    Operations,
    PlaceVector,
    Reply,
)
from sync.wire.message_codec import decode_message, encode_message
from sync.wire.registry_message import Facts, Known, KnownFacts, Refusal

HELLO = Hello(
    (1,),
    256 * 1024,
    1024 * 1024,
    b"n" * 16,
    SealingKey(b"s" * 32),
    Anchor((1 << 63) - 1, (1 << 63) - 1, b"b" * 32),
    b"a" * 32,
    b"c" * 32,
    True,
    b"f" * 24,
)
VECTOR = PlaceVector(
    b"p" * 8,
    (
        LogVector(InstanceId(b"i" * 16), 5, b"h" * 8),
        LogVector(InstanceId(b"j" * 16), 0, b""),
        LogVector(InstanceId(b"k" * 16), 2, b"", b"1" * 8 + b"2" * 8),
    ),
    b"l" * 16,
)
MARKS = PlaceMarks(b"p" * 8, (Marked(b"m" * 8, b""), Marked(b"n" * 8, b"\x81\x01")))
MESSAGES: list[Message] = [
    HELLO,
    Difference(b"payload", False),
    Compare((VECTOR,), b"w" * 8, False, False),
    Compare((), b"", True, True),
    Reply((VECTOR, VECTOR), True),
    ForkIds(b"p" * 8, InstanceId(b"i" * 16), b"1" * 8),
    Letters(((b"p" * 8, (b"one", b"two")), (b"q" * 40, (b"three",)))),
    Operations(()),
    Deposit(()),
    Ack(123),
    End(True),
    Close(b"receipt", 6),
    Compare((PlaceVector(b"p" * 8, (), b"", b"attached"),), b"", False, False),
    Reply((), True, True),
    Holdings((MARKS, MARKS), False),
    Manifests(((b"p" * 8, (b"one", b"two")), (b"q" * 8, (b"three",)))),
    Wants((MARKS,), True),
    Pieces((Fragment(b"p" * 8, b"n" * 32, 270_376, 262_144, b"content"),)),
    KnownFacts((Known(b"f" * 8, 0), Known(b"g" * 8, (1 << 63) - 1)), False),
    KnownFacts((), True),
    Facts((b"evidence", b"more")),
    Refusal(()),
    Refusal((b"evidence",)),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_comes_back(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


def test_the_largest_hello_keeps_its_limit() -> None:
    assert len(encode_message(HELLO)) <= hello_size_bytes_max


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_with_a_byte_more_or_less_is_refused(message: Message) -> None:
    frame = encode_message(message)
    for bad in (frame[:-1], frame + b"\x00", b""):
        with pytest.raises(SessionError):
            decode_message(bad)


@pytest.mark.parametrize(
    "value",
    [
        [],
        [18],
        [15, [[b"short", 1]], True],
        [15, [[b"f" * 8, 1 << 63]], True],
        [15, [[b"f" * 8, -1]], True],
        [15, [], 1],
        [16, [bytes(96 * 1024 + 1)]],
        [16, ["text"]],
        [17, [b"x"] * 1025],
        [11, [], 1],
        [11, [[b"p" * 8, [[b"m" * 8, bytes(129)]]]], True],
        [12, [[b"p" * 40, [b"one"]]]],
        [12, [[b"p" * 8, [bytes(40 * 1024 + 1)]]]],
        [13, [[b"p" * 8, [[b"short", b""]]]], True],
        [14, [[b"p" * 8, b"n" * 31, 1, 0, b"x"]]],
        [14, [[b"p" * 8, b"n" * 32, 270_377, 0, b"x"]]],
        [14, [[b"p" * 8, b"n" * 32, 1, -1, b"x"]]],
        [3, [], True, 1],
        [3, [[b"p" * 8, [], b"", b""]], True, False],
        ["Hello"],
        {"a": 1},
        [8],
        [8, -1],
        [8, True],
        [9, 1],
        [1, b"", None],
        [2, [], b"short", True, True],
        [2, [[b"p" * 7, [], b""]], b"", True, False],
        [2, [[b"p" * 8, [[b"i" * 16, 1, b""]], b""]], b"", True, False],
        [2, [[b"p" * 8, [[b"i" * 16, 0, b"h" * 8]], b""]], b"", True, False],
        [2, [[b"p" * 8, [[b"i" * 16, 1, b"h" * 8, b""]], b""]], b"", True, False],
        [2, [[b"p" * 8, [[b"i" * 16, 1 << 60, b"h" * 8]], b""]], b"", True, False],
        [5, [[b"p" * 8, [b"x" * (128 * 1024 + 1)]]]],
        [6, [[b"w"] * 10]],
        [10, b"receipt", 65],
    ],
)
def test_a_frame_of_another_form_is_refused(value: object) -> None:
    with pytest.raises(SessionError, match="malformed"):
        decode_message(encode(value))


def test_a_frame_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(SessionError, match="over the limit"):
        decode_message(bytes(frame_size_bytes_max + 1))


@given(st.binary(max_size=400))
def test_any_bytes_are_a_message_or_a_session_error(data: bytes) -> None:
    try:
        message = decode_message(data)
    except SessionError:
        return
    assert encode_message(message) == data
