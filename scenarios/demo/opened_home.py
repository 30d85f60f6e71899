"""What whoever holds a node's home and passphrase can get out of it; for the checks, on a copy."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from node.home.layout import Home
from node.keystore.identity import Identity
from node.keystore.keystore import Keystore
from node.randomness import system_randomness
from node.store.database import Database
from node.store.store import Store, open_store
from sync.act_codec import parse_deed
from sync.acts import Box, Keys, Rekey
from sync.body import open_body
from sync.errors import BodyError, EpochKeyError
from sync.identifiers import EpochKey
from sync.operation import Operation
from sync.sealing import Opener


@dataclass(frozen=True, repr=False)
class OpenedHome:
    """All that a home gives away to its own passphrase."""

    values: tuple[bytes, ...]
    """Every value of every table, indexes of words included."""
    operations: tuple[Operation, ...]
    keys: tuple[EpochKey, ...]
    """Of epochs, of every lane of every chart."""
    openers: tuple[Opener, ...]
    """The private keys that boxes may be sealed to: the device's, the groups'."""


def open_home_copy(home: Home, passphrase: Path) -> OpenedHome:
    """Open a copy of a home whose node is not running. Raises what keystore and store raise."""
    secret = passphrase.read_bytes().rstrip(b"\n")
    keystore = Keystore.open(home.keystore, secret, system_randomness)
    with tempfile.TemporaryDirectory(prefix="satchel opened ") as folder:
        copy = Home(Path(folder))
        for path in (home.store, *home.store_companions):
            if path.exists():
                shutil.copy(path, folder)
        with open_store(copy.store, keystore.secrets.store_key) as store:
            return OpenedHome(
                values=tuple(_values(store.database)),
                operations=tuple(_operations(store)),
                keys=tuple(_keys(store)),
                openers=_openers(Identity(keystore.secrets)),
            )


def opened_bodies(
    operations: Iterable[Operation], keys: Iterable[EpochKey]
) -> Iterator[tuple[Operation, bytes]]:
    """The operations that any of the keys opens, whatever epoch they name, with their content."""
    tried = tuple(keys)
    for operation in operations:
        for key in tried:
            content = _opened(operation, key)
            if content is not None:
                yield operation, content
                break


def boxes_in(contents: Iterable[bytes]) -> Iterator[Box]:
    """Every boxed epoch key in what was opened of access lanes."""
    for content in contents:
        try:
            deed = parse_deed(content)
        except BodyError:
            continue
        for act in deed.acts:
            if isinstance(act, Rekey):
                yield from act.boxes
            elif isinstance(act, Keys):
                yield act.box


def keys_from(boxes: Iterable[Box], openers: Iterable[Opener]) -> Iterator[EpochKey]:
    """What the openers get out of the boxes, whomever those name."""
    tried = tuple(openers)
    for box in boxes:
        for opener in tried:
            try:
                yield EpochKey(opener.open(box.sealed))
            except EpochKeyError:
                continue


def _opened(operation: Operation, key: EpochKey) -> bytes | None:
    if operation.body is None:
        return None
    try:
        return open_body(operation.body, key, operation.prefix.encoded())
    except BodyError:
        return None


def _values(database: Database) -> Iterator[bytes]:
    tables = database.rows("SELECT name FROM sqlite_schema WHERE type = 'table'")
    for (table,) in tables:
        for row in database.rows(f'SELECT * FROM "{table}"'):  # noqa: S608 (the schema's own name)
            for value in row:
                if isinstance(value, str):
                    yield value.encode(errors="surrogatepass")
                elif isinstance(value, bytes):
                    yield value


def _operations(store: Store) -> Iterator[Operation]:
    for held in store.charts.all():
        yield from store.operations.of_chart(held.chart)


def _keys(store: Store) -> Iterator[EpochKey]:
    for held in store.charts.all():
        yield from (key.key for key in store.epoch_keys.of_chart(held.chart))


def _openers(identity: Identity) -> tuple[Opener, ...]:
    groups = identity.secrets.group_secrets
    return (identity.opener, *(identity.group_opener(name, number) for name, number in groups))
