"""A chart that a letter brought: kept in memory until its access lane shows a grant to this node.

Nobody can make a node hold a chart by writing it a letter: only a grant in the chart's own
access lane, under its charter, does that (AUTHORITY section (a)).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from node.application.access.admission import admit
from node.application.context import Context
from node.limits import letters_unexplained_max, pending_operations_max
from sync.chart.keyring import Keyring
from sync.chart.replica import ChartReplica
from sync.charter import ACCESS, Charter
from sync.errors import LetterError
from sync.identifiers import EpochKey, OperationId, epoch_id
from sync.letter import Letter, open_letter
from sync.operation import Operation


@dataclass
class Adoption:
    """A chart on trial."""

    charter: Charter
    letters: tuple[Letter, ...]
    keys: tuple[EpochKey, ...] = field(repr=False)
    replica: ChartReplica
    _context: Context
    _operations: list[Operation] = field(default_factory=list)
    _seen: set[OperationId] = field(default_factory=set)
    kept: ChartReplica | None = None
    """What is kept, once it shows the grant; an outline where it is of the access lane alone."""

    @classmethod
    def begin(cls, context: Context, letters: Sequence[Letter]) -> "Adoption | None":
        """Open what is addressed to this node; None when nothing is, or does not open."""
        keys: dict[EpochKey, None] = {}
        charter: Charter | None = None
        for letter in letters:
            for opener in context.openers:
                if opener.public != letter.to:
                    continue
                try:
                    content = open_letter(letter, opener)
                except LetterError:
                    continue
                charter = content.charter
                keys |= dict.fromkeys(content.keys)
        if charter is None:
            return None
        keyring = Keyring(charter.chart, context.openers)
        for key in keys:
            keyring.put(charter.lane(ACCESS), key)
        replica = ChartReplica(charter, keyring, context.notice_valid)
        return cls(charter, tuple(letters), tuple(keys), replica, context)

    def learn(self, letters: Sequence[Letter]) -> int:
        """Take the keys of more letters to this node, as the first may have been of nothing."""
        room = max(0, letters_unexplained_max - len(self.letters))
        more = Adoption.begin(self._context, letters[:room])
        if more is None:
            return 0
        self.letters += more.letters
        self.keys += tuple(key for key in more.keys if key not in self.keys)
        for key in more.keys:
            self.replica.keyring.put(self.charter.lane(ACCESS), key)
        self.replica.open_access()
        return len(more.letters)

    def take(self, operations: Sequence[Operation]) -> list[Operation] | None:
        """All operations so far once they show a grant to this device; None until then."""
        if len(self._operations) + len(operations) > pending_operations_max:
            return None
        first = not self._operations
        fresh = {one.id: one for one in operations if one.id not in self._seen}
        self._seen.update(fresh)
        self._operations += fresh.values()
        device = self._context.identity.device
        # What came at once is mostly all of it, and needs no look before the last one.
        if not first:
            self.replica.add(fresh.values() if self.replica.operations else self._operations)
            if not self.replica.fold.was_granted(device):
                return None
        # Only what would be kept counts: a grant that no right stands behind begins no chart.
        access = self.charter.lane(ACCESS)
        outline = all(one.prefix.lane == access for one in self._operations)
        kept = ChartReplica(
            self.charter, self.replica.keyring, self._context.notice_valid, outline=outline
        )
        taken = admit(kept, self._operations, Counter())
        if not kept.fold.was_granted(device):
            return None
        self.kept = kept
        return taken

    def keep(self, context: Context) -> None:
        """Make the charter, the letters and their keys durable; the operations come after."""
        store = context.store
        with store.transaction():
            store.charts.add(self.charter, context.clock())
            for letter in self.letters:
                store.letters.add(letter)
            lane = self.charter.lane(ACCESS)
            for key in self.keys:
                epoch = epoch_id(self.charter.chart, lane, key)
                store.epoch_keys.add(self.charter.chart, lane, epoch, key)
