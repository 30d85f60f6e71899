"""Making a node and opening one; called by `init` and by every command that needs the store."""

import contextlib
import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from node.application.access.affiliations import roster_signer
from node.application.context import Clock, Context, system_clock
from node.application.node import Node
from node.errors import StorageFailed
from node.home.creation import HomeCreation
from node.home.instance_token import read_instance_token, renew_instance_token
from node.home.layout import Home
from node.keystore.identity import Identity
from node.keystore.keystore import NORMAL_COST, Keystore, PassphraseCost
from node.keystore.making import make_secrets
from node.keystore.secrets import NodeKind
from node.randomness import Randomness, system_randomness
from node.registry.no_shared_registry import NoSharedRegistry
from node.registry.registry import Registry
from node.store.database import Database
from node.store.settings import NETWORK_FINGERPRINT
from node.store.store import Store, create_store, open_store
from sync.identifiers import DeviceKey, InstanceId, draw_instance
from sync.limits import clock_doubt_milliseconds

if TYPE_CHECKING:
    from node.registry.network import Network


def make_node(
    creation: HomeCreation,
    name: str,
    kind: NodeKind,
    passphrase: bytes,
    *,
    clock: Clock = system_clock,
    random: Randomness = system_randomness,
    cost: PassphraseCost = NORMAL_COST,
    network: "Network | None" = None,
) -> dict[str, object]:
    """Fill a home that was begun; the caller shows the recovery words and finishes it.

    The network, if any, is what the home trusts of a registry from here on.
    Raises ValueError for a name that is empty, too long or not printable.
    """
    home = creation.home
    secrets, words = make_secrets(name, kind, random)
    identity = Identity(secrets)
    with create_store(home.store, secrets.store_key, random) as store:
        token = renew_instance_token(home, random)
        with store.transaction():
            store.own_instances.begin(draw_instance(identity.device, random(8)), clock())
            store.own_instances.keep_token(token)
            if network is not None:
                from node.registry.kept_network import keep_network

                keep_network(home, store.settings, network)
    Keystore.create(home.keystore, secrets, passphrase, random, cost)
    return {
        "did": identity.device_did,
        "peer_id": identity.peer_id,
        "organisation": identity.organisation_did,
        "name": secrets.name,
        "kind": str(secrets.kind),
        "recovery_words": list(words),
    }


def open_node(
    home: Home,
    passphrase: bytes,
    *,
    clock: Clock = system_clock,
    random: Randomness = system_randomness,
    watch: Callable[[Database], None] | None = None,
) -> Node:
    """Open the node of a home whose lock is held.

    `watch` is given the store's database before it is written to, for a simulator to look on.
    """
    keystore = Keystore.open(home.keystore, passphrase, random)
    store = open_store(home.store, keystore.secrets.store_key)
    try:
        if watch is not None:
            watch(store.database)
        identity = Identity(keystore.secrets)
        instance = _instance(home, store, identity.device, clock(), random)
        context = Context(
            identity=identity,
            store=store,
            registry=_registry(home, store),
            instance=instance,
            clock=clock,
            random=random,
        )
        _know_signers(context)
        store.entitlements.stand_on(context.ground())
        node = Node(context, keystore)
        with contextlib.suppress(StorageFailed):  # so is one on which lists stay behind
            node.settle()
        return node
    except BaseException:
        store.close()
        raise


def _registry(home: Home, store: Store) -> Registry:
    """What judges by the network that the home was made for; nothing where there is none."""
    if not home.network.exists() and store.settings.get(NETWORK_FINGERPRINT) is None:
        return NoSharedRegistry()
    from node.registry.kept_network import kept_network
    from node.registry.shared_registry import SharedRegistry

    network = kept_network(home, store.settings)
    if network is None:
        return NoSharedRegistry()
    return SharedRegistry(network, store.registry_facts)


def _know_signers(context: Context) -> None:
    """Let the registry ask whose key signs an organisation's rosters."""
    if context.registry.fingerprint is not None:
        from node.registry.shared_registry import SharedRegistry

        if isinstance(context.registry, SharedRegistry):
            context.registry.signers = functools.partial(roster_signer, context)


def _instance(
    home: Home, store: Store, device: DeviceKey, now_milliseconds: int, random: Randomness
) -> InstanceId:
    """This life of the store: a new one after a restore or a copy, or a clock set far back.

    A second operation at a place in a log would be a fork (DESIGN section 4).
    """
    own = store.own_instances
    current = own.current()
    token = read_instance_token(home)
    latest = own.latest_milliseconds()
    set_back = latest is not None and now_milliseconds + clock_doubt_milliseconds < latest
    if current is None or token is None or token != own.token() or set_back:
        with store.transaction():
            current = draw_instance(device, random(8))
            own.begin(current, now_milliseconds)
            own.keep_token(renew_instance_token(home, random))
            own.see_time(now_milliseconds)
    else:
        with contextlib.suppress(StorageFailed):  # a full disk is read all the same
            own.see_time(now_milliseconds)
    return current
