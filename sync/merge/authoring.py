"""What a writer says of a new version: which elements it touches. Used where changes are made."""

from sync.merge.document import parse_document


def touched_elements(before: bytes | None, after: bytes, resource_type: str) -> tuple[str, ...]:
    """The elements that a new version touches, beside the document that its author was shown.

    `before` is None for a new resource, or where nothing could be read: then all are touched.
    Only an author compares documents; receivers never do (DESIGN section 5). Raises ValueError
    when `after` is no document of that type.
    """
    new = parse_document(after, resource_type)
    if new is None:
        raise ValueError(f"content is not a JSON document of type {resource_type}")
    old = None if before is None else parse_document(before, resource_type)
    if old is None:
        return tuple(sorted(new.registers))
    names = old.registers.keys() | new.registers.keys()
    return tuple(sorted(n for n in names if not old.value(n).same_as(new.value(n))))
