"""The chain of a simulated disaster, as everybody in it meets it: its acts, its faults, visits.

A visit is what `registry sync` does, by production's code, over a ground in this process; outages,
reorganisations and lies lie between. Everything is in the simulation's time, on one thread.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from contracts.development_accounts import development_accounts
from contracts.loader import Name
from contracts.packing import Kind, Organisation, OrganisationState
from contracts.typed_data import address_of, sign
from node.application.node import Node
from node.registry import signed_calls
from node.registry.chain import Chain, Provider
from node.registry.checkpoint import (
    Checkpoint,
    checkpoint_text,
    combine_checkpoints,
    sign_checkpoint,
)
from node.registry.errors import RegistryError
from node.registry.intent import Intent
from node.registry.network import Network
from node.registry.shared_registry import SharedRegistry
from node.registry.subjects import organisation_key
from scenarios.registry.errors import ChainActRefused
from scenarios.registry.ground import MEMBERS_ENOUGH, SIGNERS_ENOUGH, Call, Founding, Ground
from scenarios.registry.lying import Liar, Lie
from sync.identifiers import DeviceKey, OrganisationAddress

NAME: Final = "the simulated chain"
UNREACHABLE: Final = "ChainUnreachable"
_URL: Final = "http://chain.invalid"
_ROLES: Final = 1
_ACCREDIT, _SUSPEND, _DISASTER = 1, 2, 6
_ACTIONS_MAX: Final = 16
_YEAR_SECONDS: Final = 366 * 86_400
_ACCOUNT: Final = 9
"""The development account that pays for what the simulation does itself."""


@dataclass(frozen=True)
class Visit:
    """What came of one visit."""

    block: int | None
    """The newest block that the node believes now; None where it believes none."""
    age_seconds: int | None
    """How old that is, by the node's own clock."""
    relayed: int
    """How many acts of its outbox it sent."""
    alarms: int
    """How many alarms it raised."""
    error: str
    """The name of what went wrong, or nothing."""
    asked: bool = True
    """Whether the chain was asked for facts; not where nothing can have changed."""


@dataclass(frozen=True)
class _Level:
    """How a node stood after its last whole visit."""

    state_root: bytes
    at_seconds: int
    block: int | None
    """What it believed: less, where its disk was put back."""
    peers: frozenset[bytes]
    subjects: frozenset[bytes]
    """Whom its charts name; others need other facts."""
    looked: bool
    """Whether it had looked through all its charts for that."""


