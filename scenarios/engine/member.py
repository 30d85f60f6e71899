"""One node of a simulation: the production code over a home of its own, on or off."""

import contextlib
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from node.application.node import Node
from node.application.starting import make_node, open_node
from node.errors import StorageFailed
from node.home.creation import begin_home, open_home
from node.keystore.keystore import PassphraseCost
from node.keystore.secrets import NodeKind
from node.replicator.interface import Session
from node.store.database import Database
from scenarios.engine import looking
from scenarios.engine.clock import MemberClock
from scenarios.engine.errors import MemberDown
from scenarios.engine.power import PowerLost
from sync.identifiers import DeviceKey, chart_text

if TYPE_CHECKING:
    from node.registry.network import Network

T = TypeVar("T")

PASSPHRASE: Final = b"the passphrase of a simulated node"
CHEAP: Final = PassphraseCost(1, 8192)


class DiskInterface(Protocol):
    """What a member needs of its disk; `scenarios.disk` implements it."""

    def watch(self, database: Database) -> None:
        """Follow a store from when it is opened."""

    def attach(self, node: Node) -> None:
        """Know the node of the store that is followed."""

    def detach(self) -> None:
        """Follow no more: the node was closed in order, or the run is over."""

    def lose_power(self) -> object:
        """Leave in the home what a disk keeps; the store is closed as a process dies."""

    def crash_at(self, write: int) -> None:
        """Raise PowerLost at the n-th write from here; 0: at none."""

    def fill(self) -> None:
        """Have no room from here on."""

    def make_room(self) -> None:
        """Have room again."""

    def save_image(self) -> object:
        """Everything that is on the disk."""

    def put_back(self, image: object) -> None:
        """Be as it was when an image was saved; the node is off."""


class HostileInterface(Protocol):
    """What a member needs of a hostile hand; `scenarios.malice` implements it."""

    def session(self, peer: DeviceKey, *, initiator: bool) -> Session:
        """Its side of a session."""


class Member:
    """A node, its home, its clock and its disk."""

    def __init__(
        self,
        name: str,
        place: str,
        kind: NodeKind,
        folder: Path,
        clock: MemberClock,
        draws: random.Random,
        disk: DiskInterface | None = None,
    ) -> None:
        """Nothing is made yet; `create` makes the home."""
        self.name = name
        self.place = place
        self.kind = kind
        self.home = folder
        self.clock = clock
        self.disk = disk
        self.node: Node | None = None
        self.recovery: tuple[str, ...] = ()
        self.hostile: HostileInterface | None = None
        """Who has it in hand, where that is nobody who keeps to the rules."""
        self.sessions = 0
        """How many sessions are under way."""
        self.loss: object = None
        """What the disk lost when the power went last."""
        self.off_milliseconds = 600_000
        """How long it stays off when its power goes in the middle of a write."""
        self.on_power_lost: Callable[[], None] = lambda: None
        self._random = draws.randbytes

    def __repr__(self) -> str:
        """Show the name."""
        return f"<member {self.name}>"

    def create(self, network: "Network | None") -> None:
        """Make the home, and open it."""
        with begin_home(self.home) as creation:
            made = make_node(
                creation,
                self.name,
                self.kind,
                PASSPHRASE,
                clock=self.clock,
                random=self._random,
                cost=CHEAP,
                network=network,
            )
            creation.finish()
        words = made["recovery_words"]
        assert isinstance(words, list)
        self.recovery = tuple(words)
        self.start()
        self.device: DeviceKey = self.running.context.identity.device

    @property
    def running(self) -> Node:
        """The node. Raises MemberDown while it is off."""
        if self.node is None:
            raise MemberDown(self.name)
        return self.node

    @property
    def up(self) -> bool:
        """Whether it is on."""
        return self.node is not None

    def start(self) -> None:
        """Open what the home holds."""
        try:
            self.node = open_node(
                open_home(self.home),
                PASSPHRASE,
                clock=self.clock,
                random=self._random,
                watch=self._watch,
            )
        except (OSError, StorageFailed):  # no room; of a power cut the disk has still to know
            if self.disk is not None:
                self.disk.detach()
            raise
        self.node.context.seconds = lambda: self.clock() / 1000
        if self.disk is not None:
            self.disk.attach(self.node)

    def _watch(self, database: Database) -> None:
        if self.disk is not None:
            self.disk.watch(database)
        # What a disk keeps is modelled; waiting for the real one would be most of a run.
        database.rows("PRAGMA synchronous = OFF")

    def stop(self) -> None:
        """Close it as `satchel serve` does at the end."""
        self.running.close()
        self.node = None
        if self.disk is not None:
            self.disk.detach()

    def lose_power(self) -> object:
        """End it in the middle of whatever it does; the disk decides what is left."""
        node, self.node = self.running, None
        if self.disk is None:
            node.context.store.database.connection.close()
            return None
        self.loss = self.disk.lose_power()
        return self.loss

    def chart_of(self, kind: str, identity: str) -> str | None:
        """The chart in which its own organisation's resource is."""
        found = looking.chart_of(self.running, kind, identity)
        return None if found is None else chart_text(found)

    def shown(self, chart: str, kind: str, identity: str) -> looking.Resource | None:
        """A resource as it shows it now; None for one that it does not hold or cannot read."""
        return looking.shown(self.running, chart, kind, identity)

    def may_write(self, chart: str) -> bool:
        """Whether it holds a chart and may add to it."""
        return looking.may_write(self.running, chart)

    def holds(self, chart: str) -> bool:
        """Whether it holds a chart."""
        return looking.holds(self.running, chart)

    def session(self, peer: DeviceKey, *, initiator: bool) -> Session:
        """Its side of a session; a hostile member's is replaced."""
        node = self.running
        if self.hostile is not None:
            return self.hostile.session(peer, initiator=initiator)
        return node.session(peer, initiator=initiator)

    def fall_to(self, _kinds: Sequence[str], make: Callable[[], HostileInterface]) -> None:
        """Be in hostile hands of these kinds from now on; `make` makes them."""
        self.hostile = make()

    def settle(self) -> None:
        """What a node does after each session."""
        self.running.settle()

    @contextlib.contextmanager
    def working(self) -> Iterator[Node]:
        """Within, the node works; where its power goes meanwhile it is off, and that is raised.

        Raises MemberDown, PowerLost.
        """
        node = self.running
        try:
            yield node
        except PowerLost:
            if self.node is node:
                self.lose_power()
                self.on_power_lost()
            raise

    def remove(self) -> None:
        """Close what is open, at the end of a run."""
        if self.node is not None:
            self.node.context.store.database.connection.close()
            self.node = None
        if self.disk is not None:
            self.disk.detach()
