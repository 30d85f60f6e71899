"""Poison: what is well signed or well framed and makes no sense, or would cost a lot to look at."""

import random
from collections.abc import Iterable
from typing import Final

from scenarios.malice.drafts import Drafts, DraftsView
from scenarios.malice.hostile import Owner
from scenarios.malice.masked import Masked, lying
from scenarios.malice.poisonous_frames import FRAMES
from scenarios.malice.poisonous_operations import OPERATIONS
from sync.identifiers import DeviceKey
from sync.wire.message import Hello
from sync.wire.message_codec import decode_message

_CHARTS_A_SESSION: Final = 2
_LEFT_AS_IT_IS_SHARE: Final = 0.3


class Poison:
    """Sends senseless things in good form, and others in none."""

    kind = "poison"
    TRICKS: Final = (*OPERATIONS, *FRAMES)

    def __init__(self, owner: Owner, draws: random.Random, trick: str | None = None) -> None:
        """Poison in one way, or in each session in another."""
        self.owner = owner
        self.draws = draws
        self.drafts = Drafts(owner, draws)
        self._trick = trick

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session with something poisonous in it."""
        trick = self._trick or self.draws.choice(self.TRICKS)
        if trick in OPERATIONS:
            for chart in self.drafts.charts(_CHARTS_A_SESSION):
                OPERATIONS[trick](self.drafts, chart)
        return lying(
            self.owner,
            peer,
            lambda real: DraftsView(real, self.drafts),
            initiator=initiator,
            outgoing=lambda frame: self._poisoned(trick, frame),
        )

    def _poisoned(self, trick: str, frame: bytes) -> Iterable[bytes]:
        if trick not in FRAMES or self.draws.random() < _LEFT_AS_IT_IS_SHARE:
            return (frame,)
        if trick != "a mad hello" and isinstance(decode_message(frame), Hello):
            return (frame,)
        return FRAMES[trick](self.draws, frame)
