"""Arrays that are sets (a patient's identifiers, telecoms, addresses), keyed by canonical value.

An observed-remove set: an item shows when some change brought it in and no later change left it
out. What one place adds survives what another removes, and a removal holds against all that its
author had seen. Only the set's own items are compared, never two whole documents.
"""

from dataclasses import dataclass
from typing import Any

from sync.merge.document import Value, canonical, item_texts
from sync.merge.versions import Versions


@dataclass(frozen=True, slots=True)
class SetItem:
    """One item that shows: its canonical form, its characters, and it parsed."""

    canonical: str
    text: str
    value: Any

    def __repr__(self) -> str:
        """Show no content."""
        return f"SetItem({len(self.text)} characters)"


def set_items(value: Value, register: str) -> dict[str, SetItem]:
    """A version's items by their canonical form. What is no array counts as one item."""
    items: dict[str, SetItem] = {}
    for name, member in value.members:
        if name != register:
            continue
        if isinstance(member.value, list):
            pairs = zip(member.value, item_texts(member.value_text), strict=True)
        else:
            pairs = zip([member.value], [member.value_text], strict=True)
        for item, text in pairs:
            name_of_item = canonical(item)
            items.setdefault(name_of_item, SetItem(name_of_item, text, item))
    return items


def merged_set(versions: Versions, register: str) -> list[SetItem]:
    """The items of a set register after all versions, in causal order of their bringing in."""
    tags: list[SetItem] = []
    tags_of: dict[str, int] = {}
    seen = [0] * len(versions.changes)
    removed = [0] * len(versions.changes)
    for place, causes in enumerate(versions.causality.before):
        past = gone = 0
        for cause in causes:
            past |= seen[cause]
            gone |= removed[cause]
        if register in versions.touched[place]:
            items = set_items(versions.value(place, register), register)
            kept = 0
            for key, item in items.items():
                alive = tags_of.get(key, 0) & past & ~gone
                if not alive:
                    alive = 1 << len(tags)
                    tags.append(item)
                    tags_of[key] = tags_of.get(key, 0) | alive
                    past |= alive
                kept |= alive
            gone |= past & ~gone & ~kept
        seen[place], removed[place] = past, gone
    lost = 0
    for gone in removed:
        lost |= gone
    shown: dict[str, SetItem] = {}
    for bit, tag in enumerate(tags):
        if not lost >> bit & 1:
            shown.setdefault(tag.canonical, tag)
    return list(shown.values())
