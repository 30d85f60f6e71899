"""What a first sync is compared with: the bare stream, and the bare database; for `first_sync`."""

import secrets
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import trio

from node.home.layout import Home
from node.keystore.keystore import Keystore
from node.randomness import system_randomness
from node.store.database import create_database
from node.store.store import open_store
from node.transport.interface import Stream
from node.transport.opening import libp2p_transport

_FRAME_SIZE_BYTES: Final = 256 * 1024
_BATCH: Final = 1000
_LISTEN: Final = "/ip4/127.0.0.1/tcp/0"


def bodies_of(home: Home, passphrase: bytes) -> list[bytes]:
    """The ciphertexts of a store, in the order of the charts."""
    keystore = Keystore.open(home.keystore, passphrase, system_randomness)
    with open_store(home.store, keystore.secrets.store_key) as store:
        rows = store.database.rows("SELECT body FROM bodies ORDER BY row")
    return [body for (body,) in rows]


def plain_insert_seconds(bodies: Sequence[bytes], file: Path) -> float:
    """Put bodies into an SQLite file that nothing protects."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE bodies (row INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    began = time.perf_counter()
    for batch in _batches(bodies):
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO bodies (body) VALUES (?)", batch)
        connection.execute("COMMIT")
    seconds = time.perf_counter() - began
    connection.close()
    return seconds


def sealed_insert_seconds(bodies: Sequence[bytes], file: Path) -> float:
    """Put bodies into an SQLCipher file as the store opens it."""
    database = create_database(file, secrets.token_bytes(32))
    database.write("CREATE TABLE bodies (row INTEGER PRIMARY KEY, body BLOB NOT NULL)")
    began = time.perf_counter()
    for batch in _batches(bodies):
        database.write_many("INSERT INTO bodies (body) VALUES (?)", batch)
    seconds = time.perf_counter() - began
    database.close()
    return seconds


def _batches(bodies: Sequence[bytes]) -> Iterator[list[tuple[bytes]]]:
    for start in range(0, len(bodies), _BATCH):
        yield [(body,) for body in bodies[start : start + _BATCH]]


def stream_seconds(size_bytes: int) -> float:
    """Move so many bytes to another process over libp2p, until it says that it has them."""
    command = [sys.executable, "-m", __name__]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as receiver:
        assert receiver.stdout is not None
        assert receiver.stdin is not None
        address = receiver.stdout.readline().decode().strip()
        try:
            return trio.run(_send, address, size_bytes)
        finally:
            receiver.stdin.close()


async def _send(address: str, size_bytes: int) -> float:
    async with libp2p_transport(secrets.token_bytes(32)) as transport:
        stream = await transport.dial(address)
        began = time.perf_counter()
        frame = secrets.token_bytes(_FRAME_SIZE_BYTES)
        for _ in range(max(1, size_bytes // _FRAME_SIZE_BYTES)):
            await stream.write_frame(frame)
        await stream.finish()
        assert await stream.read_frame() == b"all"
        seconds = time.perf_counter() - began
        await stream.close()
        return seconds


async def _receive() -> None:
    async def take(stream: Stream) -> None:
        while await stream.read_frame() is not None:
            pass
        await stream.write_frame(b"all")
        await stream.finish()

    async with libp2p_transport(secrets.token_bytes(32), [_LISTEN]) as transport:
        transport.handle(take)
        sys.stdout.write(transport.addresses()[0] + "\n")
        sys.stdout.flush()
        await trio.to_thread.run_sync(sys.stdin.buffer.read)


if __name__ == "__main__":
    trio.run(_receive)
