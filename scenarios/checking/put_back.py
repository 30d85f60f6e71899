"""Which acts a disk that was put back has undone: nobody but peers can know of them any more."""

from scenarios.world.world import World


class PutBack:
    """The times that each node's disk forgot."""

    def __init__(self, world: World) -> None:
        """Take the faults of a run."""
        self._spans: dict[str, list[tuple[int, int]]] = {}
        saved: dict[str, int] = {}
        for event in world.history.of("fault"):
            if event["what"] != "disk-rolled-back":
                continue
            name = event["subject"]
            if event["detail"] == "saved":
                # Of several images nobody says which is put back: the first is the furthest back.
                saved.setdefault(name, event["at"])
            elif event["detail"] == "put back":
                self._spans.setdefault(name, []).append((saved[name], event["at"]))

    def undid(self, name: str, at: int) -> bool:
        """Whether a node's disk may have forgotten what was done there at a moment."""
        return any(begin <= at <= end for begin, end in self._spans.get(name, ()))

    @property
    def names(self) -> set[str]:
        """Nodes whose disk was put back at all."""
        return set(self._spans)
