"""Where the passphrase comes from: a file that was named, else a person at a terminal.

Never the command line, which every process on the machine can read; never a log.
"""

import getpass
import os
import sys
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from node.errors import NoPassphrase, PassphraseMismatch, PassphraseUnreadable
from node.limits import passphrase_size_bytes_max


@dataclass(frozen=True)
class PassphraseSource:
    """What was said about the passphrase: `--passphrase-file`, the environment, or nothing."""

    file: Path | None
    ask: Callable[[str], str] = getpass.getpass
    """Asks at the terminal, without showing what is typed."""
    has_terminal: Callable[[], bool] = lambda: sys.stdin is not None and sys.stdin.isatty()

    def read(self) -> bytes:
        """The passphrase of a home that exists.

        Raises NoPassphrase, PassphraseUnreadable.
        """
        if self.file is not None:
            return _from_file(self.file)
        return self._from_person("passphrase: ")

    def choose(self) -> bytes:
        """A passphrase for a new home, or a new one for an old: a person types it twice.

        Raises NoPassphrase, PassphraseUnreadable, PassphraseMismatch.
        """
        if self.file is not None:
            return _from_file(self.file)
        first = self._from_person("new passphrase: ")
        if self._from_person("the same again: ") != first:
            raise PassphraseMismatch
        return first

    def _from_person(self, prompt: str) -> bytes:
        if not self.has_terminal():
            raise NoPassphrase
        try:
            return _as_bytes(self.ask(prompt), "the terminal")
        except EOFError:
            raise NoPassphrase from None


def passphrase_source(option: Path | None, environment: Mapping[str, str]) -> PassphraseSource:
    """What `--passphrase-file` names, else SATCHEL_PASSPHRASE_FILE, else a person."""
    if option is None and environment.get("SATCHEL_PASSPHRASE_FILE"):
        option = Path(environment["SATCHEL_PASSPHRASE_FILE"])
    return PassphraseSource(option)


def _from_file(path: Path) -> bytes:
    """Read a passphrase file: UTF-8, one line end at its end left away. A pipe will do."""
    try:
        with path.open("rb") as file:
            content = file.read(passphrase_size_bytes_max + 3)
    except OSError as error:
        reason = (error.strerror or "it cannot be read").lower()
        raise PassphraseUnreadable(os.fspath(path), reason) from error
    try:
        text = content.decode()
    except UnicodeDecodeError:
        # Without `from`: the decoder's error carries the bytes.
        raise PassphraseUnreadable(os.fspath(path), "it is not UTF-8 text") from None
    text = text.removesuffix("\n").removesuffix("\r")
    return _as_bytes(text, os.fspath(path))


def _as_bytes(text: str, source: str) -> bytes:
    """One spelling of what looks alike, so that another keyboard gives the same bytes."""
    passphrase = unicodedata.normalize("NFC", text).encode()
    if not passphrase:
        raise PassphraseUnreadable(source, "it is empty")
    if len(passphrase) > passphrase_size_bytes_max:
        reason = f"it is longer than {passphrase_size_bytes_max} bytes"
        raise PassphraseUnreadable(source, reason)
    return passphrase
