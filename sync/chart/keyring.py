"""The epoch keys that a node holds of one chart, and how it comes by them.

AUTHORITY rules 11, 13 and 15: keys arrive boxed in `rekey` and `keys` acts, or in a letter. A key
counts only when it hashes to its epoch.
"""

from collections.abc import Iterable, Mapping

from sync.acts import Box, Deed, Keys, Rekey
from sync.errors import EpochKeyError
from sync.identifiers import ChartId, EpochId, EpochKey, LaneId, SealingKey, epoch_id
from sync.sealing import Opener


class Keyring:
    """Epoch keys by epoch, and the private keys that open boxes. The repr shows counts only."""

    def __init__(
        self, chart: ChartId, openers: Iterable[Opener], retired: Iterable[EpochId] = ()
    ) -> None:
        """Begin empty, with the private keys that this node may open boxes with.

        `retired` epochs are those whose keys were destroyed here: they are never held again.
        """
        self._chart = chart
        self._retired = set(retired)
        self._openers: dict[SealingKey, Opener] = {opener.public: opener for opener in openers}
        self._keys: dict[EpochId, tuple[LaneId, EpochKey]] = {}
        self.unopened: set[tuple[LaneId, EpochId]] = set()
        """Epochs boxed to this node whose box did not open: it asks for them, once (rule 13)."""

    def __contains__(self, epoch: EpochId) -> bool:
        """Whether the epoch's key is held."""
        return epoch in self._keys

    def __repr__(self) -> str:
        """Show how many keys there are."""
        return f"Keyring({len(self._keys)} epochs)"

    @property
    def held(self) -> Mapping[EpochId, tuple[LaneId, EpochKey]]:
        """All keys, by epoch, with their lane."""
        return self._keys

    def key(self, epoch: EpochId) -> EpochKey | None:
        """The key of an epoch, or None."""
        found = self._keys.get(epoch)
        return None if found is None else found[1]

    def of_lane(self, lane: LaneId) -> dict[EpochId, EpochKey]:
        """The keys of one lane."""
        return {epoch: key for epoch, (own, key) in self._keys.items() if own == lane}

    def put(self, lane: LaneId, key: EpochKey) -> EpochId:
        """Hold a key. Its epoch is its hash, so a wrong key serves nothing."""
        epoch = epoch_id(self._chart, lane, key)
        if epoch not in self._retired:
            self._keys[epoch] = (lane, key)
        return epoch

    def retire(self, epochs: Iterable[EpochId]) -> None:
        """Let go of keys for good: their boxes are not opened again (AUTHORITY rule 18)."""
        for epoch in epochs:
            self._retired.add(epoch)
            self._keys.pop(epoch, None)
        self.unopened = {place for place in self.unopened if place[1] not in self._retired}

    def learn(self, deed: Deed) -> bool:
        """Open what an access entry boxes to this node. True when a key was new."""
        learnt = False
        for act in deed.acts:
            if isinstance(act, Rekey):
                learnt |= any([self._take(act.lane, act.epoch, box) for box in act.boxes])
            elif isinstance(act, Keys):
                learnt |= self._take(act.lane, act.epoch, act.box)
        return learnt

    def _take(self, lane: LaneId, epoch: EpochId, box: Box) -> bool:
        opener = self._openers.get(box.to)
        if opener is None or epoch in self._keys or epoch in self._retired:
            return False
        try:
            key = EpochKey(opener.open(box.sealed))
        except EpochKeyError:
            self.unopened.add((lane, epoch))
            return False
        if len(key) != 32 or epoch_id(self._chart, lane, key) != epoch:
            self.unopened.add((lane, epoch))
            return False
        self._keys[epoch] = (lane, key)
        self.unopened.discard((lane, epoch))
        return True
