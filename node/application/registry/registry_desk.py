"""What a node does with the shared registry's chain: meet it, say how old its facts are, resolve.

A part of the node, which the API calls in worker threads. A chain may be slow or hang: it is never
asked while the node's turn is held, so that care goes on meanwhile.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Final

from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import BadRequest
from node.application.organisation.council import council_keys
from node.application.progress import Progress, quiet
from node.application.registry import registry_lines
from node.application.registry.anchoring import publisher_of, put_anchor_when_due
from node.application.registry.noticing import find_subjects
from node.registry.carried_intents import as_carried, outbox_text, parse_outbox
from node.registry.chain import Chain, open_chain
from node.registry.checkpoint import Checkpoint, sign_checkpoint
from node.registry.development_signer import signing_key
from node.registry.did import KeyDid, parse_did
from node.registry.errors import (
    ChainRefused,
    ChainUnreachable,
    NoChain,
    NoNetwork,
    RegistryError,
    SignedBefore,
)
from node.registry.fact import FactKey
from node.registry.gathering import Seen, gather, look_at
from node.registry.network import Network
from node.registry.outbox import Plan, Relay, Sleep
from node.registry.payer import choose_payer, parse_payer_key
from node.registry.resolving import resolve_ethr, resolve_key
from node.registry.shared_registry import SharedRegistry
from node.registry.snapshot import Snapshot
from node.registry.subjects import (
    Credentialled,
    Subjects,
    anchor_key,
    common_keys,
    decode_subjects,
    fact_keys,
    own_keys,
)
from node.store.outbox import Stage
from node.store.registry_facts import Taken
from sync.codec import decode, encode
from sync.header import Anchor
from sync.signing import Signer

Result = dict[str, object]

_MEETING: Final = "registry.meeting"
_WEI_DIGITS_MAX: Final = 40


class RegistryDesk:
    """Meetings with a chain, and what came of them."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        turn: AbstractContextManager[object],
        settle: Callable[[], int],
        *,
        opened: Callable[[str], Chain] = open_chain,
        sleep: Sleep = time.sleep,
    ) -> None:
        """Work in the node's turn; `settle` writes what is owed when facts have come."""
        self._context = context
        self._charts = charts
        self._turn = turn
        self._settle = settle
        self.opened = opened
        """Makes a chain of a URL; a simulator puts its own here."""
        self.sleep = sleep
        self.commitments: Callable[[], Iterable[bytes]] = tuple
        """The 32-byte ids of commitments whose facts this node needs; the patients' desk says."""

    # -- acts

    def sync(
        self,
        url: str | None = None,
        *,
        pay: bool = False,
        payer_key: str | None = None,
        wei_max: str | None = None,
        progress: Progress = quiet,
    ) -> Result:
        """Meet a chain: take facts with proofs, look what of the outbox is done, send the rest.

        Without `pay` nothing is spent, and the answer says what it would cost; with it at most
        `wei_max` (decimal digits) is. Raises NoNetwork, NoChain, ChainError, RegistryError.
        """
        registry = self._registry()
        most = _wei(wei_max)
        secret = None if payer_key is None else parse_payer_key(payer_key)
        urls = [url] if url is not None else list(registry.network.urls)
        if not urls:
            raise NoChain
        for place, each in enumerate(urls):
            chain = self.opened(each)
            try:
                told = self._meet(chain, registry, progress)
                with self._turn:
                    put_anchor_when_due(self._context)
                told |= self._send(chain, registry.network, secret, pay, most, progress)
            except ChainUnreachable as error:
                self._remember(chain.name, str(error))
                if place == len(urls) - 1:
                    raise
            except RegistryError as error:
                self._remember(chain.name, str(error))
                raise
            else:
                self._remember(chain.name, "")
                break
            finally:
                chain.close()
        with self._turn:
            self._settle()
            return told | {"outbox": self._context.store.outbox.counts()}

    def status(self) -> Result:
        """What is held of the registry, how old it is, and what waits. No chain is asked."""
        with self._turn:
            registry = self._context.registry
            if not isinstance(registry, SharedRegistry):
                return registry_lines.without_registry(self._context)
            signs = self._signer(registry) is not None
            return registry_lines.status(self._context, registry, self._meeting(), signs=signs)

    def outbox(self) -> list[Result]:
        """What shall be done on chain, and how far it has come."""
        with self._turn:
            return [registry_lines.kept(each) for each in self._context.store.outbox.all()]

    def outbox_file(self) -> Result:
        """What waits, as a file for somebody who reaches a chain and pays. Raises NoNetwork."""
        with self._turn:
            registry = self._registry()
            waiting = [each.intent for each in self._context.store.outbox.waiting()]
            return {
                "intents": len(waiting),
                "text": outbox_text(registry.fingerprint, waiting),
            }

    def outbox_take(self, text: str) -> Result:
        """Take somebody's file over: the next meeting sends it. Raises OutboxFileInvalid."""
        with self._turn:
            registry = self._registry()
            intents = parse_outbox(text, registry.fingerprint)
            store, now_seconds = self._context.store, self._context.clock() // 1000
            with store.transaction():
                before = sum(store.outbox.counts().values())
                for intent in intents:
                    store.outbox.put(as_carried(intent), now_seconds)
                taken = sum(store.outbox.counts().values()) - before
            return {"intents": len(intents), "taken": taken}

    def resolve(self, did: str, url: str | None = None) -> Result:
        """A DID's document. A did:key needs no chain. Raises DidInvalid, ChainError."""
        parsed = parse_did(did)
        if isinstance(parsed, KeyDid):
            return registry_lines.resolved(did, resolve_key(parsed), None)
        registry = self._registry()
        urls = [url] if url is not None else list(registry.network.urls)
        if not urls:
            raise NoChain
        now_seconds = self._context.clock() // 1000
        for place, each in enumerate(urls):
            chain = self.opened(each)
            try:
                found = resolve_ethr(chain, registry.network, parsed, now_seconds)
            except ChainUnreachable:
                if place == len(urls) - 1:
                    raise
            else:
                return registry_lines.resolved(did, found, chain.name)
            finally:
                chain.close()
        raise NoChain

    def anchored_head(self, url: str | None = None) -> tuple[int, bytes, int, str | None] | None:
        """The head of this node's audit anchors, by proof: block, 32 bytes, the block's time
        (seconds since 1970), and the chain that was asked; None where nothing is held.

        Without a URL by the facts held; with one the chain is asked, and nothing of it is kept.
        Raises NoNetwork, ChainError.
        """  # noqa: D205
        registry = self._registry()
        key = anchor_key(publisher_of(self._context))
        if url is None:
            with self._turn:
                held = registry.facts.get(key)
            if held is None:
                return None
            return held.block, held.value.to_bytes(32), held.timestamp_seconds, None
        chain = self.opened(url)
        try:
            header = self._look(chain, registry)[0].header
            deployed = registry.network.contracts[key.contract]
            words = chain.words(header, deployed.address, deployed.code_hash, [key.slot])
            head = words[key.slot].to_bytes(32)
            return header.number, head, header.timestamp_seconds, chain.name
        finally:
            chain.close()

    # -- what a serving node does by itself

    @property
    def has_endpoints(self) -> bool:
        """Whether there is a chain that can be met without anybody naming one."""
        registry = self._context.registry
        return isinstance(registry, SharedRegistry) and bool(registry.network.urls)

    def meet_by_itself(self) -> str | None:
        """Meet the network's chain and spend nothing; what went wrong, None where nothing did."""
        try:
            self.sync()
        except RegistryError as error:
            return str(error)
        return None

    # -- facts

    def _meet(self, chain: Chain, registry: SharedRegistry, progress: Progress) -> Result:
        network = registry.network
        seen, adopted, contradicted = self._look(chain, registry)
        progress("chain", 0, None)
        with self._turn:
            checkpoint, signed = self._checkpoint(registry, seen, adopted)
            keys = self._keys(registry)
        changed, new, alarms = 0, 0, contradicted
        if checkpoint is not None:
            for taken in self._gather(chain, registry, checkpoint, keys, progress):
                changed, new = changed + len(taken.changed), new + len(taken.new)
                alarms += len(taken.alarms)
        with self._turn:
            taken = registry.facts.reconsider(network, self._context.clock() // 1000)
            now_adopted = registry.facts.adopted()
        return {
            "chain": chain.name,
            "development": network.development,
            "block": seen.header.number,
            "stale_blocks": seen.stale_blocks,
            "signed": signed,
            "vouched_block": None if checkpoint is None else checkpoint.block,
            "adopted_block": None if now_adopted is None else now_adopted[0].block,
            "facts": new + len(taken.new),
            "changed": changed + len(taken.changed),
            "alarms": alarms + len(taken.alarms),
        }

    def _look(
        self, chain: Chain, registry: SharedRegistry
    ) -> tuple[Seen, tuple[Anchor, int] | None, int]:
        """What the chain shows, what stays adopted, and how much of that it contradicted."""
        contradicted = 0
        while True:
            with self._turn:
                adopted = registry.facts.adopted()
                alone = self._signer(registry) is not None and (
                    registry.facts.signers(registry.network).threshold == 1
                )
            seen = look_at(
                chain,
                registry.network,
                None if adopted is None else adopted[0],
                vouches_alone=alone,
            )
            if isinstance(seen, Seen):
                if contradicted:
                    self._context.store.outbox.reopen_after(adopted[0].block if adopted else 0)
                return seen, adopted, contradicted
            contradicted += 1
            now_seconds = self._context.clock() // 1000
            with self._turn:
                registry.facts.contradict(seen.adopted, seen.now_hash, now_seconds)

    def _checkpoint(
        self, registry: SharedRegistry, seen: Seen, adopted: tuple[Anchor, int] | None
    ) -> tuple[Checkpoint | None, bool]:
        """The newest checkpoint to gather under, and whether this node signed the block seen."""
        network, store = registry.network, self._context.store
        signers = registry.facts.signers(network)
        signer = self._signer(registry)
        signed = False
        if signer is not None and not seen.stale_blocks:
            header = seen.header
            own = sign_checkpoint(signer, network.fingerprint, header.number, header.hash)
            signed = self._give_word(registry, own)
            if signed:
                store.partial_checkpoints.add(own, network.fingerprint, signers)
        found = [store.partial_checkpoints.whole(signers, seen.header.number)]
        if adopted is not None:
            found += [
                snapshot.checkpoint for snapshot in registry.facts.snapshots_for(common_keys())
            ]
        whole = [each for each in found if each is not None and each.block <= seen.header.number]
        return max(whole, key=lambda each: each.block, default=None), signed

    def _signer(self, registry: SharedRegistry) -> Signer | None:
        """The key with which this node vouches for blocks; None where it is no signer."""
        signers = registry.facts.signers(registry.network).keys
        own = self._context.identity.checkpoint_signer
        key = signing_key(registry.network, signers, own)
        return key if key.public in signers else None

    def _give_word(self, registry: SharedRegistry, own: Checkpoint) -> bool:
        """Note a signature before anybody sees it; False for a block before the last one signed.

        Raises SignedBefore where another block of this number was signed: an alarm.
        """
        try:
            registry.facts.note_signed(own)
        except SignedBefore:
            if any(before.block == own.block for before in registry.facts.signed()):
                raise
            return False
        return True

    def _keys(self, registry: SharedRegistry) -> frozenset[FactKey]:
        """The facts that this node's charts, peers, own acts and outbox need."""
        context = self._context
        find_subjects(context, self._charts)
        keys = set(common_keys()) | own_keys(
            context.identity.organisation, publisher_of(context), self.commitments()
        )
        for encoded in context.store.chart_subjects.named().values():
            keys |= fact_keys(decode_subjects(encoded))
        peers = context.store.peers.all()
        organisations = {peer.organisation for peer in peers} | {context.identity.organisation}
        devices = {Credentialled(peer.organisation, peer.device) for peer in peers}
        devices.add(Credentialled(context.identity.organisation, context.identity.device))
        owner = Credentialled(context.identity.organisation, context.identity.owner.public)
        keys |= fact_keys(
            Subjects(frozenset(organisations), frozenset(devices), frozenset({owner}))
        )
        keys |= council_keys(context)
        keys |= {held.key for held in registry.facts.all()}
        for kept in context.store.outbox.waiting():
            keys |= registry_lines.sight_keys(kept)
        return frozenset(keys)

    def _gather(
        self,
        chain: Chain,
        registry: SharedRegistry,
        checkpoint: Checkpoint,
        keys: frozenset[FactKey],
        progress: Progress,
    ) -> Sequence[Taken]:
        with self._turn:
            changes = registry.facts.signer_changes()
        found: list[Taken] = []
        done = 0
        for snapshot in gather(chain, registry.network, changes, checkpoint, keys):
            found.append(self._take(registry, snapshot))
            done += len(snapshot.keys)
            progress("facts", done, len(keys))
        return found

    def _take(self, registry: SharedRegistry, snapshot: Snapshot) -> Taken:
        verified = snapshot.verify(registry.network)
        with self._turn:
            return registry.facts.take(snapshot, verified, self._context.clock() // 1000)

    # -- the outbox

    def _send(
        self,
        chain: Chain,
        network: Network,
        secret: bytes | None,
        pay: bool,
        wei_max: int | None,
        progress: Progress,
    ) -> Result:
        store = self._context.store
        relay = Relay(store.outbox, chain, network, self._context.clock() // 1000, self.sleep)
        relay.look()
        if store.outbox.counts()[Stage.SENT]:
            relay.resume()
        sent, plan = 0, None
        if store.outbox.counts()[Stage.WAITING]:
            organisation = self._context.identity.secrets.organisation_secret
            try:
                payer = choose_payer(chain, network, organisation, secret)
            except RegistryError as error:
                if pay:
                    raise
                return {"sent": 0, "plan": None, "unpayable": str(error)}
            plan = relay.plan(payer)
            if pay and plan.estimates:
                most = plan.wei_max if wei_max is None else wei_max
                sent = relay.relay(plan, most, lambda done, all_: progress("send", done, all_))
        self._settle_outbox(chain, relay)
        return {"sent": sent, "plan": _plan(plan), "unpayable": None}

    def _settle_outbox(self, chain: Chain, relay: Relay) -> None:
        """Take facts about what was just sent, and call done what they show."""
        registry = self._registry()
        with self._turn:
            waiting = self._context.store.outbox.waiting()
            keys = frozenset(key for kept in waiting for key in registry_lines.sight_keys(kept))
            newest = registry.facts.adopted()
        if keys and newest is not None:
            self._meet_again(chain, registry, keys, newest)
        with self._turn:
            relay.settle(lambda key: _word(registry, key))

    def _meet_again(
        self,
        chain: Chain,
        registry: SharedRegistry,
        keys: frozenset[FactKey],
        adopted: tuple[Anchor, int],
    ) -> None:
        """What was sent may be final by now: a signing node vouches for it at once."""
        seen, _, _ = self._look(chain, registry)
        with self._turn:
            checkpoint, _ = self._checkpoint(registry, seen, adopted)
        if checkpoint is not None and checkpoint.block > adopted[0].block:
            try:
                self._gather(chain, registry, checkpoint, keys | common_keys(), quiet)
            except ChainRefused:
                return  # it keeps no state as old as that: the next meeting finds it

    # -- what is remembered

    def _registry(self) -> SharedRegistry:
        registry = self._context.registry
        if not isinstance(registry, SharedRegistry):
            raise NoNetwork
        return registry

    def _remember(self, chain: str, failure: str) -> None:
        now = self._context.clock() // 1000
        with self._turn, self._context.store.transaction():
            self._context.store.settings.put(_MEETING, encode([chain, now, failure]))

    def _meeting(self) -> registry_lines.Meeting | None:
        kept = self._context.store.settings.get(_MEETING)
        return None if kept is None else registry_lines.Meeting(*decode(kept))


def _word(registry: SharedRegistry, key: FactKey) -> int | None:
    held = registry.facts.get(key)
    return None if held is None else held.value


def _plan(plan: Plan | None) -> Result | None:
    return None if plan is None else registry_lines.plan(plan)


def _wei(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > _WEI_DIGITS_MAX:
        raise BadRequest("an amount is given in wei, as digits")
    return int(text)
