"""Errors of the demo.

NodeError
└── DemoError
    ├── KeepFolderUsed    `--keep` names something that is there already
    ├── CommandFailed     a node's command ended otherwise than the story needs
    ├── NotReady          a node under `serve` said no address
    ├── Unexpected        nodes show what the story cannot go on with
    └── StoryEnded        a process was to start while the demo ends
"""

from pathlib import Path

from node.errors import NodeError
from node.exits import ExitCode


class DemoError(NodeError):
    """the demo cannot go on"""


class KeepFolderUsed(DemoError):
    """{path} is there already: the demo keeps its homes in a new or empty folder"""

    exit_code = ExitCode.USAGE

    def __init__(self, path: Path) -> None:
        """Name the folder."""
        super().__init__(path=path)


class CommandFailed(DemoError):
    """`satchel {command}` at {node} ended with {code}: {said}"""

    hint = "run `satchel demo --keep FOLDER`, and read the transcripts in it"

    def __init__(self, node: str, command: str, code: int, said: str) -> None:
        """Name the node, the command without its arguments, and its last message."""
        super().__init__(node=node, command=command, code=code, said=said)
        self.code = code


class NotReady(DemoError):
    """`satchel serve` at {node} did not say where it listens within {seconds} s"""

    hint = "is the machine very busy, or loopback closed? run it again"

    def __init__(self, node: str, seconds: int) -> None:
        """Name the node."""
        super().__init__(node=node, seconds=seconds)


class Unexpected(DemoError):
    """the story cannot go on: {what}"""

    hint = "run `satchel demo --keep FOLDER`, and read the transcripts in it"

    def __init__(self, what: str) -> None:
        """Say what, without names."""
        super().__init__(what=what)


class StoryEnded(DemoError):
    """the demo was stopped"""
