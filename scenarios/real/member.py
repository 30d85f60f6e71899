"""A member of a scenario that is a process of its own; power is SIGKILL, its disk a real folder."""

import contextlib
import os
import random
import resource
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, cast

from node.application.node import Node
from node.application.starting import make_node
from node.client import ClientError, NodeRefused
from node.home.creation import begin_home
from node.home.layout import Home
from node.keystore.secrets import NodeKind
from scenarios.engine.clock import MemberClock
from scenarios.engine.errors import MemberDown
from scenarios.engine.looking import Resource
from scenarios.engine.member import CHEAP, PASSPHRASE, HostileInterface, Member
from scenarios.engine.power import PowerLost
from scenarios.real.hands import give
from scenarios.real.process import ServedNode
from scenarios.real.remote_node import RemoteNode
from sync.identifiers import DeviceKey

_KILL_SECONDS: Final = 0.002
"""For each write after which a disk would crash, so long after an act begins its process dies."""


class RealMember(Member):
    """Asked over its socket; `as_it_lies` opens its home in this process at the end."""

    def __init__(
        self,
        name: str,
        place: str,
        kind: NodeKind,
        folder: Path,
        clock: MemberClock,
        time_files: tuple[Path, Path],
    ) -> None:
        """Nothing runs yet."""
        super().__init__(name, place, kind, folder / "home", clock, random.Random(name))
        self._folder = folder
        self._hands = folder / "hands"
        self._time_files = time_files
        self._served: ServedNode | None = None
        self._remote: RemoteNode | None = None
        self._dies_after_seconds: float | None = None
        self.disk = _RealDisk(self)

    def create(self, network: object) -> None:
        """Make the home as `satchel init` does, and start its process."""
        assert network is None, "real processes have no registry in these runs"
        self._passphrase = self._folder / "passphrase"
        self._passphrase.touch(mode=0o600)
        self._passphrase.write_bytes(PASSPHRASE)
        with begin_home(self.home) as creation:
            made = make_node(
                creation, self.name, self.kind, PASSPHRASE, clock=self.clock, cost=CHEAP
            )
            creation.finish()
        words = made["recovery_words"]
        assert isinstance(words, list)
        self.recovery = tuple(words)
        self.start()
        self.identity = self.remote.identity()
        self.device = cast("DeviceKey", str(self.identity["did"]))

    def fall_to(self, kinds: Sequence[str], _make: Callable[[], HostileInterface]) -> None:
        """See `Member.fall_to`: its process is told, and makes them itself."""
        give(self._hands, "+".join(kinds), self.name)

    @property
    def remote(self) -> RemoteNode:
        """The node over its socket. Raises MemberDown while it is off."""
        if self._remote is None:
            raise MemberDown(self.name)
        return self._remote

    @property
    def running(self) -> Node:
        """The node, with the acts that care and incidents ask."""
        return cast("Node", self.remote)

    @property
    def served(self) -> ServedNode:
        """The process. Raises MemberDown while it is off."""
        if self._served is None:
            raise MemberDown(self.name)
        return self._served

    @property
    def up(self) -> bool:
        """Whether its process runs."""
        return self._served is not None

    def start(self) -> None:
        """Start its process."""
        log = self._folder / "log.txt"
        files = (*self._time_files, self._hands)
        self._served = ServedNode(self.name, self.home, self._passphrase, log, files)
        self._remote = RemoteNode(self._served.client)

    def stop(self) -> None:
        """End its process in order."""
        served, self._served, self._remote = self.served, None, None
        served.stop()

    def lose_power(self) -> object:
        """Kill its process."""
        served, self._served, self._remote = self.served, None, None
        served.kill()
        self.loss = "killed"
        return self.loss

    def dies_in_next_act(self, writes: int) -> None:
        """Let its process be killed soon after its next act begins; 0: let it live."""
        self._dies_after_seconds = writes * _KILL_SECONDS if writes else None

    @contextlib.contextmanager
    def working(self) -> Iterator[Node]:
        """See `Member.working`; the client's errors become those of a node in this process."""
        served, after = self.served, self._dies_after_seconds
        killer = None if after is None else threading.Timer(after, served.kill)
        self._dies_after_seconds = None
        if killer is not None:
            killer.start()
        try:
            yield self.running
        except NodeRefused:
            raise
        except ClientError:
            if killer is not None:
                killer.join()
            if served.alive:
                raise
            self._gone(served)
            raise PowerLost from None
        finally:
            if killer is not None:
                killer.join()
        if not served.alive and self._served is served:
            self._gone(served)

    def _gone(self, served: ServedNode) -> None:
        if self._served is served:
            self._served, self._remote = None, None
            self.loss = "killed in an act"
            self.on_power_lost()

    # -- what it shows

    def chart_of(self, kind: str, identity: str) -> str | None:
        """See `Member.chart_of`."""
        for line in self.remote.charts():
            for one in self.remote.resources(line["chart"]):
                if (one["resourceType"], one["id"]) == (kind, identity):
                    return str(line["chart"])
        return None

    def shown(self, chart: str, kind: str, identity: str) -> Resource | None:
        """See `Member.shown`."""
        if not self.holds(chart):
            return None
        for one in self.remote.resources(chart):
            if (one["resourceType"], one["id"]) == (kind, identity):
                return one
        return None

    def may_write(self, chart: str) -> bool:
        """See `Member.may_write`: whether it holds the chart; a refusal is noted as one."""
        return self.holds(chart) and self.kind is NodeKind.CLINIC

    def holds(self, chart: str) -> bool:
        """See `Member.holds`."""
        return any(line["chart"] == chart for line in self.remote.charts())

    def remove(self) -> None:
        """End its process, if it runs."""
        if self._served is not None:
            self.stop()

    def as_it_lies(self) -> Member:
        """Its home, opened in this process by production code, to be judged."""
        lying = Member(self.name, self.place, self.kind, self.home, self.clock, _System())
        lying.start()
        lying.device = lying.running.context.identity.device
        lying.recovery = self.recovery
        return lying


