"""Errors of the command line.

NodeError
└── CommandError
    ├── FileMissing       a path that leads nowhere
    ├── FileRefused       a path that leads to something else than a file
    ├── FileChanged       a file that was written to meanwhile
    ├── NothingToImport   folders without a FHIR file
    ├── NameUnusable      a node's name
    └── OutputFailed      a file that cannot be written
"""

from pathlib import Path

from node.errors import NodeError
from node.exits import ExitCode


class CommandError(NodeError):
    """the command cannot be carried out"""


class FileMissing(CommandError):
    """there is no {path}"""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, path: Path) -> None:
        """Name the path."""
        super().__init__(path=path)


class FileRefused(CommandError):
    """{path} cannot be read: {reason}"""

    exit_code = ExitCode.REFUSED

    def __init__(self, path: Path, reason: str) -> None:
        """Name the path and why."""
        super().__init__(path=path, reason=reason)


class FileChanged(CommandError):
    """{path} changed while it was read"""

    exit_code = ExitCode.REFUSED
    hint = "import it again when it is whole: what is held already is known again"

    def __init__(self, path: Path) -> None:
        """Name the path."""
        super().__init__(path=path)


class NothingToImport(CommandError):
    """there is no *.json, *.ndjson or *.gz file in what was named"""

    exit_code = ExitCode.NOT_FOUND


class NameUnusable(CommandError):
    """a node's name has 1 to {characters_max} printable characters"""

    exit_code = ExitCode.USAGE

    def __init__(self, characters_max: int) -> None:
        """Name the limit."""
        super().__init__(characters_max=characters_max)


class OutputFailed(CommandError):
    """{path} cannot be written: {reason}"""

    def __init__(self, path: Path, reason: str) -> None:
        """Name the path and what the system said."""
        super().__init__(path=path, reason=reason)
