"""Errors of the API: what is wrong with a request, before any act begins.

NodeError
└── RequestError
    ├── BadArgument       a wrong, missing or unknown argument
    ├── UnknownAct        no such act: an older or newer client
    └── UploadTooLarge    a file over the limit
"""

from node.errors import NodeError
from node.exits import ExitCode


class RequestError(NodeError):
    """the request cannot be understood"""

    exit_code = ExitCode.USAGE


class BadArgument(RequestError):
    """{name} must be {meaning}"""

    def __init__(self, name: str, meaning: str) -> None:
        """Name the argument, never its value."""
        super().__init__(name=name, meaning=meaning)


class UnknownAct(RequestError):
    """this node knows no act of that name"""

    hint = "the running node has another version: stop it and start it again"


class UploadTooLarge(RequestError):
    """the file is over {size_mebibytes_max} MiB"""

    exit_code = ExitCode.REFUSED
    hint = "split it: a Bundle or NDJSON file may come in parts"

    def __init__(self, size_mebibytes_max: int) -> None:
        """Name the limit."""
        super().__init__(size_mebibytes_max=size_mebibytes_max)
