"""What came of a session: the figures that `satchel sync` prints."""

from collections import Counter
from dataclasses import dataclass, field

from sync.operation import Anchor


@dataclass(slots=True)
class Outcome:
    """Counts of one session so far, complete when it has finished.

    Operations are counted as received when they were stored and new. Resources are those
    readable here. Bytes are those of frames. `level` says whether the two ends hold the same of
    all that they share (None: no receipt came). `round_trips` is 1 for hello, and 1 more for
    each time that a side could not go on without the other's answer; waiting for
    acknowledgements of bulk data is not counted. Pieces are those of attachments, facts pieces of
    evidence about the registry.
    """

    ops_sent: int = 0
    ops_received: int = 0
    resources_sent: int = 0
    resources_received: int = 0
    letters_sent: int = 0
    letters_received: int = 0
    deposits_sent: int = 0
    deposits_received: int = 0
    notes_sent: int = 0
    notes_received: int = 0
    pieces_sent: int = 0
    pieces_received: int = 0
    facts_sent: int = 0
    facts_received: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    round_trips: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    level: bool | None = None
    denied: str | None = None
    """Why the peer was refused, by what the registry proves of it."""
    peer_registry: Anchor | None = None
