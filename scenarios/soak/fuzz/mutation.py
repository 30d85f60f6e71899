"""Changes valid inputs so that they stay nearly valid: bytes, CBOR values, JSON values, text.

A change of a CBOR value also goes into byte strings that are CBOR themselves, as bodies, boxes
and frames are. All draws come from one seeded generator: a run can be repeated.
"""

import json
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import cbor2

from scenarios.soak.fuzz.target import INPUT_SIZE_BYTES_MAX, Form

_NUMBERS: Final = (
    0, 1, 2, 23, 24, 127, 128, 255, 256, 1000, 65535, 65536, (1 << 31) - 1, 1 << 31, (1 << 32) - 1,
    1 << 32, (1 << 48) - 1, 1 << 48, (1 << 53) + 1, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, -1, -2,
)  # fmt: skip
_TEXTS: Final = (
    "", "0", "\x00", "\x1b[31m", "é", "\u202e", "\U0001f600", "../../etc/passwd", "Patient/1", "#",
    "urn:uuid:", "a" * 257, "1e400", "NaN", "2026-02-30", "0000", "٣", "İ", "ß", "Patient/../1",
    "http://[::1", "Bundle", "\u0300" * 40,
)  # fmt: skip
_PIECES: Final = (
    b"", b"\x00", b"\xff", b"\x7f", b"\x80", b"\r\n", b"\n", b'"', b"\\", b"\\u", b"\\ud800", b"{",
    b"}", b"[", b"]", b",", b":", b"null", b"1e999999", b"-0", b"NaN", b"\xef\xbb\xbf",
    b"\xed\xa0\x80", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x9f", b"\xbf", b"\xff\xff\xff\xff",
    b"\x5b\xff", b"\xf6", b"\xf9\x7e\x00", b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff", b"\xd9\x01\x00",
    b"\xd8\x1c", b"\xc2\x49", b"[" * 200, b'{"a":' * 120, b"\x81" * 40, b"9" * 5000,
)  # fmt: skip

Tree = Any


