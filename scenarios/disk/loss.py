"""What a power cut did to a member's disk, in figures that a history may hold."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """What was cut, where, and how; of the same run it is the same each time."""

    moment: str
    """Between writes, or before, during or after which statement; in the checkpoint after it."""
    log_bytes: int
    """The log as the node left it."""
    durable_bytes: int
    """How much of it no power cut may touch."""
    kept_bytes: int
    """How many of its first bytes are as the node left them."""
    tail: str
    """What is after those."""
    pages_torn: int
    """Pages of the database that a checkpoint had begun to write over."""
    names: tuple[str, ...] = ()
    """Small files that are not as the node left them."""

    def __str__(self) -> str:
        """One line; no contents."""
        cut = self.log_bytes - self.kept_bytes
        parts = [f"power went {self.moment}", f"log {self.log_bytes} B"]
        if cut:
            parts.append(f"last {cut} B: {self.tail}")
        if self.pages_torn:
            parts.append(f"{self.pages_torn} pages torn")
        if self.names:
            parts.append(f"taken back: {', '.join(self.names)}")
        return ", ".join(parts)
