"""The instance token: tells a store in its own folder from a copy or a restored backup.

The token is a hash of random bytes in a file of the home, of that file's number on its disk, and of
the time at which the disk last changed what it knows of it (numbers are used again, and no copying
sets that time). The store keeps the token it was made with. A folder that was copied, or a database
put back without the file beside it, gives another token, and the node starts a new instance: it
never writes a second operation at a place in a log where it has written one (DESIGN section 4).
A disk put back whole cannot be told so; then a peer that knows more tells (node/application).
"""

import os

from node.home.layout import Home
from node.home.replace import replace_file
from node.randomness import Randomness
from sync.identifiers import hashed

_RANDOM_SIZE_BYTES = 32


def read_instance_token(home: Home) -> bytes | None:
    """The 32-byte token of this home as it lies here, or None where there is none."""
    try:
        descriptor = os.open(home.instance_token, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as file:  # noqa: PTH123 (a descriptor)
        status = os.fstat(descriptor)
        content = file.read(_RANDOM_SIZE_BYTES + 1)
    if len(content) != _RANDOM_SIZE_BYTES:
        return None
    place = status.st_ino.to_bytes(8, "big") + status.st_ctime_ns.to_bytes(16, "big", signed=True)
    return hashed("instance-token", place, content)


def renew_instance_token(home: Home, randomness: Randomness) -> bytes:
    """Make a new token, durably, and return it for the store to keep.

    A crash before the store keeps it costs a new instance at the next start, and nothing else.
    """
    replace_file(home.instance_token, randomness(_RANDOM_SIZE_BYTES))
    token = read_instance_token(home)
    if token is None:
        raise FileNotFoundError(f"{home.instance_token} was removed while it was written")
    return token
