"""Targets: what crosses between nodes: messages, whole sessions frame by frame, frames of bytes."""

from collections.abc import Sequence
from functools import cache
from typing import Final

import trio

from node.transport.errors import TransportError
from node.transport.framed_stream import FramedStream
from scenarios.soak.fuzz.people import whole_letter
from scenarios.soak.fuzz.statements import loaded
from scenarios.soak.fuzz.still_replica import ACCESS, CARE, CHARTS, Side, StillReplica
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.codec import encode
from sync.digest import Place
from sync.errors import SessionError
from sync.session import Session, SessionParameters, shared_secret_of
from sync.wire.message_codec import decode_message, encode_message
from sync.wire.registry_message import Refusal

FRAMES_MAX: Final = 5_000
"""More answers to one input than this is a session that does not end."""

VICTIM, PEER = Side(1), Side(2)


def _message(data: bytes) -> None:
    try:
        message = decode_message(data)
    except SessionError as error:
        says_why(error)
        return
    assert encode_message(message) == data, "a message has two spellings"


@cache
def _world(apart: bool) -> tuple[StillReplica, StillReplica]:
    """The victim's replica and the peer's: some held by both, more by either, a fork, a letter."""
    victim, peer = StillReplica(VICTIM), StillReplica(PEER)
    for chart in CHARTS:
        opening = VICTIM.log(Place(chart, ACCESS), 2)
        victim.keep(opening)
        peer.keep(opening)
    if not apart:
        return victim, peer
    victim.keep(VICTIM.log(Place(CHARTS[0], ACCESS), 3))
    mine = VICTIM.log(Place(CHARTS[0], CARE), 4)
    theirs = PEER.log(Place(CHARTS[1], CARE), 4)
    victim.keep([*mine, *theirs[:2]])
    peer.keep([*theirs, *mine[:1], *PEER.log(Place(CHARTS[2], ACCESS), 3)])
    victim.keep(VICTIM.log(Place(CHARTS[2], CARE), 3))
    peer.keep(VICTIM.log(Place(CHARTS[2], CARE), 3, twist=b"!"))
    peer.post[CHARTS[0]].append(whole_letter().encoded())
    peer.attach(theirs[3], b"a sealed piece" * 40)
    victim.attach(mine[3], b"another piece" * 40)
    victim.facts |= {b"both held": 3, b"old there": 7}
    peer.facts |= {b"both held": 3, b"old there": 2, b"only here": 1}
    peer.to_deposit += PEER.log(Place(CHARTS[1], ACCESS), 2)
    return victim, peer


def _session(replica: StillReplica, peer: Side, *, initiator: bool) -> Session:
    side = replica.side
    return Session(
        replica,
        SessionParameters(
            peer.signer.public,
            initiator,
            side.signer,
            side.opener.public,
            shared_secret_of(side.opener),
            bytes(side.instance),
        ),
    )


def _fuzz_session(data: bytes) -> None:
    """The peer's frames, changed: nothing but SessionError, nothing unverified, and an end."""
    choice, data = under(data, 4)
    value = loaded(data)
    frames = [one for one in value if isinstance(one, bytes)] if isinstance(value, list) else []
    replica = _world(choice >= 2)[0].copy()
    session = _session(replica, PEER, initiator=bool(choice % 2))
    try:
        _drain(session)
        for frame in frames:
            session.receive(frame)
            _drain(session)
        session.receive_pause()
        session.receive_end()
    except SessionError as error:
        says_why(error)
    assert _drain(session) >= 0


def _drain(session: Session) -> int:
    for count in range(FRAMES_MAX):
        if session.next_frame() is None:
            return count
    raise AssertionError("the session speaks without end")


def _session_seeds() -> Sequence[bytes]:
    """What an honest peer sends, for either who begins."""
    seeds = []
    for choice in range(4):
        victim, peer = (one.copy() for one in _world(choice >= 2))
        one = _session(victim, PEER, initiator=bool(choice % 2))
        other = _session(peer, VICTIM, initiator=not choice % 2)
        sent: list[bytes] = []
        while True:
            moved = False
            while (frame := one.next_frame()) is not None:
                other.receive(frame)
                moved = True
            while (frame := other.next_frame()) is not None:
                sent.append(frame)
                one.receive(frame)
                moved = True
            if not moved:
                break
        assert one.finished, "the honest exchange does not end"
        seeds.append(bytes([choice]) + encode(sent))
    return seeds


def _message_seeds() -> Sequence[bytes]:
    frames = [frame for seed in _session_seeds() for frame in loaded(seed[1:])]
    refusal = encode_message(Refusal((b"evidence",)))
    return [*dict.fromkeys(frames), refusal]


class _Given:
    """A channel that gives an input in pieces of one size, and then its end."""

    def __init__(self, data: bytes, piece_size_bytes: int) -> None:
        self._data = data
        self._piece_size_bytes = piece_size_bytes

    async def receive_some(self, size_max: int) -> bytes:
        size = min(size_max, self._piece_size_bytes)
        piece, self._data = self._data[:size], self._data[size:]
        return piece

    async def send_all(self, data: bytes) -> None:
        raise AssertionError("nothing is sent")

    async def send_end(self) -> None:
        raise AssertionError("nothing is sent")

    async def release(self) -> None:
        self._data = b""

    async def abandon(self) -> None:
        self._data = b""


def _framing(data: bytes) -> None:
    choice, data = under(data, 6)
    found = trio.run(_frames_of, data, (1, 3, 4, 5, 100, 1 << 20)[choice])
    at = 0
    for frame in found:
        assert data[at : at + 4 + len(frame)] == len(frame).to_bytes(4, "big") + frame, "another"
        at += 4 + len(frame)


async def _frames_of(data: bytes, piece_size_bytes: int) -> list[bytes]:
    stream = FramedStream(_Given(data, piece_size_bytes), PEER.signer.public, idle_seconds_max=60)
    found: list[bytes] = []
    try:
        while (frame := await stream.read_frame()) is not None:
            found.append(frame)
    except TransportError as error:
        says_why(error)
    return found


def _framing_seeds() -> Sequence[bytes]:
    framed = [len(frame).to_bytes(4, "big") + frame for frame in _message_seeds()]
    return [b"\x00" + b"".join(framed[:3]), b"\x05" + b"".join(framed), b"\x02" + bytes(4)]


TARGETS = (
    Target(
        "message",
        _message,
        _message_seeds,
        Form.CBOR,
        (
            "sync.wire.message_codec:decode_message",
            "sync.wire.attachment_message:parse_holdings",
            "sync.wire.attachment_message:parse_wants",
            "sync.wire.attachment_message:parse_manifests",
            "sync.wire.attachment_message:parse_pieces_message",
            "sync.wire.registry_message:parse_known_facts",
            "sync.wire.registry_message:parse_facts",
            "sync.wire.registry_message:parse_refusal",
            "sync.wire.run:parse_anchor",
        ),
        weight=10,
    ),
    Target(
        "session",
        _fuzz_session,
        _session_seeds,
        Form.CBOR,
        ("sync.session.session:Session.receive", "sync.letter:parse_letter"),
        weight=6,
        head=1,
    ),
    Target(
        "frames",
        _framing,
        _framing_seeds,
        Form.BYTES,
        ("node.transport.framed_stream:FramedStream.read_frame",),
        weight=0.2,
        head=1,
    ),
)
