"""Thousands of random small worlds, by two processes; tells the failing ones with their replay."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scenarios.simulate.searching import Tried, search


@dataclass
class HistoriesRun:
    """What came of them."""

    worlds: int = 0
    acts: int = 0
    received: int = 0
    seconds: float = 0.0
    failed: list[Tried] = field(default_factory=list)
    digest: str = ""
    """SHA-256 over the digests of all worlds, by seed."""

    def as_json(self) -> dict[str, Any]:
        """As one JSON object."""
        return {
            "worlds": self.worlds,
            "acts": self.acts,
            "received": self.received,
            "seconds": round(self.seconds, 1),
            "digest": self.digest,
            "failed": [
                {"seed": each.seed, "checks": list(each.failed), "replay": replay(each)}
                for each in self.failed
            ],
        }


def replay(tried: Tried) -> str:
    """The command that shows one world again."""
    return f"satchel simulate --random --seed {tried.seed}"


def run(
    worlds: int,
    first: int,
    *,
    processes: int | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> HistoriesRun:
    """Run so many worlds from a seed on; all of them, whatever fails."""
    began, done = time.monotonic(), HistoriesRun()
    digests: dict[int, str] = {}
    for tried in search(None, range(first, first + worlds), processes=processes):
        done.worlds += 1
        done.acts += tried.acts
        done.received += tried.received
        digests[tried.seed] = tried.digest
        if not tried.passed:
            done.failed.append(tried)
        progress(done.worlds)
    done.seconds = time.monotonic() - began
    done.failed.sort(key=lambda tried: tried.seed)
    joined = "".join(digests[seed] for seed in sorted(digests))
    done.digest = hashlib.sha256(joined.encode()).hexdigest()
    return done
