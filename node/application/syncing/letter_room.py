"""How many letters of a chart are kept: what is of use, and a little that may become so; `sharing`.

Any grantee, a relay too, may write letters to keys that nobody has, and bring those of authors
whom nobody granted anything. A letter is sent before the grant that explains it, so some of those
are kept; what finds no room comes again with the next session, when the grant is known.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from node.limits import letters_of_pair_max, letters_unexplained_max
from sync.access.fold import Fold
from sync.identifiers import DeviceKey, SealingKey
from sync.letter import Letter

Pair = tuple[DeviceKey, SealingKey]
"""Who wrote a letter, and to which key."""


def with_room(
    fold: Fold, known: Collection[SealingKey], held: Iterable[Pair], letters: Sequence[Letter]
) -> list[Letter]:
    """Those of new letters that may be kept beside `held`; `known` are keys that somebody has."""
    counts: Counter[Pair | None] = Counter()
    granted: dict[DeviceKey, bool] = {}

    def place(pair: Pair) -> Pair | None:
        author, to = pair
        if author not in granted:
            granted[author] = fold.was_granted(author)
        return pair if granted[author] and to in known else None

    for pair in held:
        counts[place(pair)] += 1
    found = []
    for letter in letters:
        where = place((letter.author, letter.to))
        counts[where] += 1
        if counts[where] <= (letters_unexplained_max if where is None else letters_of_pair_max):
            found.append(letter)
    return found
