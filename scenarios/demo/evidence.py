"""What the nodes wrote to files, read back for the checks: exports and papers as resources."""

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

Resource = dict[str, Any]


def export_lines(path: Path) -> list[bytes]:
    """An export's lines."""
    return path.read_bytes().splitlines()


def resources_of(lines: Iterable[bytes]) -> list[Resource]:
    """An export's resources."""
    return [json.loads(line) for line in lines]


def named(resources: Iterable[Resource], reference: str) -> list[Resource]:
    """Those that are called `Type/id`; several in an export with history."""
    kind, _, identity = reference.partition("/")
    return [one for one in resources if one["resourceType"] == kind and one["id"] == identity]


def contents(resources: Iterable[Resource]) -> Counter[str]:
    """Resources as texts that are equal where the resources are, with how often each occurs."""
    return Counter(json.dumps(one, sort_keys=True) for one in resources)
