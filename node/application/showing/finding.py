"""One line of what `doctor` says; examination and repair make them."""

Finding = dict[str, object]


def finding(level: str, what: str, hint: str | None = None) -> Finding:
    """A line: `error`, `repaired`, `warning` or `note`, by ids only, and what to do about it."""
    return {"level": level, "what": what, "hint": hint}
