"""A file of snapshots: what `registry snapshot save` writes and `verify` reads, without any chain.

file = [1, [snapshot …]]        each as bytes of its own (snapshot.py)
"""

from collections.abc import Sequence
from typing import Final

from node.registry.errors import SnapshotInvalid
from node.registry.limits import snapshot_file_size_bytes_max, snapshots_per_file_max
from node.registry.snapshot import Snapshot, decode_snapshot
from sync import codec
from sync.errors import CodecError

_VERSION: Final = 1


def encode_snapshot_file(snapshots: Sequence[Snapshot]) -> bytes:
    """The file. Raises SnapshotInvalid where it would be too large for who reads it."""
    data = codec.encode([_VERSION, [snapshot.encode() for snapshot in snapshots]])
    if len(data) > snapshot_file_size_bytes_max or len(snapshots) > snapshots_per_file_max:
        raise SnapshotInvalid("there is more of it than a file may hold")
    return data


def decode_snapshot_file(data: bytes) -> list[Snapshot]:
    """The snapshots in a file, none of them verified yet. Raises SnapshotInvalid."""
    if len(data) > snapshot_file_size_bytes_max:
        raise SnapshotInvalid(f"the file is larger than {snapshot_file_size_bytes_max} bytes")
    try:
        version, encoded = codec.fields(codec.decode(data), 2, "file")
        if not codec.is_number(version, _VERSION):
            raise CodecError("its version is another")
        listed = [
            codec.octets(one, None, "snapshot")
            for one in codec.items(encoded, "snapshots", snapshots_per_file_max)
        ]
    except CodecError as error:
        raise SnapshotInvalid(str(error)) from error
    return [decode_snapshot(one) for one in listed]
