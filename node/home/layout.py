"""What lies where in a home; every part of the node takes its paths from here."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs


@dataclass(frozen=True)
class Home:
    """The paths of one node's files. Making this value touches nothing on the disk."""

    path: Path

    @property
    def keystore(self) -> Path:
        """The sealed secrets; a home without it is none."""
        return self.path / "keystore.satchel"

    @property
    def store(self) -> Path:
        """The SQLCipher database; SQLite puts its own files beside it."""
        return self.path / "satchel.db"

    @property
    def store_companions(self) -> tuple[Path, ...]:
        """What SQLite writes beside the database."""
        endings = ("-wal", "-shm", "-journal")
        return tuple(self.store.with_name(self.store.name + ending) for ending in endings)

    @property
    def instance_token(self) -> Path:
        """What tells a store's own folder from a copy of it (node/home/instance_token.py)."""
        return self.path / "instance.token"

    @property
    def network(self) -> Path:
        """The network file that this home was made with; a home without a registry has none."""
        return self.path / "network.json"

    @property
    def lock(self) -> Path:
        """Held by the one process that has this home; names its pid and socket."""
        return self.path / "node.lock"

    @property
    def socket(self) -> Path:
        """Where the node's API listens, unless this path is too long for a socket."""
        return self.path / "node.sock"

    @property
    def unfinished(self) -> Path:
        """The mark that `init` has begun and not finished."""
        return self.path / "init.unfinished"


def locate_home(option: Path | None, environment: Mapping[str, str]) -> Path:
    """Where the home is: `--home`, else SATCHEL_HOME, else the platform's data folder.

    The path is absolute; nothing is looked up on the disk.
    """
    if option is None and environment.get("SATCHEL_HOME"):
        option = Path(environment["SATCHEL_HOME"])
    if option is None:
        option = platformdirs.user_data_path("satchel", appauthor=False)
    return Path(os.path.abspath(option.expanduser()))  # noqa: PTH100 (Path.resolve reads links)
