"""Withhold: gives what shows that there is something, and keeps back what it is."""

import random
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from scenarios.malice.false_shelf import FalseShelf
from scenarios.malice.hostile import Owner
from scenarios.malice.masked import Masked, changing, lying
from scenarios.malice.view import View
from sync.digest import Place, PlaceDigest
from sync.errors import SessionError
from sync.identifiers import ChartId, DeviceKey, InstanceId
from sync.operation import Operation
from sync.session.replica import Replica, Stage
from sync.session.shelf import Shelf
from sync.wire.message import Hello
from sync.wire.message_codec import decode_message, encode_message


class _Without(View):
    """A replica without all content, a chart's, an author's, or the newest of each log."""

    def __init__(self, real: Replica, trick: str, chosen: bytes, draws: random.Random) -> None:
        super().__init__(real)
        self._trick = trick
        self._draws = draws
        self._chosen = chosen
        self._content: set[Place] | None = None

    def _is_content(self, place: Place) -> bool:
        if self._content is None:
            self._content = {one.place for one in self._real.places(_NOBODY, Stage.CONTENT)}
        return place in self._content

    def places(self, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        """Content is not even listed, or listed as it is though not given."""
        if self._trick == "unlisted content" and stage is Stage.CONTENT:
            return ()
        return super().places(peer, stage)

    def shelf(self, peer: DeviceKey) -> Shelf:
        """The attachments, of which the pieces may not be to be had."""
        return FalseShelf(self._real.shelf(peer), self._trick, self._draws)

    def shows_log(self, place: Place, instance: InstanceId) -> bool:
        """Whether a log is told of."""
        if self._trick == "content":
            return not self._is_content(place)
        if self._trick == "author":
            return instance[0] % 2 == self._chosen[0] % 2
        return True

    def shows(self, place: Place, operation: Operation) -> bool:
        """Of a chart that is chosen nothing is sent but the logs' beginnings."""
        if self._trick == "chart" and self._is_chosen(place.chart):
            return operation.prefix.sequence == 0
        return self.shows_log(place, operation.prefix.instance)

    def _is_chosen(self, chart: ChartId) -> bool:
        return chart[0] % 2 == self._chosen[0] % 2


_NOBODY: Final = DeviceKey(bytes(32))
"""A session's replica knows its peer; who asks makes no difference."""


class Withhold:
    """Keeps back content, an author, a chart, or says that there is nothing to be had."""

    kind = "withhold"
    TRICKS: Final = ("content", "unlisted content", "author", "chart", "pieces held", "false root")

    def __init__(self, owner: Owner, draws: random.Random, trick: str | None = None) -> None:
        """Withhold in one way, or in each session in another; always of the same half."""
        self.owner = owner
        self.draws = draws
        self._trick = trick
        self._chosen = draws.randbytes(1)

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session in which something is kept back."""
        trick = self._trick or self.draws.choice(self.TRICKS)
        if trick == "false root":
            echo = _Echo()
            return changing(
                self.owner,
                peer,
                initiator=initiator,
                outgoing=echo.outgoing,
                incoming=echo.incoming,
            )
        return lying(
            self.owner,
            peer,
            lambda real: _Without(real, trick, self._chosen, self.draws),
            initiator=initiator,
        )


class _Echo:
    """Says in its own hello what the peer's said: that both hold the same."""

    def __init__(self) -> None:
        self._theirs: Hello | None = None
        self._echoed = False

    def incoming(self, frame: bytes) -> None:
        """Remember the peer's hello."""
        hello = _hello(frame)
        if hello is not None:
            self._theirs = hello

    def outgoing(self, frame: bytes) -> Iterable[bytes]:
        """Put the peer's roots in the own hello, or none where the own comes first."""
        hello = _hello(frame)
        if hello is None:
            return () if self._echoed else (frame,)
        roots = (bytes(32), bytes(32))
        if self._theirs is not None:
            roots = (self._theirs.access_root, self._theirs.content_root)
            self._echoed = True  # nothing follows a hello that says so
        said = replace(hello, access_root=roots[0], content_root=roots[1], deposits=False)
        return (encode_message(said),)


def _hello(frame: bytes) -> Hello | None:
    try:
        message = decode_message(frame)
    except SessionError:
        return None
    return message if isinstance(message, Hello) else None
