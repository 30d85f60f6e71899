"""One session between two processes, over libp2p, through a proxy that is as bad as the link."""

import random
from collections.abc import Callable
from typing import Any, Final

from node.client import ClientError, NodeRefused
from scenarios.engine.errors import MemberDown
from scenarios.engine.history import History
from scenarios.engine.member import Member
from scenarios.engine.power import PowerLost
from scenarios.engine.timeline import Timeline
from scenarios.network.link import Link
from scenarios.network.meeting import Ending
from scenarios.real.member import RealMember
from scenarios.real.proxy import ShapedProxy

_ENDINGS: dict[str, Ending] = {"PeerDenied": "denied", "PeerRefuses": "denied"}
_HURRY: Final = 10.0
"""How much shorter the time is in which a link is slow."""


def _refused(told: dict[str, object]) -> int:
    """How many operations who dialled did not take."""
    refused = told.get("refused", {})
    return sum(refused.values()) if isinstance(refused, dict) else 0


class RealMeeting:
    """Begun and ended in one act: while it lasts, nothing else happens."""

    def __init__(
        self,
        timeline: Timeline,
        history: History,
        draws: random.Random,
        one: Member,
        other: Member,
        link: Link,
        on_end: Callable[[Any], None],
    ) -> None:
        """`one` dials; `begin` lets it."""
        assert isinstance(one, RealMember)
        assert isinstance(other, RealMember)
        self.one: Member = one
        self.other: Member = other
        self.link = link
        self.ending: Ending | None = None
        self._history, self._draws, self._on_end = history, draws, on_end
        self._dialling, self._answering = one, other
        self._broken: list[str] = []

    def begin(self) -> None:
        """Let one sync with the other, to its end."""
        names = {"a": self.one.name, "b": self.other.name, "link": self.link.name}
        self._history.note("meet", **names)
        told: dict[str, object] = {}
        error = ""
        try:
            self.ending, told = "done", self._sync()
        except NodeRefused as refused:
            error = refused.account.kind
            self.ending = _ENDINGS.get(error, "cut")
        except (ClientError, MemberDown) as gone:
            self.ending, error = "error", type(gone).__name__
        except PowerLost:
            self.ending, self._broken = "cut", [*self._broken, "power"]
        self._history.note(
            "met",
            **names,
            ended=self.ending,
            seconds=float(str(told.get("seconds", 0))),
            bytes_ab=told.get("bytes_out", 0),
            bytes_ba=told.get("bytes_in", 0),
            frames=0,
            ops_ab=told.get("ops_sent", 0),
            ops_ba=told.get("ops_received", 0),
            facts=0,
            refused=_refused(told),
            **({"error": error} if error else {}),
            **({"faults": sorted(set(self._broken))} if self._broken else {}),
        )
        self._on_end(self)

    def cut(self, why: str) -> None:
        """There is nothing to cut: it ended when it began."""

    def _sync(self) -> dict[str, object]:
        served = self._answering.served
        with (
            ShapedProxy(served.port(), self.link, self._draws, hurry=_HURRY) as proxy,
            self._dialling.working(),
        ):
            self._broken = proxy.breaks  # it is told of them while it lasts
            address = served.addresses[0].replace(f"/tcp/{served.port()}/", f"/tcp/{proxy.port}/")
            return self._dialling.remote.sync(address)
