"""Errors of the command line.

NodeError
└── CommandError
    ├── FileMissing       a path that leads nowhere
    ├── FileRefused       a path that leads to something else than a file
    ├── FileChanged       a file that was written to meanwhile
    ├── NothingToImport   folders without a FHIR file
    ├── NameUnusable      a node's name
    ├── OutputFailed      a file that cannot be written
    ├── ChainStateRefused a development chain's file that cannot be used
    ├── ChainStateInUse   a development chain's file that is being served
    ├── PortRefused       a port that cannot be listened on
    ├── DeploymentFailed  contracts that did not come to be on a chain
    └── NotForDevelopment a shortcut of development chains, asked for on another
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


class ChainStateRefused(CommandError):
    """{path} cannot be used as a chain's state: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "name a file of `satchel chain serve`, or one that does not exist yet"

    def __init__(self, path: Path, reason: str) -> None:
        """Name the file and why."""
        super().__init__(path=path, reason=reason)


class ChainStateInUse(CommandError):
    """{path} is served by another process (pid {pid})"""

    exit_code = ExitCode.IN_USE
    hint = "use the chain that runs, or end it first"

    def __init__(self, path: Path, pid: int | None) -> None:
        """Name the file and who has it."""
        super().__init__(path=path, pid="unknown" if pid is None else pid)


class PortRefused(CommandError):
    """port {port} cannot be listened on: {reason}"""

    exit_code = ExitCode.IN_USE
    hint = "choose another with --port; 0 takes a free one"

    def __init__(self, port: int, reason: str) -> None:
        """Name the port and what the system said."""
        super().__init__(port=port, reason=reason)


class DeploymentFailed(CommandError):
    """the registry was not deployed: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "nothing uses what is on the chain already; run it again once the cause is gone"

    def __init__(self, reason: str) -> None:
        """Say what failed."""
        super().__init__(reason=reason)


class NotForDevelopment(CommandError):
    """on a chain that is not for development, {option} must be given"""

    exit_code = ExitCode.USAGE
    hint = "see `satchel chain deploy -h`; --development says that the chain is only for trying out"

    def __init__(self, option: str) -> None:
        """Name the option."""
        super().__init__(option=option)
