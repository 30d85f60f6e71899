"""Targets: what a node reads from its own folder, from people, and from programs at its socket."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

from node.api.arguments import Arguments
from node.api.errors import BadArgument
from node.api.events import LineSplitter, json_text, parse_json, piece_bytes
from node.application.access.granting import parse_terms
from node.application.timestamps import parse_time, time_text
from node.command.words import read_words
from node.errors import NodeError
from node.failure import Account
from node.home.instance_token import read_instance_token
from node.home.layout import Home
from node.home.lock import read_holder
from node.home.passphrase import PassphraseSource
from node.keystore.keystore import Keystore, PassphraseCost
from node.keystore.making import make_secrets
from node.keystore.recovery import (
    entropy_from_words,
    words_from_entropy,
    words_from_text,
)
from node.keystore.secrets import NodeKind, Secrets, decode_secrets, encode_secrets
from node.transport.errors import AddressError
from node.transport.peer_id import parse_peer_id, peer_id, split_peer_address
from scenarios.soak.fuzz.people import DEVICE, OPENER, operation, roster
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.errors import CodecError, EpochKeyError, IdentifierError
from sync.identifiers import (
    chart_text,
    did_ethr,
    did_key,
    operation_text,
    parse_chart_text,
    parse_did_ethr,
    parse_did_key,
    parse_operation_text,
)

PASSPHRASE: Final = b"a passphrase"
CHEAP: Final = PassphraseCost(1, 8192)


@cache
def _folder() -> Path:
    holder = tempfile.TemporaryDirectory(prefix="satchel-fuzz-")
    _KEPT.append(holder)
    return Path(holder.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []
"""Folders live as long as the process, and are removed with it."""


def _put(name: str, data: bytes) -> Path:
    path = _folder() / name
    path.write_bytes(data)
    return path


@cache
def _secrets() -> Secrets:
    return make_secrets("a clinic", NodeKind.CLINIC, lambda count: b"\x2a" * count)[0]


@cache
def _whole_keystore() -> bytes:
    path = _folder() / "whole"
    Keystore.create(path, _secrets(), PASSPHRASE, lambda count: b"\x2a" * count, CHEAP)
    return path.read_bytes()


def _keystore(data: bytes) -> None:
    """A file as it is, or with a checksum that fits what was changed."""
    fits, data = under(data, 2)
    if fits:
        data = data[:-32] + hashlib.sha256(data[:-32]).digest()
    if _is_costly(data):
        return
    try:
        opened = Keystore.open(_put("keystore", data), PASSPHRASE, bytes)
    except NodeError as error:
        says_why(error)
        return
    assert opened.secrets == _secrets(), "another file opens with this passphrase"


def _is_costly(data: bytes) -> bool:
    """Whether the head asks for other memory than ours: what it costs has a test of its own."""
    return b"\x84\x01\x19\x20\x00\x50" not in data[:20]


def _decode_secrets(data: bytes) -> None:
    try:
        found = decode_secrets(data)
    except CodecError:
        return
    assert decode_secrets(encode_secrets(found)) == found, "secrets are written as others"
    assert repr(found) == "Secrets(...)", "secrets show themselves"


def _own_files(data: bytes) -> None:
    """Small files of a home, and those that a person names."""
    home = Home(_folder())
    home.lock.write_bytes(data)
    holder = read_holder(home)
    assert holder.pid is None or holder.pid >= 0
    home.instance_token.write_bytes(data)
    token = read_instance_token(home)
    assert token is None or len(token) == 32
    path = _put("given", data)
    for read in (PassphraseSource(path).read, lambda: read_words(path)):
        try:
            assert read() is not None
        except NodeError as error:
            says_why(error)


def _words(data: bytes) -> None:
    try:
        words = words_from_text(data.decode(errors="replace"))
        entropy = entropy_from_words(words)
    except NodeError as error:
        says_why(error)
        return
    assert words_from_entropy(entropy) == words, "words are read as others"


def _texts(data: bytes) -> None:
    """Ids, addresses and times as people type them."""
    text = data.decode(errors="replace")
    readers: list[tuple[Callable[[str], object], Callable[..., str]]] = [
        (parse_operation_text, operation_text),
        (parse_chart_text, chart_text),
        (parse_did_key, did_key),
        (parse_did_ethr, did_ethr),
    ]
    for read, write in readers:
        try:
            found = read(text)
        except IdentifierError:
            continue
        assert read(write(found)) == found, "an id is read as another"
    try:
        assert peer_id(parse_peer_id(text))
    except AddressError as error:
        says_why(error)
    with suppress(AddressError):
        split_peer_address(text)
    when = parse_time(text)
    assert when is None or when < 0 or time_text(when)
    words = text.split(",")
    with suppress(NodeError):
        parse_terms(words[1:], words[0], words[-1], words[0], words[-1], when, False)
    with suppress(EpochKeyError):
        OPENER.open(data)


def _told(data: bytes) -> None:
    """What a client sends, and what a node answers."""
    splitter = LineSplitter()
    cut = len(data) // 2
    lines = [*splitter.feed(data[:cut]), *splitter.feed(data[cut:]), *splitter.feed(b"\n")]
    assert b"\n".join([*lines, b""]) == data + b"\n", "lines are lost"
    for line in lines:
        try:
            value = parse_json(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            _ask(value)
            account = value.get("error")
            if isinstance(account, dict):
                assert Account.from_json(account).exit_code >= 0
            if isinstance(value.get("line"), str):
                with suppress(UnicodeEncodeError):
                    piece_bytes(value["line"])
        with suppress(RecursionError, ValueError):
            assert json_text(value).count("\n") == 0, "an event has a line end in it"


def _ask(values: dict[str, object]) -> None:
    arguments = Arguments(values)
    names = [*values, "missing"]
    asks = (
        arguments.text,
        arguments.text_or_none,
        arguments.flag,
        arguments.whole_or_none,
        arguments.texts,
        arguments.texts_or_none,
    )
    for place, name in enumerate(names):
        try:
            asks[place % len(asks)](name)
        except BadArgument as error:
            says_why(error)
    with suppress(BadArgument):
        arguments.done()


def _text_seeds() -> Sequence[bytes]:
    device = peer_id(DEVICE.public)
    texts = [
        operation_text(operation().id), chart_text(operation().prefix.chart),
        did_key(DEVICE.public), did_ethr(roster().organisation), device,
        f"/ip4/127.0.0.1/tcp/4001/p2p/{device}", "2027-01-31", "2027-01-31T12:00:00+03:00",
        "read,summary,care,consent",
    ]  # fmt: skip
    return [text.encode() for text in texts]


def _events() -> Sequence[bytes]:
    account = {"class": "Locked", "message": "m", "hint": None, "exit_code": 3}
    values = [{"progress": ["import", 3, None]}, {"line": "{}\n"}, {"result": [1, 1.5]},
              {"error": account}, {"chart": "c", "to": ["a"], "lost": True}]  # fmt: skip
    return [*(json.dumps(one).encode() for one in values), json.dumps(values).encode()]


TARGETS = (
    Target("keystore", _keystore, lambda: [head + _whole_keystore() for head in (b"\x00", b"\x01")],
           Form.BYTES, ("node.keystore.keystore:Keystore.open",), weight=1, head=1),
    Target("secrets", _decode_secrets, lambda: [encode_secrets(_secrets())], Form.CBOR,
           ("node.keystore.secrets:decode_secrets",
            "node.keystore.succession:parse_succession")),
    Target("own-files", _own_files, lambda: [b"4711\n/run/satchel.sock\n", b"\x01" * 32,
           " ".join(words_from_entropy(bytes(32))).encode(), "pässwörd\r\n".encode()], Form.TEXT,
           ("node.home.lock:read_holder", "node.home.instance_token:read_instance_token",
            "node.home.passphrase:PassphraseSource.read", "node.command.words:read_words",
            "node.command.files:read_text", "node.command.files:open_file"), weight=1),
    Target("recovery-words", _words, lambda: [" ".join(words_from_entropy(bytes(32))).encode(),
           b"1. abandon 2) ability"], Form.TEXT,
           ("node.keystore.recovery:words_from_text",), weight=1),
    Target("ids", _texts, _text_seeds, Form.TEXT,
           ("sync.identifiers:parse_operation_text", "sync.identifiers:parse_chart_text",
            "sync.identifiers:parse_did_key", "sync.identifiers:parse_did_ethr",
            "node.transport.peer_id:parse_peer_id", "node.application.timestamps:parse_time",
            "node.application.access.granting:parse_terms", "sync.sealing:Opener.open"), weight=4),
    Target("events", _told, _events, Form.JSON,
           ("node.api.events:parse_json", "node.api.events:LineSplitter.feed"), weight=4),
)  # fmt: skip
