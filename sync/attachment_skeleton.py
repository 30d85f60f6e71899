"""Skeletons: what of a large resource stays inline, so that it merges and shows without its pieces.

The author makes one with `make_skeleton`; a reader checks by `agrees` that the original bytes say
what the skeleton says, so that nobody merges one thing and shows another. Values are compared by
digests of their canonical forms: the merge comes to the same with and without the pieces.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Final

from sync.attachment import (
    FOLDED_LENGTH_CHARS_MAX,
    LeftOut,
    LeftOutMember,
)
from sync.errors import LimitError
from sync.identifiers import domain_bytes
from sync.limits import attachment_size_bytes_max, attachment_skeleton_size_bytes_max
from sync.merge.document import Member, Value, canonical, compose, parse_document
from sync.merge.policy import Policy, comparable
from sync.merge.policy_table import ANYTHING_ELSE, policy_for
from sync.merge.register import register_of

_NEVER_LEFT_OUT: Final = frozenset({"resourceType", "id", "meta"})


def make_skeleton(original: bytes, resource_type: str) -> tuple[bytes, tuple[LeftOutMember, ...]]:
    """The skeleton of a resource, and what it lacks: the largest elements that can be spared.

    What merging reads by value stays: codes that stop or refute, sets. Then the clinical group is
    spared last. Raises LimitError for what cannot be read, or does not fit even so.
    """
    if len(original) > attachment_size_bytes_max:
        raise LimitError(
            f"{len(original)} bytes are over the {attachment_size_bytes_max} of a resource"
        )
    document = parse_document(original, resource_type)
    if document is None:
        raise LimitError("over the size of an entry, and not readable as a resource")
    policy = policy_for(resource_type)
    members = dict(document.members)
    size = sum(_size(member) for member in members.values())
    left_out: list[LeftOutMember] = []
    for name in _spared_in_order(members, policy):
        if size <= attachment_skeleton_size_bytes_max:
            break
        value = left_out_value(name, members[name])
        if value is not None:
            size -= _size(members.pop(name))
            left_out.append(LeftOutMember(name, value))
    if size > attachment_skeleton_size_bytes_max:
        raise LimitError(
            f"the elements that merging reads have over {attachment_skeleton_size_bytes_max} bytes"
        )
    return compose(members.values()), tuple(left_out)


def left_out_value(name: str, member: Member) -> LeftOut | None:
    """What stands for a member's value; None for one too short to be worth it."""
    if len(member.value_text) <= FOLDED_LENGTH_CHARS_MAX:
        return None  # no canonical form of it is long either, but for escapes: then it stays
    digest, length_chars = _digest_of(member.value)
    if length_chars <= FOLDED_LENGTH_CHARS_MAX:
        return None
    silent = name == "text" and not comparable("text", Value(((name, member),)))
    return LeftOut(digest, silent)


def _digest_of(value: object) -> tuple[bytes, int]:
    """The `canonical_digest` of a value and the length of its canonical form, which is not made."""
    digest = hashlib.sha256(domain_bytes("left-out"))
    length_chars = 0
    for part in _canonical_parts(value):
        length_chars += len(part)
        digest.update(part.encode())  # ASCII: `json.dumps` escapes the rest
    return digest.digest(), length_chars


def _canonical_parts(value: object) -> Iterator[str]:
    """The canonical form in parts: a value of 50 MB is not copied once for each level around it."""
    if isinstance(value, dict):
        mark = "{"
        for name in sorted(value):
            yield f"{mark}{json.dumps(name)}:"
            yield from _canonical_parts(value[name])
            mark = ","
        yield "}" if value else "{}"
    elif isinstance(value, list):
        yield "["
        for place, item in enumerate(value):
            if place:
                yield ","
            yield from _canonical_parts(item)
        yield "]"
    else:
        yield canonical(value)


def agrees(
    original: bytes, resource_type: str, skeleton: bytes, left_out: tuple[LeftOutMember, ...]
) -> bool:
    """Whether original bytes say what a skeleton and its left-out elements say, and no more."""
    whole = parse_document(original, resource_type)
    part = parse_document(skeleton, resource_type, left_out)
    if whole is None or part is None or whole.members.keys() != part.members.keys():
        return False
    lacking = dict(left_out)
    return all(
        left_out_value(name, member) == lacking[name]
        if name in lacking
        else canonical(member.value) == canonical(part.members[name].value)
        for name, member in whole.members.items()
    )


def original_digest(original: bytes) -> bytes:
    """The SHA-256 of the original bytes, which their attachment names."""
    return hashlib.sha256(original).digest()


def _spared_in_order(members: dict[str, Member], policy: Policy) -> list[str]:
    """The members that can be left out: those outside the clinical group first, largest first."""
    kept = _read_by_value(policy)
    group = policy.group or ANYTHING_ELSE.group
    spared = [
        (register_of(name) in group, -len(member.value_text), name)
        for name, member in members.items()
        if name not in _NEVER_LEFT_OUT and register_of(name) not in kept
    ]
    return [name for _, _, name in sorted(spared)]


def _read_by_value(policy: Policy) -> frozenset[str]:
    """Registers of which the merge reads codes or items, and does not only compare."""
    registers = {*policy.grave, *policy.preference, *policy.withdrawn, *policy.stopped}
    return frozenset(registers | policy.sets | {"status", policy.sticky_error or "status"})


def _size(member: Member) -> int:
    return len(member.key_text.encode()) + len(member.value_text.encode()) + 2
