"""Tags of this node's broken glass for the chain: in order, in batches, by its organisation's key.

A tag says that this organisation broke one more glass, and nothing of whose: only who holds the
chart can compute it (`glass_lines.glass_tag`). So the count cannot be made smaller afterwards.
Called after every act and session; `registry sync` relays what is put here.
"""

from typing import TYPE_CHECKING, Final

from node.application.context import Context
from node.registry.intent import Effect, Intent
from node.store.outbox import Kept, Stage

if TYPE_CHECKING:
    from node.registry.shared_registry import SharedRegistry

KIND: Final = "break-glass"
TAGS_PER_INTENT_MAX: Final = 32
"""What one transaction takes (ConsentRegistry)."""
DEADLINE_SECONDS: Final = 30 * 24 * 3600
"""How long a signed batch may be relayed; what was not by then is signed anew."""
_UNDER_WAY: Final = frozenset({Stage.WAITING, Stage.SENT, Stage.SEEN})


def put_tags(context: Context) -> int:
    """Put what is due in the outbox, within the caller's turn; returns how many tags.

    A batch waits while another was not sent yet, and while the chain's head is not known here.
    """
    store = context.store
    if context.registry.fingerprint is None or not store.glass.any_tag():
        return 0
    # Late: a node without a network never needs the contracts.
    from contracts import calls, slots, typed_data
    from contracts.loader import Name
    from node.registry.shared_registry import SharedRegistry

    registry = context.registry
    if not isinstance(registry, SharedRegistry):
        return 0
    publisher = context.identity.organisation
    secret = context.identity.secrets.organisation_secret
    if typed_data.address_of(secret) != publisher:
        return 0  # the organisation's key was changed: its publisher's chain ended with it
    with store.transaction():
        for kept in _failed(context):
            store.glass.untag(kept.intent.key)
        head = _head(context, registry, slots.glass_slot(publisher))
        due = store.glass.untagged()[:TAGS_PER_INTENT_MAX]
        if head is None or not due:
            return 0
        tags = [broken.tag for broken in due if broken.tag is not None]
        after = head
        for tag in tags:
            after = typed_data.chained(after, tag)
        now_seconds = context.clock() // 1000
        deadline = now_seconds + DEADLINE_SECONDS
        deployed = registry.network.contracts[Name.CONSENT]
        digest = typed_data.glass_digest(
            typed_data.Place(registry.network.chain, deployed.address),
            publisher,
            head,
            tags,
            deadline,
        )
        intent = Intent(
            KIND,
            Name.CONSENT,
            calls.break_glass_signed(
                publisher, head, tags, deadline, typed_data.sign(secret, digest)
            ),
            Effect.head_changed(
                Name.CONSENT, slots.glass_slot(publisher), previous=head, head=after
            ),
            f"{len(tags)} of broken glass",
            order=_order(context),
            expires_at_seconds=deadline,
        )
        store.outbox.put(intent, now_seconds)
        store.glass.tagged([broken.id for broken in due], intent.key)
    return len(tags)


def _own(context: Context) -> list[Kept]:
    begins = _prefix(context)
    return [
        kept
        for kept in context.store.outbox.all()
        if kept.intent.kind == KIND and (kept.intent.order or b"").startswith(begins)
    ]


def _order(context: Context) -> bytes:
    """The order that a new batch goes in: a new one after each that failed, which goes no more."""
    failed = sum(kept.stage is Stage.FAILED for kept in _own(context))
    return _prefix(context) + failed.to_bytes(4)


def _prefix(context: Context) -> bytes:
    return b"glass" + context.identity.organisation


def _failed(context: Context) -> list[Kept]:
    """Batches that can never go: overtaken by another of its devices, or too late."""
    return [
        kept
        for kept in _own(context)
        if kept.stage is Stage.FAILED and context.store.glass.holds_intent(kept.intent.key)
    ]


def _head(context: Context, registry: "SharedRegistry", slot: bytes) -> bytes | None:
    """What the next batch follows; None where that is not known, or another waits."""
    from contracts.loader import Name
    from node.registry.fact import FactKey

    under_way = [kept for kept in _own(context) if kept.stage in _UNDER_WAY]
    if any(kept.stage is Stage.WAITING for kept in under_way):
        return None
    if under_way:
        return under_way[-1].intent.effect.sights[0].wanted
    held = registry.facts.get(FactKey(Name.CONSENT, slot))
    return None if held is None else held.value.to_bytes(32, "big")
