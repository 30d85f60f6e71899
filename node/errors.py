"""The tree of errors that a node raises.

A class's docstring is the sentence that a person sees, with the facts it was raised with filled
in; `hint` says what to do, `exit_code` how the command ends. Texts name what failed by ids, names
of nodes and paths, never by anything a patient said or is called.

NodeError
├── HomeError                the data folder
│   ├── HomeMissing
│   ├── HomeUnfinished       `init` was cut off: it can start over
│   ├── HomeExists
│   ├── HomeNotEmpty
│   ├── HomeUnsafe           not a folder, not ours, not writable, redirected
│   ├── KeystoreMissing      a store without its keys
│   ├── HomeInUse
│   └── SocketPathTooLong
├── KeystoreError            the sealed file of secrets
│   ├── WrongPassphrase
│   ├── KeystoreDamaged
│   ├── KeystoreForeign
│   ├── KeystoreNewer
│   └── KeystoreExists
├── PassphraseError          where the passphrase comes from
│   ├── NoPassphrase
│   ├── PassphraseUnreadable
│   └── PassphraseMismatch
├── StoreError               the database of everything that the node holds
│   ├── StoreMissing
│   ├── StoreExists
│   ├── ForeignDatabase      not a store, or another key's
│   ├── NewerDatabase
│   ├── DamagedDatabase
│   ├── StorageFailed        full, read-only, busy or failing disk: nothing half-written stays
│   ├── ChartMissing
│   ├── LaneMissing
│   ├── LogGap               an operation before its predecessor
│   └── PeerNameTaken
├── RecoveryWordsInvalid     words that are no recovery key
├── SharesInvalid            shares that do not bring a recovery key back
├── JoiningDamaged           a file for joining an organisation that cannot be used
└── CardError                pairing cards
    ├── CardForeign
    ├── CardNewer
    ├── CardDamaged
    └── CardTooLarge
"""

from pathlib import Path
from typing import ClassVar

from node.exits import ExitCode


class NodeError(Exception):
    """something in the node failed"""

    exit_code: ClassVar[ExitCode] = ExitCode.FAILED
    hint: ClassVar[str | None] = None

    def __init__(self, **facts: object) -> None:
        """Keep the facts that fill in the sentence."""
        super().__init__()
        self.facts = facts

    def __str__(self) -> str:
        """The sentence that a person sees."""
        return (type(self).__doc__ or type(self).__name__).format(**self.facts)


class HomeError(NodeError):
    """something is wrong with the home"""

    exit_code = ExitCode.REFUSED

    def __init__(self, home: Path, **facts: object) -> None:
        """Name the home."""
        super().__init__(home=home, **facts)


class HomeMissing(HomeError):
    """no satchel home at {home}"""

    exit_code = ExitCode.NOT_FOUND
    hint = "make one with `satchel init --name NAME`, or name another with --home"


class HomeUnfinished(HomeError):
    """the home at {home} was not finished: `init` was cut off"""

    exit_code = ExitCode.NOT_FOUND
    hint = "run `satchel init` again: nothing was kept yet, and it starts over"


class HomeExists(HomeError):
    """there is a satchel home at {home} already"""

    hint = "name another folder with --home"


class HomeNotEmpty(HomeError):
    """{home} is not empty, and not a satchel home"""

    hint = "name an empty or new folder with --home"


class HomeUnsafe(HomeError):
    """the home {home} is refused: {entry} {reason}"""

    def __init__(self, home: Path, entry: Path, reason: str) -> None:
        """Name the home, what in it (or itself) is refused, and why."""
        super().__init__(home, entry=entry, reason=reason)


class KeystoreMissing(HomeError):
    """the home at {home} holds a store but no keystore"""

    hint = "put keystore.satchel back from a copy; nothing was changed"


class HomeInUse(HomeError):
    """the home {home} is in use by {holder}"""

    exit_code = ExitCode.IN_USE
    hint = "wait until it ends, or stop it"

    def __init__(self, home: Path, pid: int | None) -> None:
        """Name the home and the process that has it, where that is known."""
        super().__init__(home, holder="another process" if pid is None else f"process {pid}")
        self.pid = pid


class SocketPathTooLong(HomeError):
    """no folder with a path short enough for the socket of {home}"""

    hint = "set XDG_RUNTIME_DIR to a short path, such as /run/user/1000"


class KeystoreError(NodeError):
    """something is wrong with the keystore {path}"""

    exit_code = ExitCode.REFUSED

    def __init__(self, path: Path, **facts: object) -> None:
        """Name the keystore's file."""
        super().__init__(path=path, **facts)


class WrongPassphrase(KeystoreError):
    """the passphrase does not open {path}"""

    exit_code = ExitCode.LOCKED
    hint = "check for another keyboard layout or caps lock"


class KeystoreDamaged(KeystoreError):
    """the keystore {path} is damaged: {reason}"""

    hint = "put it back from a copy; without it only the recovery words help"

    def __init__(self, path: Path, reason: str) -> None:
        """Say what about the file is wrong."""
        super().__init__(path, reason=reason)


class KeystoreForeign(KeystoreError):
    """{path} is not a satchel keystore"""


class KeystoreNewer(KeystoreError):
    """the keystore {path} has version {version}, which this satchel cannot read"""

    hint = "update satchel; nothing was changed"

    def __init__(self, path: Path, version: int) -> None:
        """Name the version found."""
        super().__init__(path, version=version)


