"""Writes a report to its folder: the page, the same numbers, and the history as it was digested."""

import importlib.util
import json
from pathlib import Path
from typing import Final

from scenarios.engine.history import line
from scenarios.report.errors import PicturesMissing, ReportUnwritable
from scenarios.report.given import Given
from scenarios.report.numbers import as_json, numbers_of

PAGE: Final = "report.html"
NUMBERS: Final = "report.json"
HISTORY: Final = "history.ndjson"


def require_report(folder: Path) -> None:
    """Find out before a run whether a report of it can be made, and make its folder.

    Raises PicturesMissing, ReportUnwritable.
    """
    if importlib.util.find_spec("matplotlib") is None:
        raise PicturesMissing
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ReportUnwritable(folder, error.strerror or "cannot be made") from error


def write_report(given: Given, folder: Path) -> Path:
    """Write the three files, over those of an earlier report; gives the page.

    Raises PicturesMissing, ReportUnwritable.
    """
    require_report(folder)
    from scenarios.report.page import page_of  # late: it loads matplotlib

    numbers = numbers_of(given)
    documents = {
        PAGE: page_of(given, numbers).encode(),
        NUMBERS: json.dumps(as_json(given, numbers), ensure_ascii=False, indent=1).encode() + b"\n",
        HISTORY: b"".join(line(event) + b"\n" for event in given.lines),
    }
    try:
        for name, document in documents.items():
            (folder / name).write_bytes(document)
    except OSError as error:
        raise ReportUnwritable(folder, error.strerror or "cannot be written") from error
    return folder / PAGE
