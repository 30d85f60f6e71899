"""What sessions cost: bytes by link, and by operation beside the ciphertext itself."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.engine.history import Event
from scenarios.report.given import Given


@dataclass(frozen=True)
class Traffic:
    """One kind of link, or all."""

    link: str
    sessions: int
    broken: int
    """Ended otherwise than level or done."""
    frames: int
    seconds: float
    """Virtual, all sessions together."""
    wire_bytes: int
    """In both directions."""
    operations: int
    """Received, in both directions; every one verified."""
    ciphertext_bytes: int | None
    """The sealed bodies of these; None where nobody looked."""

    @property
    def wire_bytes_per_operation(self) -> float | None:
        """All bytes of all sessions, divided among the operations received."""
        return self.wire_bytes / self.operations if self.operations else None

    @property
    def beside_bytes_per_operation(self) -> float | None:
        """The same beside the sealed bodies: signatures, headers, finding out, what came twice."""
        if not self.operations or self.ciphertext_bytes is None:
            return None
        return (self.wire_bytes - self.ciphertext_bytes) / self.operations


WELL = ("level", "done")
"""How a session ends that nothing broke."""


def traffic_of(given: Given) -> list[Traffic]:
    """By link, the busiest first."""
    by_link: dict[str, list[Event]] = defaultdict(list)
    for event in given.of("met"):
        by_link[event["link"]].append(event)
    found = [_sum(link, met, _ciphertext(given, link)) for link, met in by_link.items()]
    return sorted(found, key=lambda one: (-one.wire_bytes, one.link))


def all_traffic(given: Given) -> Traffic:
    """All links together."""
    return _sum("all", given.of("met"), _ciphertext(given, None))


def _ciphertext(given: Given, link: str | None) -> int | None:
    weighed = [
        event["ciphertext_bytes"]
        for event in given.of("arrived")
        if event.get("ciphertext_bytes") is not None and (link is None or event.get("link") == link)
    ]
    return sum(weighed) if weighed else None


def _sum(link: str, met: Sequence[Event], ciphertext_bytes: int | None) -> Traffic:
    return Traffic(
        link=link,
        sessions=len(met),
        broken=sum(event["ended"] not in WELL for event in met),
        frames=sum(event["frames"] for event in met),
        seconds=round(sum(event["seconds"] for event in met), 3),
        wire_bytes=sum(event["bytes_ab"] + event["bytes_ba"] for event in met),
        operations=sum(event["ops_ab"] + event["ops_ba"] for event in met),
        ciphertext_bytes=ciphertext_bytes,
    )
