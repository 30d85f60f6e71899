"""What every act needs: keys, store, clock, randomness, registry; made when a node opens."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from node.keystore.identity import Identity
from node.keystore.recovery import Root
from node.keystore.secrets import GROUP_NAMES, newest_generation
from node.randomness import Randomness
from node.registry.registry import Registry
from node.store.store import Store
from sync.acts import Notice
from sync.certificate import Certificate, certify
from sync.chart.place import Pen
from sync.identifiers import InstanceId, draw_instance, hashed
from sync.limits import clock_doubt_milliseconds
from sync.roster import Roster, RosterDevice, RosterGroup, parse_roster, sign_roster
from sync.sealing import Opener

if TYPE_CHECKING:
    from node.registry.network import Network

Clock = Callable[[], int]
"""Milliseconds since 1970."""

FOLD_VERSION = b"2"
"""Goes up when the rules are read otherwise: then what folds said before is found anew."""

SEEN_EVERY_MILLISECONDS = 60_000
"""How often the time is noted durably, so that a clock set back is noticed."""


def system_clock() -> int:
    """The machine's wall clock: what every real node uses."""
    return time.time_ns() // 1_000_000


@dataclass
class Context:
    """A running node's means. Its repr shows the device only."""

    identity: Identity
    store: Store
    registry: Registry
    instance: InstanceId
    clock: Clock
    random: Randomness
    seconds: Callable[[], float] = time.monotonic
    """Seconds since some moment, never set back: how long an act takes is told by it."""

    def __repr__(self) -> str:
        """Show the device only."""
        return f"Context({self.identity!r})"

    @cached_property
    def roster(self) -> Roster:
        """This organisation's roster statement: all its devices, each in every group.

        On a device that another took in, the statement that did so.
        """
        identity = self.identity
        known = identity.secrets.devices
        if known.statement is not None:
            return parse_roster(known.statement)
        own = RosterDevice(
            identity.device,
            identity.sealing_key,
            identity.sealing_key_signature,
            identity.belonging,
        )
        devices = (own, *(other.device for other in known.others))
        groups = [
            RosterGroup(
                name,
                generation,
                identity.group_opener(name, generation).public,
                (
                    identity.device,
                    *(one.device.key for one in known.others if one.generation == generation),
                ),
            )
            for name in GROUP_NAMES
            for generation in (newest_generation(identity.secrets, name),)
        ]
        keys = identity.secrets.succession
        return sign_roster(
            identity.secrets.organisation_secret if keys is None else keys.secret,
            0 if keys is None else keys.number,
            None if keys is None else keys.previous,
            devices,
            tuple(groups),
            (identity.owner.public, *(other.practitioner for other in known.others)),
            () if keys is None else keys.pledges,
            identity.organisation,
        )

    @cached_property
    def openers(self) -> tuple[Opener, ...]:
        """Every private key that boxes for this node may be sealed to."""
        groups = (
            self.identity.group_opener(name, generation)
            for name, generation in self.identity.secrets.group_secrets
        )
        return (self.identity.opener, *groups)

    @property
    def network(self) -> "Network | None":
        """The network that this home was made for, or None."""
        return self.registry.network

    def ground(self) -> bytes:
        """What folds depend on beside a chart's operations and keys."""
        openers = sorted(opener.public for opener in self.openers)
        return hashed("fold-ground", FOLD_VERSION, self.registry.fingerprint or b"", *openers)

    def notice_valid(self, fingerprint: bytes | None, notice: Notice) -> bool:
        """Whether the registry proves a notice; without a shared registry nothing does."""
        return self.registry.notice_valid(fingerprint, notice)

    def pen(self) -> Pen:
        """What to write with now; the owner's session certificate is renewed when it ran out.

        A clock that was set far back since the last time begins a new instance: its stamps
        would run behind those that this one has given (DESIGN section 4).
        """
        now = self.clock()
        own = self.store.own_instances
        latest = own.latest_milliseconds() or 0
        with self.store.transaction():
            if now + clock_doubt_milliseconds < latest:
                self.begin_instance()
            elif now > latest + SEEN_EVERY_MILLISECONDS:
                own.see_time(now)
        return Pen(
            signer=self.identity.signer,
            instance=self.instance,
            certificate=self._certificate(),
            now_milliseconds=now,
            random=self.random,
            registry=self.registry.anchor(),
        )

    def begin_instance(self) -> None:
        """Write as a new instance from now on, within the caller's transaction."""
        self.instance = draw_instance(self.identity.device, self.random(8))
        self.store.own_instances.begin(self.instance, self.clock())

    def root_pen(self, root: Root) -> Pen:
        """What the root writes with, from its paper: for one command, as an instance of its own."""
        return Pen(
            signer=root.signer,
            instance=draw_instance(root.signer.public, self.random(8)),
            certificate=None,
            now_milliseconds=self.clock(),
            random=self.random,
        )

    def _certificate(self) -> Certificate:
        now = self.clock()
        owner = self.identity.owner
        held = self.store.certificates.current(owner.public, self.instance, now)
        if held is not None:
            return held
        fresh = certify(owner, self.identity.device, self.instance, now)
        with self.store.transaction():
            self.store.certificates.add(fresh)
        return fresh
