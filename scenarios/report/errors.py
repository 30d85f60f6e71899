"""Errors of reports.

SimulationError
└── ReportError
    ├── PicturesMissing     matplotlib is not installed
    └── ReportUnwritable    the folder of a report cannot be written
"""

from pathlib import Path

from node.exits import ExitCode
from scenarios.engine.errors import SimulationError


class ReportError(SimulationError):
    """the report cannot be made"""


class PicturesMissing(ReportError):
    """the pictures of a report are drawn by matplotlib, which is not installed"""

    hint = "install it with `pip install 'satchel[simulate]'`, or leave out --report"
    exit_code = ExitCode.USAGE


class ReportUnwritable(ReportError):
    """the report cannot be written to {path}: {reason}"""

    hint = "name a folder that can be made or written"
    exit_code = ExitCode.USAGE

    def __init__(self, path: Path, reason: str) -> None:
        """Name the folder."""
        super().__init__(path=path, reason=reason)
