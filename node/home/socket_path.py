"""Where a node's socket can be: in its home, or in a runtime folder where that path is too long.

The node decides once and announces the path in the lock file (node/home/lock.py), so that a client
with another environment finds it all the same.
"""

import hashlib
import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from node.errors import SocketPathTooLong
from node.home.layout import Home
from node.limits import socket_path_size_bytes_max


def choose_socket_path(home: Home, environment: Mapping[str, str]) -> Path:
    """The path for this home's socket: `node.sock` in it, else one named by the home's hash.

    A runtime folder is made for this user alone. Raises SocketPathTooLong when none will do.
    """
    if _fits(home.socket):
        return home.socket
    name = hashlib.sha256(os.fsencode(home.path)).hexdigest()[:16] + ".sock"
    runtime = environment.get("XDG_RUNTIME_DIR")
    candidates = [Path(runtime) / "satchel"] if runtime else []
    candidates += [
        Path(folder) / f"satchel-{os.geteuid()}"
        for folder in (tempfile.gettempdir(), "/tmp")  # noqa: S108 (checked below to be ours alone)
    ]
    for folder in candidates:
        if folder.is_absolute() and _fits(folder / name) and _make_private(folder):
            return folder / name
    raise SocketPathTooLong(home.path)


def _fits(path: Path) -> bool:
    return len(os.fsencode(path)) <= socket_path_size_bytes_max


def _make_private(folder: Path) -> bool:
    """Make the folder if need be; whether it is this user's own and closed to all others."""
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    )
