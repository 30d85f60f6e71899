"""Writes docs/ERRORS.md from the packages' `errors.py`; called by `make docs` and by a test.

A class's docstring is the message that a person sees, with what is in braces filled in.
"""

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

PROJECT = Path(__file__).resolve().parents[1]
PACKAGES = ("sync", "node", "contracts", "scenarios", "tui")

OPENING = """\
# Errors

Made by `make docs`; do not edit. What is in braces is filled in: by ids, names of nodes, addresses
and paths, never by anything that a patient said or is called. A command prints
`satchel: error: MESSAGE`, and where there is one, `satchel: hint: WHAT TO DO`. What the exit codes
mean is in [COMMANDS.md](COMMANDS.md#exit-codes).
"""


def error_modules() -> list[ModuleType]:
    """Every `errors.py` of our packages, in the order of the packages."""
    paths = [
        path for package in PACKAGES for path in sorted((PROJECT / package).rglob("errors.py"))
    ]
    names = [".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in paths]
    return [importlib.import_module(name) for name in names]


def errors_of(module: ModuleType) -> list[type[Exception]]:
    """The error classes that a module defines, as they stand there."""
    return [
        found
        for found in vars(module).values()
        if inspect.isclass(found)
        and issubclass(found, Exception)
        and found.__module__ == module.__name__
    ]


def reference() -> str:
    """The whole document."""
    return OPENING + "".join(_lines())


def _lines() -> Iterator[str]:
    for module in error_modules():
        yield f"\n## {module.__name__.removesuffix('.errors')}\n\n"
        yield "| error | message | what to do | exit |\n|---|---|---|---|\n"
        for error in errors_of(module):
            message = " ".join((error.__doc__ or "").split())
            hint = getattr(error, "hint", None) or ""
            exit_code = getattr(error, "exit_code", "")
            cells = [f"`{error.__name__}`", message, str(hint), str(exit_code and int(exit_code))]
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    sys.stdout.write(reference())
