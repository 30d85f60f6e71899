"""The document shown for a resource, put together from what its versions wrote.

Where one version says all that shows, its original bytes are the document. Otherwise top-level
members are taken as slices of the versions' own bytes, in the order of the newest of them, so
nothing is ever written here that no author wrote, but the combination; its label says so.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from sync.merge.document import ABSENT, Document, Member, Value, compose
from sync.merge.element_set import SetItem, merged_set, set_items
from sync.merge.policy import Policy, comparable
from sync.merge.versions import Versions


@dataclass(frozen=True, slots=True)
class Shown:
    """What shows in one register, and the places it came from. The repr shows no content."""

    value: Value
    places: tuple[int, ...]
    """The versions that it is shown from."""

    set_aside: tuple[int, ...] = ()
    """Heads whose value a policy does not let show: an error does not go back, a pin holds."""

    def __repr__(self) -> str:
        """Show the places only."""
        return f"Shown(from {self.places})"


def choose(policy: Policy, versions: Versions, disputed: frozenset[int]) -> dict[str, Shown]:
    """What shows in every register. `disputed` holds the heads of the clinical conflict."""
    chosen = _carried(policy, versions)
    for name in versions.heads:
        chosen[name] = _choose_one(policy, versions, disputed, name)
    return chosen


Whole = Callable[[int], Document | None]
"""Gives the version at a place from its original bytes, or None while they are not here."""


def chosen_alone(versions: Versions) -> dict[str, Shown]:
    """What `choose` gives where there is one version, without weighing it against itself."""
    document = versions.read(0)
    if document is None:
        return {}
    touched = versions.touched[0]
    names = [*(name for name in document.registers if name not in touched), *sorted(touched)]
    return {name: Shown(versions.value(0, name), (0,)) for name in names}


def shown_document(policy: Policy, versions: Versions, chosen: dict[str, Shown]) -> bytes | None:
    """The resource's document, or None when no version can be read.

    What was left out of skeletons is left out here: see `whole_document`.
    """
    return _document(policy, versions, chosen, versions.read)


def whole_document(
    policy: Policy, versions: Versions, chosen: dict[str, Shown], whole: Whole
) -> bytes | None:
    """The resource's document with what skeletons left out; None while that is not here.

    What is chosen was decided by the skeletons, alike everywhere: only the slices are whole.
    """
    needed = attached_places(policy, versions, chosen)
    documents = {place: whole(place) for place in needed}
    if not all(documents.values()):
        return None
    filled = {
        name: Shown(_filled(name, shown, documents), shown.places, shown.set_aside)
        for name, shown in chosen.items()
    }
    return _document(
        policy, versions, filled, lambda place: documents.get(place) or versions.read(place)
    )


def attached_places(
    policy: Policy, versions: Versions, chosen: dict[str, Shown]
) -> tuple[int, ...]:
    """The versions whose original bytes the whole document needs beside the skeletons."""
    heads = versions.document_heads
    if len(heads) == 1 and _says_all(policy, versions, heads[0], chosen):
        change = versions.changes[heads[0]].change
        return () if change.attachment is None else (heads[0],)
    return tuple(
        sorted({_source(name, shown) for name, shown in chosen.items() if shown.value.left_out})
    )


def _source(name: str, shown: Shown) -> int:
    """The version that a left-out value is taken from: the first of those that it shows from."""
    assert shown.places, f"{name} shows from a version"
    return shown.places[0]


def _filled(name: str, shown: Shown, documents: dict[int, Document | None]) -> Value:
    document = documents.get(_source(name, shown)) if shown.value.left_out else None
    return shown.value if document is None else document.value(name)


def _document(
    policy: Policy, versions: Versions, chosen: dict[str, Shown], read: Whole
) -> bytes | None:
    heads = versions.document_heads
    if not heads:
        return None
    if len(heads) == 1 and _says_all(policy, versions, heads[0], chosen):
        only = read(heads[0])
        assert only is not None, "heads are readable"
        return only.content
    left = dict(chosen)
    members: list[Member] = []
    for place in versions.newest_first(heads):
        document = versions.document(place)
        if not members:
            members.append(document.members["resourceType"])
        for name in document.registers:
            if name in left:
                members.extend(member for _, member in left.pop(name).value.members)
    for name in sorted(left):
        members.extend(member for _, member in left[name].value.members)
    return compose(members)


def _choose_one(
    policy: Policy, versions: Versions, disputed: frozenset[int], register: str
) -> Shown:
    heads = versions.heads[register]
    if register == policy.sticky_error:
        errors = versions.errors
        if errors:
            aside = set(heads).difference(errors)
            return Shown(versions.value(errors[-1], register), errors, tuple(sorted(aside)))
    if register in policy.pinned:
        return _pinned(versions, register, heads)
    if register in policy.sets:
        return _set(versions, register, heads)
    if register in policy.add_wins and disputed.issuperset(heads):
        heads = _with_carriers(versions, heads, disputed)
    return _preferred(policy, versions, register, heads)


def _with_carriers(
    versions: Versions, heads: tuple[int, ...], disputed: frozenset[int]
) -> tuple[int, ...]:
    """The heads of an element, and the disputed versions that knew none of them.

    So an allergy that somebody described further stays active beside its refutation.
    """
    others = sorted(disputed.difference(heads))
    concurrent = versions.causality.concurrent([*heads, *others])
    every_head = (1 << len(heads)) - 1
    return *heads, *(
        place
        for place, bits in zip(others, concurrent[len(heads) :], strict=True)
        if bits & every_head == every_head
    )


def _preferred(
    policy: Policy, versions: Versions, register: str, candidates: Iterable[int]
) -> Shown:
    ordered = versions.newest_first(candidates)
    best = min(ordered, key=lambda place: policy.rank(register, versions.value(place, register)))
    value = versions.value(best, register)
    return Shown(value, tuple(p for p in ordered if versions.value(p, register).same_as(value)))


def _carried(policy: Policy, versions: Versions) -> dict[str, Shown]:
    """Elements that no merged change touches: their authors' changes are not merged here.

    One pass over the documents, each of which is read once.
    """
    best: dict[str, tuple[int, Value]] = {}
    places: dict[str, list[int]] = {}
    for place in versions.newest_first(versions.document_heads):
        for name, value in versions.document(place).registers.items():
            if name in versions.heads:
                continue
            rank = policy.rank(name, value)
            if name not in best or rank < best[name][0]:
                best[name], places[name] = (rank, value), [place]
            elif value.same_as(best[name][1]):
                places[name].append(place)
    return {name: Shown(value, tuple(places[name])) for name, (_, value) in best.items()}


def _pinned(versions: Versions, register: str, heads: tuple[int, ...]) -> Shown:
    """The first value of all, by causality and then by stamp; later ones that differ wait."""
    first = next(p for p, touched in enumerate(versions.touched) if register in touched)
    value = versions.value(first, register)
    aside = [h for h in heads if not versions.value(h, register).same_as(value)]
    return Shown(value, (first,), tuple(aside))


def _set(versions: Versions, register: str, heads: tuple[int, ...]) -> Shown:
    items = merged_set(versions, register)
    keys = {item.canonical for item in items}
    for head in versions.newest_first(heads):
        value = versions.value(head, register)
        if set_items(value, register).keys() == keys:
            return Shown(value, tuple(heads))
    return Shown(_set_value(register, items), tuple(heads))


def _set_value(register: str, items: list[SetItem]) -> Value:
    if not items:
        return ABSENT
    text = f"[{','.join(item.text for item in items)}]"
    return Value(((register, Member(f'"{register}"', text, [item.value for item in items])),))


def _says_all(policy: Policy, versions: Versions, place: int, chosen: dict[str, Shown]) -> bool:
    for register, shown in chosen.items():
        value = versions.value(place, register)
        if register in policy.sets:
            mine, merged = (set_items(v, register).keys() for v in (value, shown.value))
            if mine != merged:
                return False
        elif not value.same_as(shown.value) and (
            comparable(register, value) != comparable(register, shown.value)
        ):
            return False
    return True
