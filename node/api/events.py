"""What an answer is made of: events, a line of JSON each. The API writes them, the client reads.

    {"progress": ["import", 3, 120]}      as often as is worth showing
    {"line": "…"}                         a piece of an export, as text
    {"result": …}                         the last one, or
    {"error": {"class": …, "message": …, "hint": …, "exit_code": …}}

Numbers of records keep their exact decimals both ways (`1.50` stays `1.50`).
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

EVENTS_MEDIA_TYPE: Final = "application/x-ndjson"
ARGUMENTS_PARAMETER: Final = "arguments"
"""Where the arguments are when the body is a file."""

_encode_plain = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def progress_event(what: str, done: int, total: int | None) -> bytes:
    """How far the work is; `total` is None where nobody knows."""
    return _line({"progress": [what, done, total]})


def piece_event(piece: bytes) -> bytes:
    """A piece of an export; bytes that are not UTF-8 survive as lone surrogates."""
    return json.dumps({"line": piece.decode(errors="surrogateescape")}).encode() + b"\n"


def piece_bytes(text: str) -> bytes:
    """The bytes of a piece as they were exported."""
    return text.encode(errors="surrogateescape")


def result_event(result: object) -> bytes:
    """The end of an act that was done."""
    return _line({"result": result})


def error_event(account: dict[str, object]) -> bytes:
    """The end of an act that failed (`node.failure.account_of`)."""
    return _line({"error": account})


class LineSplitter:
    """Takes bytes as they come and gives whole lines; only a newline ends one."""

    def __init__(self) -> None:
        """Begin before the first line."""
        self._rest: list[bytes] = []

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are whole now, without their newlines."""
        *whole, rest = data.split(b"\n")
        if not whole:
            self._rest.append(data)
            return []
        whole[0] = b"".join([*self._rest, whole[0]])
        self._rest = [rest]
        return whole


def json_text(value: object) -> str:
    """JSON on one line, with Decimals in their own digits."""
    return "".join(_pieces(value))


def parse_json(text: str | bytes) -> Any:
    """The value that JSON says, fractions as Decimals. Raises ValueError."""
    try:
        return json.loads(text, parse_float=Decimal)
    except ArithmeticError as error:
        raise ValueError("a number is out of range") from error


def _line(value: object) -> bytes:
    return json_text(value).encode(errors="backslashreplace") + b"\n"


def _pieces(value: object) -> Iterator[str]:
    match value:
        case dict():
            mark = "{"
            for key, item in value.items():
                yield f"{mark}{_encode_plain(str(key))}:"
                yield from _pieces(item)
                mark = ","
            yield "}" if value else "{}"
        case list() | tuple():
            mark = "["
            for item in value:
                yield mark
                yield from _pieces(item)
                mark = ","
            yield "]" if value else "[]"
        case Decimal():
            yield str(value) if value.is_finite() else "null"
        case _:
            yield _encode_plain(value)