class _System(random.Random):
    """The system's randomness, for homes that real processes made."""

    def randbytes(self, n: int) -> bytes:
        """From the system."""
        return os.urandom(n)


class _RealDisk:
    """A real folder: full by a limit on the process's files, rolled back by a copy."""

    def __init__(self, member: RealMember) -> None:
        self._member = member

    def watch(self, database: object) -> None:
        """There is nothing to follow: the disk is real."""

    def attach(self, node: Node) -> None:
        """Nor anything to know."""

    def detach(self) -> None:
        """Nor to let go."""

    def lose_power(self) -> object:
        """See `RealMember.lose_power`."""
        return None

    def crash_at(self, write: int) -> None:
        """See `RealMember.dies_in_next_act`."""
        self._member.dies_in_next_act(write)

    def fill(self) -> None:
        """Let no file of the process grow."""
        if self._member.up:
            size = max(
                path.stat().st_size for path in self._member.home.rglob("*") if path.is_file()
            )
            _limit_files(self._member.served.pid, size)

    def make_room(self) -> None:
        """Let files grow again."""
        if self._member.up:
            _limit_files(self._member.served.pid, resource.RLIM_INFINITY)

    def save_image(self) -> Any:
        """A copy of the home, as of a machine that was stopped for it."""
        member = self._member
        was_up = member.up
        if was_up:
            member.stop()
        image = member.home.with_name("image")
        shutil.rmtree(image, ignore_errors=True)
        shutil.copytree(member.home, image)
        if was_up:
            member.start()
        return image

    def put_back(self, image: Any) -> None:
        """Put the copy in the home's place."""
        lock = Home(self._member.home).path
        shutil.rmtree(lock)
        shutil.copytree(image, lock)


def _limit_files(pid: int, size_bytes: int) -> None:
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, hard))
