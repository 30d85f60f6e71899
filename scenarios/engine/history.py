"""What happened, as lines of JSON, and their digest: equal digests are equal runs."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

Event = dict[str, Any]
"""`at` in milliseconds since 1970, `kind`, and what the kind tells; ids only, nothing clinical."""


class History:
    """The events of one run in their order."""

    def __init__(self, now: Callable[[], int]) -> None:
        """Begin empty; `now` is the true time."""
        self.events: list[Event] = []
        self.on_note: list[Callable[[Event], None]] = []
        """Told of each event after it was taken in; they change nothing."""
        self.on_frame: list[Callable[[bytes], None]] = []
        """Shown each frame that crosses; frames are no events."""
        self._now = now
        self._hash = hashlib.sha256()

    def note(self, kind: str, **facts: object) -> None:
        """Tell an event."""
        event: Event = {"at": self._now(), "kind": kind, **facts}
        self.events.append(event)
        self._hash.update(line(event) + b"\n")
        for told in self.on_note:
            told(event)

    def carry(self, frame: bytes) -> None:
        """Show a frame that crosses to whoever watches."""
        for shown in self.on_frame:
            shown(frame)

    def seal(self, state: bytes) -> None:
        """Take what the nodes hold in the end into the digest too."""
        self._hash.update(state)

    @property
    def digest(self) -> str:
        """SHA-256 over all lines, and over what was sealed."""
        return self._hash.hexdigest()

    def of(self, kind: str) -> list[Event]:
        """The events of a kind."""
        return [event for event in self.events if event["kind"] == kind]


def line(event: Event) -> bytes:
    """One event as canonical JSON."""
    return json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
