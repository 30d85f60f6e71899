"""Eavesdrop: keeps all it sees, and all that any key in its reach opens; checkers ask for it."""

import random
from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from nacl.exceptions import CryptoError

from node.application.node import Node
from scenarios.malice.hostile import Owner, running
from scenarios.malice.masked import Masked, changing
from sync.acts import Box, Keys, Rekey
from sync.errors import EpochKeyError, LetterError, SessionError
from sync.identifiers import ChartId, DeviceKey, OperationId
from sync.letter import open_letter, parse_letter
from sync.operation import Operation
from sync.sealing import Opener
from sync.wire.message import Deposit, Letters, Operations
from sync.wire.message_codec import decode_message

_NONCE_SIZE_BYTES: Final = 24
_FRAMES_KEPT_MAX: Final = 20_000


class Haul:
    """Everything that somebody got hold of: frames, bodies, letters, keys by chart."""

    def __init__(self, openers: Iterable[Opener] = ()) -> None:
        """Nothing yet but the means to open what is addressed to them."""
        self._openers = {opener.public: opener for opener in openers}
        self.frames: list[bytes] = []
        self.bodies: set[bytes] = set()
        self.letters: set[bytes] = set()
        self.keys: dict[ChartId, set[bytes]] = defaultdict(set)

    def __repr__(self) -> str:
        """Show figures, no key."""
        return f"Haul({len(self.frames)} frames, {len(self.bodies)} bodies)"

    def add_frame(self, frame: bytes) -> None:
        """Keep a frame, and what is in it."""
        if len(self.frames) < _FRAMES_KEPT_MAX:
            self.frames.append(frame)
        try:
            message = decode_message(frame)
        except SessionError:
            return
        match message:
            case Operations(runs) | Deposit(runs):
                self.bodies |= {
                    one.body for run in runs for one in run.records if isinstance(one.body, bytes)
                }
            case Letters(bundles):
                for _, listed in bundles:
                    for encoded in listed:
                        self.add_letter(encoded)
            case _:
                return

    def add_letter(self, encoded: bytes) -> None:
        """Keep a letter, and the keys in it where it opens."""
        if encoded in self.letters:
            return
        self.letters.add(encoded)
        try:
            letter = parse_letter(encoded)
            opener = self._openers.get(letter.to)
            if opener is not None:
                self.keys[letter.chart] |= {bytes(key) for key in open_letter(letter, opener).keys}
        except LetterError:
            return

    def add_node(self, node: Node, *, own: bool = False) -> None:
        """Take from a node's store what anybody who carries it could; `own`: its keys too."""
        store = node.context.store
        for chart in node._charts.ids():
            replica = node._charts.replica(chart)
            for letter in store.letters.of_chart(chart):
                self.add_letter(letter.encoded())
            for deed in replica.deeds.values():
                for act in deed.acts:
                    if isinstance(act, Rekey):
                        self._add_boxes(chart, act.boxes)
                    elif isinstance(act, Keys):
                        self._add_boxes(chart, (act.box,))
            if own:
                self.keys[chart] |= {bytes(key) for _, key in replica.keyring.held.values()}
                held = store.epoch_keys.of_chart(chart)
                self.keys[chart] |= {bytes(each.key) for each in held}

    def _add_boxes(self, chart: ChartId, boxes: Iterable[Box]) -> None:
        for box in boxes:
            opener = self._openers.get(box.to)
            if opener is not None:
                try:
                    self.keys[chart].add(opener.open(box.sealed))
                except EpochKeyError:
                    continue

    def opened(self, operations: Iterable[Operation]) -> set[OperationId]:
        """Which operations any key of their chart opens: each is tried on each, by nacl alone."""
        return {
            operation.id
            for operation in operations
            if operation.body is not None
            and any(_opens(operation, key) for key in self.keys.get(operation.prefix.chart, ()))
        }


def _opens(operation: Operation, key: bytes) -> bool:
    body = operation.body or b""
    nonce, sealed = body[:_NONCE_SIZE_BYTES], body[_NONCE_SIZE_BYTES:]
    try:
        crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, operation.prefix.encoded(), nonce, key)
    except CryptoError:
        return False
    return True


class Eavesdrop:
    """Behaves well, and writes everything down. `haul` is what it got."""

    kind = "eavesdrop"

    def __init__(self, owner: Owner, draws: random.Random) -> None:
        """Nothing was heard."""
        self.owner = owner
        self.haul = Haul(running(owner).context.openers)

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session of which every frame that comes is kept."""
        return changing(self.owner, peer, initiator=initiator, incoming=self.haul.add_frame)

    def gathered(self) -> Haul:
        """All that was heard, with all that lies in the own store and the own keys."""
        self.haul.add_node(running(self.owner), own=True)
        return self.haul
