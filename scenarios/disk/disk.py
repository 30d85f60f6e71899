"""The disk of a member: what it keeps when the power goes, when it is full, when it is put back.

`scenarios.engine.member` and the faults of `scenarios.world` use it. What lasts is what
production's own settings promise, read from each store that is followed; the simulator may then
tell SQLite not to wait (`synchronous = OFF`): what a real disk would have kept is worked out here.
"""

import random
from pathlib import Path

from node.application.node import Node
from node.home.instance_token import read_instance_token
from node.home.layout import Home
from node.store.database import Database
from node.store.store import open_store
from scenarios.disk.image import Image, put_back, save_image
from scenarios.disk.injector import Injector, Moment, log_of
from scenarios.disk.log_index import NO_LOG, LogIndex, Promise, pages_of, read_log_index
from scenarios.disk.loss import Loss
from scenarios.disk.small_files import SmallFiles
from scenarios.disk.tearing import torn, torn_page


class Disk:
    """What one home lies on."""

    def __init__(self, home: Path, draws: random.Random) -> None:
        """A disk with room. `draws` decides what is lost; nothing else here is by chance."""
        self._home = Home(home)
        self._draws = draws
        self._injector = Injector(draws, self.detach)
        self._files = SmallFiles(home, draws, self._injector)
        self._database: Database | None = None
        self._promise = Promise.FULL
        self._found = NO_LOG
        """The log when the store was opened: what a power cut left lasts."""
        self._key = b""
        self._images = 0

    def __repr__(self) -> str:
        """Show whose it is."""
        return f"<disk of {self._home.path.name}>"

    # -- following a node

    def watch(self, database: Database) -> None:
        """Follow a store from when it was opened; `attach` does, where nothing did before."""
        self._database = database
        self._promise = Promise(database.value("PRAGMA synchronous"))
        self._found = read_log_index(database.path)
        self._injector.follow(database)
        self._files.follow()

    def attach(self, node: Node) -> None:
        """Follow the store of a node that was opened."""
        if self._database is not node.context.store.database:
            self.watch(node.context.store.database)
        self._key = node._keystore.secrets.store_key

    def detach(self) -> None:
        """Follow no more: the node was closed in order, or the run is over."""
        self._database = None
        self._injector.forget()
        self._files.leave()

    @property
    def written(self) -> int:
        """Writes since the store was opened, as `crash_at` counts them."""
        return self._injector.written

    # -- power

    def crash_at(self, write: int, *, commits_only: bool = False) -> None:
        """Raise PowerLost at the n-th write from here: a statement, or a small file's. 0: at none.

        At a commit or checkpoint, chance says where in it; `commits_only` counts only those.
        """
        self._injector.crash_at(write, commits_only=commits_only)

    def lose_power(self) -> Loss:
        """End the store as a power cut does, and leave in the home what the disk kept."""
        database = self._database
        if database is None:
            raise ValueError("a disk loses nothing while no store is followed")
        injector = self._injector
        self._files.leave()
        index, log = read_log_index(database.path), log_of(database.path)
        database.connection.interrupt()  # or closing it would move the log into the database
        database.connection.close()
        self._database = None
        loss = self._leave(database.path, index, log, injector.moment, injector.emptied)
        injector.forget()
        return loss

    def _leave(
        self,
        store: Path,
        index: LogIndex,
        log: bytes,
        moment: Moment | None,
        emptied: bytes | None,
    ) -> Loss:
        """Write what is left of the log, the database, the index and the small files."""
        before, begin, moving = self._flushed(index, moment)
        pages = self._tear_pages(store, log, index) if moving else 0
        if emptied is not None and not log and self._draws.random() < 0.5:
            left, kept, tail = emptied, 0, "the log is back that was emptied"
        else:
            left, kept, tail = torn(before, log, begin, self._draws)
        if log or left:
            store.with_name(store.name + "-wal").write_bytes(left)
        self._scramble_index(store)
        return Loss(
            "between writes" if moment is None else f"{moment.where} {moment.statement}",
            len(log),
            begin,
            kept,
            tail,
            pages,
            tuple(self._files.lose_power()),
        )

    def _flushed(self, index: LogIndex, moment: Moment | None) -> tuple[bytes, int, bool]:
        """The log's bytes before, how far it is flushed, and whether pages were being moved."""
        unflushed = self._promise is Promise.OFF
        if moment is None or moment.index is None:
            return b"", self._durable(index), unflushed and index.moved > 0
        same = index.generation == moment.index.generation
        moved = index.moved > (moment.index.moved if same else 0)
        moving = moment.where == "moving" or (moment.where == "during" and moved)
        if moment.statement == "checkpoint":
            moving = moment.where == "during"
        if unflushed:
            begin = 0
        elif moving or moved:
            begin = index.size_bytes  # flushed before anything is moved out of it
        elif moment.where == "during":
            begin = self._durable(moment.index) if same else 0
        else:
            begin = self._durable(index)
        return moment.log, begin, moving or (unflushed and index.moved > 0)

    def _durable(self, index: LogIndex) -> int:
        """How much of a log no power cut touches."""
        found = self._found.size_bytes if index.generation == self._found.generation else 0
        return max(found, index.durable_bytes(self._promise))

    def _tear_pages(self, store: Path, log: bytes, index: LogIndex) -> int:
        """Let some of the pages that the log has be written over in the database, or by half."""
        count = 0
        with store.open("r+b") as file:
            for number, content in sorted(pages_of(log, index).items()):
                if self._draws.random() < 0.5:
                    continue
                at = (number - 1) * index.page_bytes
                file.seek(at)
                before = file.read(index.page_bytes)
                file.seek(at)
                file.write(torn_page(before, content, self._draws))
                count += 1
        return count

    def _scramble_index(self, store: Path) -> None:
        """The index of the log is never flushed: it may be anything."""
        path = store.with_name(store.name + "-shm")
        match self._draws.choice(("gone", "old", "noise")):
            case "gone":
                path.unlink(missing_ok=True)
            case "noise":
                path.write_bytes(self._draws.randbytes(32768))

    # -- room

    def fill(self) -> None:
        """Have no room from here on, until `make_room`, in whatever store is followed."""
        self._injector.fill()

    def make_room(self) -> None:
        """Have room again."""
        self._injector.make_room()

    # -- images

    def save_image(self) -> Image:
        """Copy everything that is on the disk, the node running or not."""
        self._images += 1
        home = self._home.path
        return save_image(home, home.with_name(f"{home.name}.image-{self._images}"))

    def put_back(self, image: object, *, whole: bool = True) -> None:
        """Be as an image is; the node is off. It can be put back again later.

        `whole` is an image of the disk, in which every file has the number and times that it had:
        a node cannot tell. Else it is a copy of the files without the instance token; that one
        stays, as when a backup of the store is put back.
        """
        if not isinstance(image, Image) or self._database is not None:
            raise ValueError("an image is put back under a node that is off")
        token = self._home.instance_token.name
        put_back(image, self._home.path, frozenset() if whole else frozenset({token}))
        if whole:
            self._settle_token()

    def _settle_token(self) -> None:
        """Let the store know its token's file as it lies now: no copy keeps number and times."""
        token = read_instance_token(self._home)
        if token is not None:
            with open_store(self._home.store, self._key) as store:
                store.own_instances.keep_token(token)