class SimulatedChain:
    """One chain over one ground. `model_chain` and `evm_chain` make one."""

    def __init__(
        self,
        ground: Ground,
        *,
        checkpoint_seconds: int = 3600,
        refresh_seconds: int = 16 * 3600,
        pays: bool = True,
    ) -> None:
        """Signers vouch each `checkpoint_seconds` for what is final then; a node that needs
        nothing new takes the same facts again each `refresh_seconds`, long before they are too
        old. With `pays` nodes relay what their outbox holds.
        """  # noqa: D205
        self._ground = ground
        self._checkpoint_seconds = checkpoint_seconds
        self._refresh_seconds = refresh_seconds
        self._pays = pays
        self._checkpoint: Checkpoint | None = None
        self._text = ""
        self._vouched_seconds = 0
        self._now = 0
        self._decisions = 0
        self._account = development_accounts()[_ACCOUNT].address
        self._outages: list[tuple[int, int, frozenset[bytes] | None]] = []
        self._lies: list[tuple[int, int, Lie, frozenset[bytes] | None]] = []
        self._liars: dict[Lie, Liar] = {}
        self._back: list[tuple[int, Call]] = []
        self._levels: dict[bytes, _Level] = {}
        self._quiet: dict[bytes, tuple[object, int, bytes]] = {}
        """By device: its open store, how much was written there, and the state it was level at."""

    @property
    def network(self) -> Network:
        """The network file's content that nodes join."""
        return self._ground.network

    @property
    def ground(self) -> Ground:
        """The chain itself."""
        return self._ground

    def end(self) -> None:
        """Let go of what the ground holds."""
        self._ground.end()

    # -- acts

    def enlist(self, nodes: Iterable[Node], now_milliseconds: int) -> None:
        """Accredit nodes' organisations; each issues to its device and to its owner's key."""
        self._advance(now_milliseconds // 1000)
        nodes = list(nodes)
        organisations = sorted({node.context.identity.organisation for node in nodes})
        for start in range(0, len(organisations), _ACTIONS_MAX):
            some = organisations[start : start + _ACTIONS_MAX]
            self._decide([(_ACCREDIT, bytes(one), _ROLES, 0) for one in some])
        for node in nodes:
            identity = node.context.identity
            for kind, key in (
                (Kind.DEVICE, identity.device),
                (Kind.PRACTITIONER, identity.owner.public),
            ):
                self.issue(node, key, kind, now_milliseconds)

    def issue(self, by: Node, key: DeviceKey, kind: Kind, now_milliseconds: int) -> None:
        """Let a node's organisation vouch for a key."""
        self._advance(now_milliseconds // 1000)
        issuer, secret = _issuer(by)
        self._put(
            signed_calls.issue(
                self.network, issuer, secret, [key], kind, 0, self._deadline, "simulated"
            )
        )

    def revoke_device(self, whose: Node, now_milliseconds: int, by: Node | None = None) -> None:
        """Have a node's organisation revoke its device: at once, or by another node's outbox,
        which relays it when it reaches the chain.
        """  # noqa: D205
        self.revoke_key(whose, whose.context.identity.device, now_milliseconds, by)

    def revoke_key(
        self, issuer: Node, key: DeviceKey, now_milliseconds: int, by: Node | None = None
    ) -> None:
        """Have a node's organisation revoke any key, as `revoke_device` does a device's."""
        self._advance(now_milliseconds // 1000)
        organisation, secret = _issuer(issuer)
        intent = signed_calls.revoke(self.network, organisation, secret, [key], "simulated")
        if by is None:
            self._put(intent)
        else:
            by.context.store.outbox.put(intent, by.context.clock() // 1000)

    def suspend(self, organisation: OrganisationAddress, now_milliseconds: int) -> None:
        """Let the council suspend an organisation."""
        self._advance(now_milliseconds // 1000)
        self._decide([(_SUSPEND, bytes(organisation), 0, 0)])

    def accredit(self, organisation: OrganisationAddress, now_milliseconds: int) -> None:
        """Let the council accredit an organisation, again where it was suspended."""
        self._advance(now_milliseconds // 1000)
        self._decide([(_ACCREDIT, bytes(organisation), _ROLES, 0)])

    def declare_disaster(self, until_milliseconds: int, now_milliseconds: int) -> None:
        """Let the council declare disaster mode; 0 ends it."""
        self._advance(now_milliseconds // 1000)
        self._decide([(_DISASTER, bytes(20), until_milliseconds // 1000, 0)])

    def change_owner(
        self, identity: OrganisationAddress, secret: bytes, next_secret: bytes, now: int
    ) -> None:
        """Give an organisation its next key, and let the Accreditation follow."""
        self._advance(now // 1000)
        owner = OrganisationAddress(address_of(next_secret))
        for intent in signed_calls.change_owner(self.network, identity, secret, owner):
            self._put(intent)

    # -- faults

    def outage(self, begin: int, end: int, devices: Iterable[bytes] | None = None) -> None:
        """Nobody, or none of these devices, reaches the chain from one moment to another
        (milliseconds): it is down, its line is cut, or it takes questions and never answers.
        """  # noqa: D205
        self._outages.append((begin, end, None if devices is None else frozenset(devices)))

    def lie(
        self, lie: Lie | str, begin: int, end: int, devices: Iterable[bytes] | None = None
    ) -> None:
        """Let the endpoint lie to all, or to these devices, for a time (milliseconds)."""
        these = None if devices is None else frozenset(devices)
        self._lies.append((begin, end, Lie(lie), these))

    def reorganise(self, now_milliseconds: int, blocks: int, back_after_seconds: int = 1800) -> int:
        """Take up to so many of the newest blocks away, none that is final or that signers
        vouched for; their calls come back so much later. How many calls were in them.
        """  # noqa: D205
        self._advance(now_milliseconds // 1000)
        vouched = 0 if self._checkpoint is None else self._checkpoint.block
        stays = max(self._ground.finalized, vouched, self._ground.head - blocks)
        gone = self._ground.cut(stays)
        back = now_milliseconds // 1000 + back_after_seconds
        self._back += [(back, call) for call in gone]
        return len(gone)

    # -- visits

    def suspended(self, organisation: OrganisationAddress, block: int) -> bool:
        """Whether an organisation was suspended after a block, by what the chain itself holds."""
        key = organisation_key(organisation)
        if block > self._ground.head:
            return False  # a lie that was not seen through; other checks are about those
        word = self._ground.word(key.contract, key.slot, block)
        return Organisation.from_word(word).state is OrganisationState.SUSPENDED

    def reaches(self, node: Node, now_milliseconds: int) -> bool:
        """Whether a node would get an answer now."""
        device = node.context.identity.device
        return not any(
            begin <= now_milliseconds < end and (devices is None or device in devices)
            for begin, end, devices in self._outages
        )

    def visit(self, node: Node, now_milliseconds: int) -> Visit:
        """Let a node meet the chain, as `registry sync` does: it takes facts, relays its outbox,
        writes the notices that follow. What a node raises beside RegistryError is its own.
        """  # noqa: D205
        provider: Provider = _Hanging()
        lie = None
        if self.reaches(node, now_milliseconds):
            self._advance(now_milliseconds // 1000)
            lie = self._lie(node, now_milliseconds)
            if lie is None and self._is_level(node):
                return self._told(node, asked=False)
            provider = self._ground if lie is None else lie
        desk, store = node.registry_desk, node.context.store
        desk.opened = lambda _url: Chain(provider, NAME)
        desk.sleep = lambda _seconds: None
        before = len(store.registry_facts.alarms())
        relayed, error = 0, ""
        try:
            checkpoint = self._text
            if isinstance(lie, Liar) and (told := lie.checkpoint()) is not None:
                checkpoint = checkpoint_text(told)
            if checkpoint and not isinstance(provider, _Hanging):
                node.checkpoints.combine([checkpoint])
            done = desk.sync(_URL, pay=self._pays)
            relayed = _count(done["sent"])
        except RegistryError as failure:
            error = type(failure).__name__
        if not error and lie is None:
            self._levels[node.context.identity.device] = self._level(node)
        alarms = len(store.registry_facts.alarms()) - before
        return self._told(node, relayed=relayed, alarms=alarms, error=error)

    def _told(
        self,
        node: Node,
        *,
        relayed: int = 0,
        alarms: int = 0,
        error: str = "",
        asked: bool = True,
    ) -> Visit:
        adopted = _adopted(node)
        if adopted is None:
            return Visit(None, None, relayed, alarms, error, asked)
        age_seconds = node.context.clock() // 1000 - adopted[1]
        return Visit(adopted[0], age_seconds, relayed, alarms, error, asked)

    def _lie(self, node: Node, now_milliseconds: int) -> Liar | None:
        device = node.context.identity.device
        for begin, end, lie, devices in self._lies:
            if begin <= now_milliseconds < end and (devices is None or device in devices):
                if lie not in self._liars:
                    self._liars[lie] = Liar(self._ground, lie)
                return self._liars[lie]
        return None

    def _is_level(self, node: Node) -> bool:
        """Whether a visit would find nothing new: so 50 nodes can ask every hour for a month."""
        device, store = node.context.identity.device, node.context.store
        known = self._levels.get(device)
        if known is None or self._vouched_seconds >= known.at_seconds + self._refresh_seconds:
            return False
        connection = store.database.connection
        written = (connection, connection.total_changes, self._vouched_root)
        if self._quiet.get(device) == written:
            return True  # nothing was written there or here since it was level
        if self._pays and store.outbox.waiting():
            return False
        level = self._level(node) == replace(known, at_seconds=self._vouched_seconds)
        if level:
            self._quiet[device] = written
        return level

    @property
    def _vouched_root(self) -> bytes:
        block = self._ground.finalized if self._checkpoint is None else self._checkpoint.block
        return self._ground.header(block).state_root

    def _level(self, node: Node) -> _Level:
        store, adopted = node.context.store, _adopted(node)
        return _Level(
            self._vouched_root,
            self._vouched_seconds,
            None if adopted is None else adopted[0],
            frozenset(peer.device for peer in store.peers.all()),
            frozenset(store.chart_subjects.named().values()),
            not store.chart_subjects.unknown(),
        )

    # -- time

    def _advance(self, now_seconds: int) -> None:
        """Let it be this time: blocks come, what was lost comes back, signers vouch."""
        self._ground.keep_up(now_seconds)
        due = [call for at, call in self._back if at <= now_seconds]
        self._back = [(at, call) for at, call in self._back if at > now_seconds]
        for call in due:
            self._ground.send(call)  # refused where somebody sent it again meanwhile
        self._now = now_seconds
        if now_seconds < self._vouched_seconds + self._checkpoint_seconds:
            return
        header = self._ground.header(self._ground.finalized)
        network, founding = self.network, self._ground.founding
        if self._checkpoint is None or header.number > self._checkpoint.block:
            signed = [
                sign_checkpoint(one, network.fingerprint, header.number, header.hash)
                for one in founding.signers[:SIGNERS_ENOUGH]
            ]
            made = combine_checkpoints(signed, founding.signer_set, network.fingerprint)
            self._checkpoint, self._text = made, checkpoint_text(made)
            self._vouched_seconds = now_seconds

    # -- what the simulation sends itself

    @property
    def _deadline(self) -> int:
        return self._now + _YEAR_SECONDS

    def _decide(self, actions: Sequence[tuple[int, bytes, int, int]]) -> None:
        self._decisions += 1
        salt = self._decisions.to_bytes(32)
        digest = signed_calls.decision_digest(self.network, actions, salt, self._deadline)
        council = self._ground.founding.council[:MEMBERS_ENOUGH]
        signatures = [sign(secret, digest) for secret in council]
        self._put(
            signed_calls.decide(
                self.network, actions, salt, self._deadline, signatures, "simulated"
            )
        )

    def _put(self, intent: Intent) -> None:
        call = Call(self._account, Name(intent.contract), intent.calldata)
        refused = self._ground.send(call)
        if refused is not None:
            raise ChainActRefused(refused)


class _Hanging:
    """An endpoint that takes a question and never answers: the client gives up."""

    def make_request(self, _method: object, _params: object, /) -> object:
        raise TimeoutError


def open_simulated_chain(kind: Literal["model", "evm"], founding: Founding) -> SimulatedChain:
    """The chain that a scenario names; py-evm is loaded for `evm` alone."""
    if kind == "evm":
        from scenarios.registry.evm_ground import EvmGround

        return SimulatedChain(EvmGround(founding))
    from scenarios.registry.model_ground import ModelGround

    return SimulatedChain(ModelGround(founding))


def _adopted(node: Node) -> tuple[int, int] | None:
    """The newest block that a node believes, and its time in seconds."""
    registry = node.context.registry
    adopted = registry.facts.adopted() if isinstance(registry, SharedRegistry) else None
    return None if adopted is None else (adopted[0].block, adopted[1])


def _issuer(node: Node) -> tuple[OrganisationAddress, bytes]:
    identity = node.context.identity
    keys = identity.secrets.succession
    secret = identity.secrets.organisation_secret if keys is None else keys.secret
    return identity.organisation, secret


def _count(value: object) -> int:
    assert isinstance(value, int)
    return value
