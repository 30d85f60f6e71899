"""Roots of the node's audit for the chain: salted, in order, signed by a key of this node alone.

A root says that the audit stood so far by then, and nothing of what is in it, nor how much. The
audit's desk and `registry sync` put them here; `anchor_proof` checks them.
"""

from typing import TYPE_CHECKING, Final

from node.application.context import Context
from node.registry.intent import Effect, Intent
from node.store.anchors import AuditAnchor
from node.store.outbox import Kept, Stage
from sync.identifiers import hashed

if TYPE_CHECKING:
    from node.registry.shared_registry import SharedRegistry

KIND: Final = "anchor"
SALT_SIZE_BYTES: Final = 32
START: Final = bytes(32)
"""The head of a publisher that has anchored nothing."""
DEADLINE_SECONDS: Final = 30 * 24 * 3600
"""How long a signed root may be relayed; one that was not by then is signed anew."""
ANCHOR_SECONDS_MIN: Final = 3600
"""How often a root is put by itself, at most: each costs whoever relays it."""
_UNDER_WAY: Final = frozenset({Stage.WAITING, Stage.SENT, Stage.SEEN})


def publisher_of(context: Context) -> bytes:
    """The 20-byte address under which the chain knows this node's anchors."""
    from contracts import typed_data

    return typed_data.address_of(context.identity.audit_publisher_secret)


def anchored_root(number: int, audit_hash: bytes, salt: bytes) -> bytes:
    """What the chain learns of the audit up to an entry: 32 bytes."""
    return hashed("audit-root", salt, number.to_bytes(8), audit_hash)


def put_anchor_when_due(context: Context) -> AuditAnchor | None:
    """As `put_anchor`, unless one waits already or was put within the hour."""
    made = context.store.anchors.all()
    recent = bool(made) and context.clock() // 1000 < made[-1].at_seconds + ANCHOR_SECONDS_MIN
    _fail_followers(context)
    own = _own(context)
    failed = bool(own) and own[-1].stage is Stage.FAILED
    if not failed and (recent or any(kept.stage is Stage.WAITING for kept in own)):
        return None
    return put_anchor(context)


def put_anchor(context: Context) -> AuditAnchor | None:
    """Put a root of all that is in the audit now in the outbox, within the caller's turn.

    One covers every entry since the last. None where there is nothing new, or no registry.
    """
    # Late: a node without a network never needs the contracts.
    from node.registry.shared_registry import SharedRegistry

    registry, store = context.registry, context.store
    if not isinstance(registry, SharedRegistry):
        return None
    with store.transaction():
        _fail_followers(context)
        under_way = [kept for kept in _own(context) if kept.stage in _UNDER_WAY]
        previous = _head(context, registry, under_way)
        audit = store.audit.root()
        if audit.number <= _covered(context, previous):
            return None
        anchor, intent = _signed(context, registry, previous, audit.number, audit.hash)
        store.anchors.add(anchor)
        store.outbox.put(intent, anchor.at_seconds)
    return anchor


def waits(context: Context, anchor: AuditAnchor) -> bool:
    """Whether an anchor was put in the outbox and is on no chain yet."""
    return any(
        kept.intent.effect.sights[0].wanted == anchor.head and kept.stage in _UNDER_WAY
        for kept in _own(context)
    )


def _signed(
    context: Context, registry: "SharedRegistry", previous: bytes, number: int, audit_hash: bytes
) -> tuple[AuditAnchor, Intent]:
    from contracts import calls, slots, typed_data
    from contracts.loader import Name

    publisher = publisher_of(context)
    salt = context.random(SALT_SIZE_BYTES)
    root = anchored_root(number, audit_hash, salt)
    head = typed_data.chained(previous, root)
    now_seconds = context.clock() // 1000
    deadline = now_seconds + DEADLINE_SECONDS
    place = typed_data.Place(
        registry.network.chain, registry.network.contracts[Name.CONSENT].address
    )
    digest = typed_data.anchor_digest(place, publisher, previous, root, deadline)
    signature = typed_data.sign(context.identity.audit_publisher_secret, digest)
    slot = slots.anchor_slot(publisher)
    intent = Intent(
        KIND,
        Name.CONSENT,
        calls.anchor_signed(publisher, previous, root, deadline, signature),
        Effect.head_changed(Name.CONSENT, slot, previous=previous, head=head),
        "audit root",
        order=_order(context, salt),
        expires_at_seconds=deadline,
    )
    return AuditAnchor(number, root, salt, previous, head, now_seconds), intent


def _head(context: Context, registry: "SharedRegistry", under_way: list[Kept]) -> bytes:
    """What the next root follows: what is on its way, else what is proven, else nothing."""
    if under_way:
        return under_way[-1].intent.effect.sights[0].wanted
    from node.registry.subjects import anchor_key

    held = registry.facts.get(anchor_key(publisher_of(context)))
    return START if held is None else held.value.to_bytes(32, "big")


def _covered(context: Context, head: bytes) -> int:
    """How far the audit is covered by what led to a head; 0 for a head that is not ours."""
    return max(
        (each.number for each in context.store.anchors.all() if each.head == head), default=0
    )


def _fail_followers(context: Context) -> None:
    """What waits behind one that failed can never go: its head will never be there."""
    failed = False
    for kept in _own(context):
        failed = failed or kept.stage is Stage.FAILED
        if failed and kept.stage is Stage.WAITING and _follows_failed(context, kept):
            context.store.outbox.note_stage(
                kept.number, Stage.FAILED, "follows one that failed: signed anew"
            )


def _follows_failed(context: Context, kept: Kept) -> bool:
    """Whether the intent whose head this one follows has failed."""
    previous = kept.intent.effect.sights[0].previous
    return any(
        other.stage is Stage.FAILED and other.intent.effect.sights[0].wanted == previous
        for other in _own(context)
        if other.number < kept.number
    )


def _own(context: Context) -> list[Kept]:
    begins = _prefix(context)
    return [
        kept
        for kept in context.store.outbox.all()
        if kept.intent.kind == KIND and (kept.intent.order or b"").startswith(begins)
    ]


def _order(context: Context, salt: bytes) -> bytes:
    """The order that a new root goes in: the last one's, but a new one where that is blocked."""
    own = _own(context)
    blocked = {kept.intent.order for kept in own if kept.stage is Stage.FAILED}
    last = own[-1].intent.order if own and own[-1].stage in _UNDER_WAY else None
    return _prefix(context) + salt[:8] if last is None or last in blocked else last


def _prefix(context: Context) -> bytes:
    return b"anchor" + publisher_of(context)
