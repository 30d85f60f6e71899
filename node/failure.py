"""What is told of an error: to API clients, on stderr and in logs. Never what a record says.

An error of our own trees has a text made of ids, names of nodes and paths. Any other error's text
could quote a record, so only its class and the place in our code are told.
"""

import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from node.errors import NodeError
from node.exits import ExitCode
from sync.errors import SyncError

_PROJECT: Final = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Account:
    """An error as it is told."""

    kind: str
    """The name of its class."""
    message: str
    hint: str | None
    exit_code: ExitCode

    def as_json(self) -> dict[str, object]:
        """The form in events, and on stderr with `--json`."""
        return {
            "class": self.kind,
            "message": self.message,
            "hint": self.hint,
            "exit_code": int(self.exit_code),
        }

    @classmethod
    def from_json(cls, value: dict[str, object]) -> Self:
        """What `as_json` gave, after its way through the socket."""
        hint = value.get("hint")
        code = value.get("exit_code")
        return cls(
            kind=str(value.get("class")),
            message=str(value.get("message")),
            hint=None if hint is None else str(hint),
            exit_code=next((known for known in ExitCode if known == code), ExitCode.FAILED),
        )


def account_of(error: BaseException) -> Account:
    """What is told of an error."""
    kind = type(error).__name__
    if isinstance(error, NodeError):
        account = getattr(error, "account", None)
        if isinstance(account, Account):
            return account
        return Account(kind, str(error), error.hint, error.exit_code)
    if isinstance(error, SyncError):
        return Account(kind, str(error) or _docstring(error), None, ExitCode.REFUSED)
    return Account(
        kind,
        f"something unexpected failed: {kind}{_place(error)}",
        "nothing that was stored is harmed; `satchel doctor` looks",
        ExitCode.FAILED,
    )


def _docstring(error: BaseException) -> str:
    return type(error).__doc__ or type(error).__name__


def _place(error: BaseException) -> str:
    """Where in our code it was raised: a file and a line, which no patient has said."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(_PROJECT) and "site-packages" not in path.parts:
            return f" at {path.relative_to(_PROJECT).as_posix()}:{frame.lineno}"
    return ""
