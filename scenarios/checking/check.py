"""What one checker says of a run."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Check:
    """A name, whether it held, and in one sentence what was seen."""

    name: str
    passed: bool
    detail: str

    def as_json(self) -> dict[str, Any]:
        """As `satchel simulate --json` prints it."""
        return {"name": self.name, "passed": self.passed, "detail": self.detail}