class Mutator:
    """Gives changed inputs of one target, for ever."""

    def __init__(self, draw: Random, seeds: Sequence[bytes], form: Form, head: int = 0) -> None:
        """Begin with valid inputs, of which there must be one; `head` bytes of each are choices."""
        self._draw = draw
        self._heads = [seed[:head] for seed in seeds]
        self._seeds = [seed[head:] for seed in seeds]
        self._form = form

    def next(self) -> bytes:
        """The next input."""
        draw = self._draw
        if draw.random() < 0.02:
            return draw.randbytes(draw.randrange(300))
        place = draw.randrange(len(self._seeds))
        head, data = self._heads[place], self._seeds[place]
        for _ in range(1 + int(draw.expovariate(1.0))):
            data = self._changed(data)
        if draw.random() < 0.2:
            head = draw.randbytes(len(head))
        return (head + data)[:INPUT_SIZE_BYTES_MAX]

    def _changed(self, data: bytes) -> bytes:
        structured = self._draw.random() < 0.6
        if structured and self._form is Form.CBOR:
            return self._changed_cbor(data)
        if structured and self._form is Form.JSON:
            return self._changed_json(data)
        if structured and self._form is Form.TEXT:
            return self._changed_text(data)
        return self._changed_bytes(data)

    # -- bytes

    def _changed_bytes(self, data: bytes) -> bytes:
        draw = self._draw
        at = draw.randrange(len(data) + 1)
        end = min(len(data), at + draw.choice((1, 2, 4, 8, 36, 300)))
        match draw.randrange(9):
            case 0 if at < len(data):
                return data[:at] + bytes((data[at] ^ 1 << draw.randrange(8),)) + data[at + 1 :]
            case 1 if at < len(data):
                return data[:at] + draw.randbytes(1) + data[at + 1 :]
            case 2:
                return data[:at] + draw.choice(_PIECES) + data[at:]
            case 3:
                return data[:at] + draw.choice(_PIECES) + data[end:]
            case 4:
                return data[:at] + data[end:]
            case 5:
                return data[:end] + data[at:]
            case 6:
                other = draw.choice(self._seeds)
                return data[:at] + other[draw.randrange(len(other) + 1) :]
            case 7:
                return data[:at]
            case _:
                return self._lied(data, at)

    def _lied(self, data: bytes, at: int) -> bytes:
        """Another number where a length may stand."""
        size = self._draw.choice((1, 2, 4, 8))
        number = self._draw.choice(_NUMBERS) & ((1 << 8 * size) - 1)
        return data[:at] + number.to_bytes(size, "big") + data[at + size :]

    # -- values

    def _changed_cbor(self, data: bytes) -> bytes:
        try:
            value = cbor2.loads(data)
        except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError):
            return self._changed_bytes(data)
        changed = self._changed_value(value, self._cbor_leaf)
        try:
            return bytes(cbor2.dumps(changed, canonical=self._draw.random() < 0.95))
        except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError):
            return self._changed_bytes(data)

    def _changed_json(self, data: bytes) -> bytes:
        lines = data.split(b"\n")
        place = self._draw.randrange(len(lines))
        try:
            value = json.loads(lines[place])
        except (ValueError, RecursionError):
            return self._changed_bytes(data)
        changed = self._changed_value(value, self._json_leaf)
        space = self._draw.choice((None, None, None, (", ", " : "), (",", ":")))
        escaped = self._draw.random() < 0.5
        try:
            lines[place] = json.dumps(changed, separators=space, ensure_ascii=escaped).encode()
        except (ValueError, RecursionError):
            return self._changed_bytes(data)
        if self._draw.random() < 0.1:
            lines.insert(self._draw.randrange(len(lines) + 1), self._draw.choice(lines))
        return b"\n".join(lines)

    def _changed_text(self, data: bytes) -> bytes:
        text = data.decode(errors="replace")
        at = self._draw.randrange(len(text) + 1)
        put = self._draw.choice((*_TEXTS, text[:at], text[at:], chr(self._draw.randrange(0xD800))))
        return (text[:at] + put + text[at + self._draw.choice((0, 0, 1, 4)) :]).encode()

    def _changed_value(self, value: Tree, leaf: Callable[[Tree], Tree]) -> Tree:
        """The value with one change somewhere in it: deeper ones as likely as shallow ones."""
        draw = self._draw
        if isinstance(value, list | tuple) and value and draw.random() < 0.85:
            return self._changed_list(list(value), leaf)
        if isinstance(value, dict) and value and draw.random() < 0.85:
            return self._changed_map(dict(value), leaf)
        return leaf(value)

    def _changed_list(self, items: list[Tree], leaf: Callable[[Tree], Tree]) -> list[Tree]:
        draw = self._draw
        at, other = draw.randrange(len(items)), draw.randrange(len(items))
        match draw.randrange(14):
            case 0:
                del items[at]
            case 1:
                items.insert(other, items[at])
            case 2:
                items[at], items[other] = items[other], items[at]
            case 3:
                items *= draw.choice((2, 3, 40))
            case 4:
                items[at] = [items[at]]
            case _:
                items[at] = self._changed_value(items[at], leaf)
        return items

    def _changed_map(self, members: dict[Tree, Tree], leaf: Callable[[Tree], Tree]) -> Tree:
        draw = self._draw
        name, other = draw.choice(list(members)), draw.choice(list(members))
        match draw.randrange(14):
            case 0:
                del members[name]
            case 1:
                members[name], members[other] = members[other], members[name]
            case 2:
                members[draw.choice((*_TEXTS, f"_{name}", f"{name}X"))] = members[name]
            case 3:
                members[name] = [members[name]]
            case 4:
                members[name] = dict(members)
            case _:
                members[name] = self._changed_value(members[name], leaf)
        return members

    def _cbor_leaf(self, value: Tree) -> Tree:
        draw = self._draw
        if isinstance(value, bytes) and draw.random() < 0.8:
            if len(value) > 40 and draw.random() < 0.7:
                return self._changed_cbor(value)
            return self._changed_bytes(value)
        if isinstance(value, int) and draw.random() < 0.5:
            return value + draw.choice((-1, 1))
        if isinstance(value, str) and draw.random() < 0.5:
            return self._changed_text(value.encode(errors="replace")).decode()
        return draw.choice(
            (None, True, False, 1.5, [], {}, {"a": 1}, b"", draw.randbytes(16), draw.randbytes(32),
             *_NUMBERS, *_TEXTS)
        )  # fmt: skip

    def _json_leaf(self, value: Tree) -> Tree:
        draw = self._draw
        if isinstance(value, str) and draw.random() < 0.6:
            return self._changed_text(value.encode(errors="replace")).decode()
        return draw.choice(
            (None, True, False, 1.10, -0.0, 1e300, [], {}, [value], *_NUMBERS, *_TEXTS)
        )