class KeystoreExists(KeystoreError):
    """there is a keystore at {path} already"""


class PassphraseError(NodeError):
    """there is no usable passphrase"""

    exit_code = ExitCode.LOCKED


class NoPassphrase(PassphraseError):
    """no passphrase, and no terminal to ask at"""

    hint = "give --passphrase-file FILE, or set SATCHEL_PASSPHRASE_FILE"


class PassphraseUnreadable(PassphraseError):
    """the passphrase from {source} cannot be used: {reason}"""

    def __init__(self, source: str, reason: str) -> None:
        """Say where it came from and what is wrong, never what it is."""
        super().__init__(source=source, reason=reason)


class PassphraseMismatch(PassphraseError):
    """the two passphrases differ"""

    hint = "type the same one twice"


class StoreError(NodeError):
    """something is wrong with the store"""


class StoreMissing(StoreError):
    """there is no store at {path}"""

    exit_code = ExitCode.NOT_FOUND
    hint = "put it back from a copy, or make a new home with `satchel init`"

    def __init__(self, path: Path) -> None:
        """Name the store's file."""
        super().__init__(path=path)


class StoreExists(StoreError):
    """there is a file at {path} already"""

    exit_code = ExitCode.REFUSED

    def __init__(self, path: Path) -> None:
        """Name the store's file."""
        super().__init__(path=path)


class ForeignDatabase(StoreError):
    """{path} is not this node's store: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "put back the store and the keystore that belong together; nothing was changed"

    def __init__(self, path: Path, reason: str) -> None:
        """Say how it differs."""
        super().__init__(path=path, reason=reason)


class NewerDatabase(StoreError):
    """the store {path} was written by a newer satchel"""

    exit_code = ExitCode.REFUSED
    hint = "update satchel; nothing was changed"

    def __init__(self, path: Path) -> None:
        """Name the store's file."""
        super().__init__(path=path)


class DamagedDatabase(StoreError):
    """the store {path} is damaged"""

    exit_code = ExitCode.INTEGRITY
    hint = "put it back from a copy, then `sync` with a peer brings what came after"

    def __init__(self, path: Path) -> None:
        """Name the store's file."""
        super().__init__(path=path)


class StorageFailed(StoreError):
    """the store {path} cannot be used: {reason}"""

    hint = (
        "free space, or make the home writable; what was being written was undone, "
        "what was stored before is unharmed"
    )

    def __init__(self, path: Path, reason: str) -> None:
        """Say what the disk refused."""
        super().__init__(path=path, reason=reason)


class ChartMissing(StoreError):
    """there is no chart {chart} here"""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, chart: str) -> None:
        """Name the chart by its id's text."""
        super().__init__(chart=chart)


class LaneMissing(StoreError):
    """chart {chart} has no lane {lane}"""

    exit_code = ExitCode.REFUSED

    def __init__(self, chart: str, lane: str) -> None:
        """Name the chart and the lane by their ids' texts."""
        super().__init__(chart=chart, lane=lane)


class LogGap(StoreError):
    """operation {operation} came before the one that it follows"""

    exit_code = ExitCode.REFUSED

    def __init__(self, operation: str) -> None:
        """Name the operation by its id's text."""
        super().__init__(operation=operation)


class PeerNameTaken(StoreError):
    """another peer is called {name} already"""

    exit_code = ExitCode.REFUSED
    hint = "remove that one first with `satchel peer remove`"

    def __init__(self, name: str) -> None:
        """Name the peer."""
        super().__init__(name=name)


class RecoveryWordsInvalid(NodeError):
    """these are not recovery words: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "type the 24 words in the order they are printed"

    def __init__(self, reason: str) -> None:
        """Say what is wrong by position, never by word."""
        super().__init__(reason=reason)


class SharesInvalid(NodeError):
    """these shares do not bring the recovery words back: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "type each share's 33 words in their order; all shares must be of one set"

    def __init__(self, reason: str) -> None:
        """Say what is wrong by position, never by word."""
        super().__init__(reason=reason)


class CardError(NodeError):
    """something is wrong with the pairing card"""

    exit_code = ExitCode.REFUSED
    hint = "ask for the card again: `satchel id --card FILE` writes it"


class CardForeign(CardError):
    """this is not a pairing card"""


class CardNewer(CardError):
    """this pairing card has version {version}, which this satchel cannot read"""

    hint = "update satchel"

    def __init__(self, version: str) -> None:
        """Name the version found."""
        super().__init__(version=version)


class CardDamaged(CardError):
    """the pairing card is damaged: {reason}"""

    def __init__(self, reason: str) -> None:
        """Say what about it does not hold."""
        super().__init__(reason=reason)


class JoiningDamaged(NodeError):
    """the {part} for joining an organisation cannot be used: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "begin again: `satchel device request`, `device add`, `device join`"

    def __init__(self, part: str, reason: str) -> None:
        """Say which of the two files, and what about it does not hold."""
        super().__init__(part=part, reason=reason)


class CardTooLarge(CardError):
    """the pairing card is longer than {characters_max} characters"""

    def __init__(self, characters_max: int) -> None:
        """Name the limit."""
        super().__init__(characters_max=characters_max)
