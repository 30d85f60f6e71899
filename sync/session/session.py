"""The sync session: one side, driven by frames alike over a stream, a simulator or a file.

The driver calls `receive`, `receive_end` and `next_frame`, never two at once; docs/PROTOCOL.md
draws the whole exchange. Stages are in `lister` and `comparer`.

    HELLO ──► ACCESS ──► REGISTRY ──► CONTENT ──(attachments)──► CLOSING ──► finished
      ├─(access roots equal)──┘ │        │
      │                         └─(the peer is proven revoked)──► REFUSING ──► finished
      └─(all equal: deposits, or finished at once)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from sync.errors import RefusedError, SessionError, SyncError
from sync.identifiers import DeviceKey, SealingKey
from sync.limits import (
    credit_bytes_least,
    credit_bytes_max,
    frame_size_bytes_max,
    hello_size_bytes_max,
    letter_size_bytes_max,
    session_frames_max,
    session_size_bytes_max,
)
from sync.operation import Anchor
from sync.session.attaching import AttachmentStage
from sync.session.checking import Checker, InlineChecker
from sync.session.comparer import Comparer
from sync.session.context import Context, Turns
from sync.session.inbox import Inbox
from sync.session.lister import Lister
from sync.session.outbox import Outbox, Parcel, Routed
from sync.session.outcome import Outcome
from sync.session.places import stage_root
from sync.session.plan import Logs
from sync.session.receipt import Receipt, parse_receipt
from sync.session.registering import RegistryStage, is_one_registry, registry_digest
from sync.session.replica import Replica, Stage
from sync.session.short import ShortNames
from sync.signing import Signer
from sync.wire.message import Ack, Close, Deposit, Hello, Message, Notes
from sync.wire.message_codec import decode_message, encode_message
from sync.wire.registry_message import Refusal

VERSION = 1
PEER_FRAME_SIZE_BYTES_LEAST = letter_size_bytes_max + 1024
"""A peer that takes no frame of a letter cannot be synced with."""


class State(Enum):
    """Where the session stands."""

    HELLO = 0
    STAGE = 1
    CLOSING = 2
    LEVEL = 3
    """The hellos were equal; nothing follows them."""
    FAILED = 4
    REFUSING = 5
    """The peer is told that it is refused, and why; nothing of it is read any more."""


@dataclass(frozen=True, slots=True)
class SessionParameters:
    """Who speaks with whom, and what the session may not draw or know by itself.

    `nonce` is 16 fresh random bytes. `shared_secret` is the static exchange of this device's
    sealing key with the peer's (`shared_secret_of`). `registry` is the adopted snapshot.
    """

    peer: DeviceKey
    initiator: bool
    signer: Signer
    sealing: SealingKey
    shared_secret: Callable[[SealingKey], bytes]
    nonce: bytes
    registry: Anchor | None = None
    checker: Checker = field(default_factory=InlineChecker)
    """Who checks signatures."""
    refusal: tuple[bytes, ...] | None = None
    """Evidence that the peer was revoked, for it to have: then it is told so, and no more."""


class Session:
    """One side of a session. `outcome` counts as it goes on."""

    def __init__(self, replica: Replica, parameters: SessionParameters) -> None:
        self.outcome = Outcome()
        self._replica = replica
        self._given = parameters
        self._peer = parameters.peer
        self._outbox = Outbox(self.outcome, replica.resources)
        self._inbox = Inbox(replica, self._peer, self.outcome, self._outbox, parameters.checker)
        self._turns = Turns()
        self._state = State.HELLO
        self._hello: Hello | None = None
        self._their_hello: Hello | None = None
        self._context: Context | None = None
        self._stage: Lister | Comparer | AttachmentStage | RegistryStage | None = None
        self._stage_name = Stage.ACCESS
        self._lists_first = False
        self._frames_in = 0
        self._said_last = False
        self._heard_close = False
        self._final_roots: tuple[bytes, bytes] | None = None
        self._notes: tuple[bytes, ...] = ()
        self._registry_follows = False
        self._content_follows = False
        if parameters.refusal is not None:
            self._refuse(parameters.refusal)
        elif parameters.initiator:
            self._turns.said()
            self._outbox.say(self._hellos())

    @property
    def finished(self) -> bool:
        """Whether both sides are done: nothing is owed and nothing is awaited."""
        if self._state in (State.LEVEL, State.REFUSING):
            return self._said_last
        return (
            self._state is State.CLOSING
            and self._said_last
            and self._heard_close
            and self._outbox.in_flight_bytes == 0
            and not self._outbox.ack_pending
        )

    @property
    def refuses(self) -> bool:
        """Whether the peer was refused by what the registry proves of it."""
        return self._state is State.REFUSING

    @property
    def frame_size_bytes(self) -> int:
        """How large frames are made; a driver sets less on slow links (DESIGN section 7.5)."""
        return self._outbox.frame_size_bytes

    @frame_size_bytes.setter
    def frame_size_bytes(self, size_bytes: int) -> None:
        hello = self._their_hello
        self._outbox.set_frame_size(
            size_bytes, frame_size_bytes_max if hello is None else hello.frame_size_bytes
        )

    def next_frame(self) -> bytes | None:
        """The next frame to send now, or None while the peer must speak or take first.

        Reads the store. What the store raises passes through, and the session has failed.
        """
        if self._state is State.FAILED:
            return None
        try:
            made = self._outbox.next()
        except BaseException:
            self._fail()
            raise
        if made is None:
            return None
        message, frame = made
        if isinstance(message, Close | Refusal) or (
            isinstance(message, Hello) and self._state is State.LEVEL
        ):
            self._said_last = True
            self._settle()
        return frame

    def receive(self, frame: bytes) -> None:
        """Take one frame; may verify and store many operations.

        Raises SessionError when the peer broke the protocol: the session has failed, what was
        verified before is stored. What the store raises passes through.
        """
        if self._state is State.REFUSING:
            return
        if self._state is State.FAILED or self.finished:
            raise SessionError("frame comes after the session's end")
        try:
            self._count_in(frame)
            self._got(decode_message(frame), len(frame))
        except SyncError as error:
            self._fail()
            self._inbox.flush()
            if isinstance(error, SessionError):
                raise
            raise SessionError(f"session cannot go on: {error}") from error
        except BaseException:
            self._fail()
            raise

    def receive_pause(self) -> None:
        """Take notice that nothing came for a while: store what waits.

        Raises SessionError as `receive` does.
        """
        if self._state is State.FAILED:
            return
        try:
            self._inbox.flush()
        except BaseException:
            self._fail()
            raise

    def receive_end(self) -> None:
        """Take notice that the peer will send no more; store what waits. Raises SessionError.

        A session that is not `finished` once `next_frame` gives None was cut short.
        """
        self.receive_pause()
        if not self._heard_close:
            self._outbox.clear()

    def _fail(self) -> None:
        self._state = State.FAILED
        self._outbox.clear()

    def _count_in(self, frame: bytes) -> None:
        self._frames_in += 1
        self.outcome.bytes_in += len(frame)
        if self._frames_in > session_frames_max or self.outcome.bytes_in > session_size_bytes_max:
            raise SessionError("session is over its limit of frames or bytes")

    def _got(self, message: Message, size_bytes: int) -> None:
        match message:
            case Hello() if self._state is State.HELLO:
                self._got_hello(message)
            case Refusal(parcels):
                self._got_refusal(parcels)
            case Ack(total) if self._state in (State.STAGE, State.CLOSING):
                self._outbox.acknowledged(total)
                self._settle()
            case Deposit() if self._state is State.CLOSING and not self._heard_close:
                self._inbox.take_deposit(message, size_bytes)
            case Notes() if self._state is State.CLOSING and not self._heard_close:
                self._inbox.take_notes(message, size_bytes)
            case Close() if self._state is State.CLOSING and not self._heard_close:
                self._got_close(message)
            case _ if self._state is State.STAGE and self._stage is not None:
                self._stage.got(message, size_bytes)
                self._advance()
            case _:
                raise SessionError(f"{type(message).__name__} is out of turn")

    def _hellos(self) -> Iterator[Message]:
        yield self._own_hello()

    def _own_hello(self) -> Hello:
        if self._hello is None:
            given = self._given
            self._hello = Hello(
                versions=(VERSION,),
                frame_size_bytes=frame_size_bytes_max,
                credit_bytes=credit_bytes_max,
                nonce=given.nonce,
                sealing=given.sealing,
                registry=given.registry,
                access_root=stage_root(self._replica, self._peer, Stage.ACCESS),
                content_root=stage_root(self._replica, self._peer, Stage.CONTENT),
                deposits=self._has_deposits(),
                facts=registry_digest(self._replica.registry(self._peer)),
            )
            assert len(encode_message(self._hello)) <= hello_size_bytes_max
        return self._hello

    def _has_deposits(self) -> bool:
        """Whether there is anything to leave with the peer, though the roots may be equal."""
        self._notes = tuple(self._replica.notes(self._peer))
        return bool(self._notes) or any(True for _ in self._replica.deposits(self._peer))

    def _got_hello(self, theirs: Hello) -> None:
        if self._given.initiator and self._hello is None:
            raise SessionError("peer answers before it was greeted")
        _check_hello(theirs)
        self._their_hello = theirs
        self.outcome.peer_registry = theirs.registry
        own = self._own_hello()
        self._turns.heard()
        if not self._given.initiator:
            self._turns.said()
            self._outbox.say([own])
        if theirs.nonce == own.nonce:
            raise SessionError("peer sends our own nonce back")
        self._outbox.credit_bytes = min(theirs.credit_bytes, credit_bytes_max)
        self._outbox.set_frame_size(self._outbox.frame_size_bytes, theirs.frame_size_bytes)
        access_level = theirs.access_root == own.access_root
        content_level = theirs.content_root == own.content_root
        one_registry = is_one_registry(own.facts, theirs.facts)
        facts_level = not one_registry or own.facts == theirs.facts
        self._registry_follows = one_registry and not (access_level and facts_level)
        self._content_follows = not (access_level and content_level)
        deposits = own.deposits or theirs.deposits
        if access_level and content_level and facts_level and not deposits:
            self._state = State.LEVEL
            self._said_last = self._given.initiator
            self.outcome.level = True
            self._settle()
            return
        self._context = self._make_context(own, theirs)
        self._lists_first = not self._given.initiator
        if not access_level:
            self._begin(Stage.ACCESS)
        else:
            self._go_on()

    def _go_on(self) -> None:
        """Begin what comes after the access stage, once each: facts, then content, then closing."""
        assert self._context is not None
        if self._registry_follows:
            self._registry_follows = False
            self._state = State.STAGE
            self._stage = RegistryStage(self._context, speaks_first=self._lists_first)
        elif self._content_follows:
            self._content_follows = False
            self._begin(Stage.CONTENT)
        else:
            self._begin_closing()

    def _make_context(self, own: Hello, theirs: Hello) -> Context:
        initiator, responder = (own, theirs) if self._given.initiator else (theirs, own)
        secret = self._given.shared_secret(theirs.sealing)
        names = ShortNames(secret, initiator, responder)
        logs = Logs(self._replica, self._peer, names)
        return Context(
            self._replica,
            self._peer,
            names,
            logs,
            self._inbox,
            self._outbox,
            self._turns,
            self.outcome,
        )

    def _begin(self, stage: Stage) -> None:
        assert self._context is not None
        self._state = State.STAGE
        self._stage_name = stage
        self._stage = (Lister if self._lists_first else Comparer)(self._context, stage)

    def _advance(self) -> None:
        stage = self._stage
        if stage is None or not stage.done:
            return
        self._stage = None
        if isinstance(stage, AttachmentStage):
            self._begin_closing()
            return
        if isinstance(stage, RegistryStage):
            self.outcome.denied = self._replica.registry(self._peer).denial()
            if self.outcome.denied is None:
                self._go_on()
            else:
                self._refuse(())
            return
        self._replica.level(self._peer, self._stage_name)
        if stage.attachments_differ:
            assert self._context is not None
            self._stage = AttachmentStage(
                self._context, stage.compared, speaks_first=isinstance(stage, Comparer)
            )
            return
        self._lists_first = not self._lists_first
        self._go_on()

    def _refuse(self, parcels: tuple[bytes, ...]) -> None:
        """Tell the peer that it is refused: behind what was queued, which may be the proof."""
        self._state = State.REFUSING
        self._outbox.say([Refusal(parcels)])

    def _got_refusal(self, parcels: tuple[bytes, ...]) -> None:
        if parcels:
            self._replica.registry(self._peer).take(parcels)
        raise RefusedError("peer refuses this device by what the registry proves of it")

    def _begin_closing(self) -> None:
        self._state = State.CLOSING
        self._turns.said()
        self._outbox.send(self._outbox.packed(self._own_deposits(), Deposit))
        self._outbox.send(self._own_notes())
        self._outbox.say(self._closes())

    def _own_deposits(self) -> Iterator[Routed]:
        for operation in self._replica.deposits(self._peer):
            yield operation.prefix.chart + operation.prefix.lane, operation

    def _own_notes(self) -> Iterator[Parcel]:
        """One frame of the notes that were there when the session began; what is beyond waits."""
        size = 0
        chosen: list[bytes] = []
        for note in self._notes:
            size += len(note) + 8
            if chosen and size > self._outbox.frame_size_bytes:
                break
            chosen.append(note)
        self._notes = tuple(chosen)
        if chosen:
            yield Parcel(Notes(self._notes))

    def _closes(self) -> Iterator[Message]:
        receipt = self._receipt_by(self._given.signer.public, self._peer)
        yield Close(receipt.signed(self._given.signer), self._turns.mine)

    def _receipt_by(self, device: DeviceKey, peer: DeviceKey) -> Receipt:
        assert self._hello is not None
        assert self._their_hello is not None
        if self._final_roots is None:
            self._final_roots = (
                stage_root(self._replica, self._peer, Stage.ACCESS),
                stage_root(self._replica, self._peer, Stage.CONTENT),
            )
        nonces = (self._hello.nonce, self._their_hello.nonce)
        ordered = nonces if self._given.initiator else nonces[::-1]
        return Receipt(device, peer, b"".join(ordered), *self._final_roots)

    def _got_close(self, message: Close) -> None:
        self._inbox.flush()
        receipt = parse_receipt(message.receipt)
        own = self._receipt_by(self._peer, self._given.signer.public)
        if (receipt.device, receipt.peer, receipt.nonces) != (own.device, own.peer, own.nonces):
            raise SessionError("receipt is for another session")
        self.outcome.level = receipt == own
        self._replica.receipt(self._peer, message.receipt)
        self._heard_close = True
        self._turns.theirs = max(self._turns.theirs, message.turn)
        self._settle()

    def _settle(self) -> None:
        """Draw the conclusions once everything of ours has arrived and the peer has closed."""
        self.outcome.round_trips = self._turns.round_trips
        arrived = self._said_last and self._outbox.in_flight_bytes == 0
        if self._heard_close and arrived and self.outcome.deposits_sent:
            self._replica.deposited(self._peer)
        if self._heard_close and arrived and self._notes:
            self._replica.noted(self._peer, self._notes)
            self._notes = ()


def _check_hello(hello: Hello) -> None:
    if VERSION not in hello.versions:
        raise SessionError("peer speaks no version of the protocol that is known here")
    if (
        hello.frame_size_bytes < PEER_FRAME_SIZE_BYTES_LEAST
        or hello.credit_bytes < credit_bytes_least
    ):
        raise SessionError("peer's limits are too small")
