"""Resolves DIDs: did:key by itself, did:ethr by walking its events through the DIDRegistry.

Who owns an identity and where its last change stands are proven under the chain's header. The
events themselves are only told (a chain keeps no proof of them in its state): they are checked
against those proofs and against each other, and no verdict rests on them.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contracts.loader import Name
from contracts.slots import changed_slot, owner_slot
from node.registry.chain import Chain, Tag
from node.registry.did import EthrDid, KeyDid
from node.registry.did_document import Folded, fold_events, key_document
from node.registry.did_events import Event, OwnerChanged, read_events
from node.registry.errors import ChainUntrusted, DidInvalid
from node.registry.header import Header
from node.registry.limits import resolved_changes_max
from node.registry.network import Network


@dataclass(frozen=True)
class Resolved:
    """A DID document with what is known about it."""

    document: dict[str, Any]
    metadata: dict[str, Any]
    """As DID Core names it: deactivated, versionId, updated, nextVersionId, nextUpdate."""
    as_of: Header | None
    """The chain's newest block when it was asked; None where no chain was."""
    proven: bool
    """Whether the owner and the place of the last change were proven under `as_of`."""


def resolve_key(did: KeyDid) -> Resolved:
    """A did:key says everything itself."""
    return Resolved(key_document(did), {}, None, proven=True)


def resolve_ethr(chain: Chain, network: Network, did: EthrDid, clock_seconds: int) -> Resolved:
    """Resolve a did:ethr through the network's DIDRegistry.

    Validity is judged at the later of the clock and the newest block, or at the version's block.
    Raises DidInvalid, ChainError.
    """
    if not did.is_on(network.chain, network.name):
        raise DidInvalid("it is of another network")
    chain.require_chain(network)
    header = chain.header(Tag.LATEST)
    now_seconds = max(clock_seconds, header.timestamp_seconds)
    if did.version is not None:
        if did.version > header.number:
            raise DidInvalid(f"the chain has no block {did.version} yet")
        now_seconds = chain.header(did.version).timestamp_seconds
    registry = network.contracts[Name.DID]
    slots = (owner_slot(did.address), changed_slot(did.address))
    words = chain.words(header, registry.address, registry.code_hash, slots, str(Name.DID))
    owner, last_change = (words[slot] for slot in slots)
    events = _walk(chain, registry.address, did.address, last_change, header)
    _check_owner(chain, events, owner)
    folded = fold_events(did, network.chain, events, now_seconds)
    return Resolved(folded.document, _metadata(chain, folded), header, proven=True)


def _walk(
    chain: Chain, registry: bytes, identity: bytes, last_change: int, header: Header
) -> list[Event]:
    """All events of an identity in order, found from the last one back."""
    topics = (None, bytes(12) + identity)
    found: list[list[Event]] = []
    block, above = last_change, header.number + 1
    while block:
        if block >= above or len(found) == resolved_changes_max:
            raise ChainUntrusted(chain.name, "its events do not lead to the identity's beginning")
        try:
            events = read_events(chain.logs(registry, topics, block, block))
        except ValueError as error:
            raise ChainUntrusted(chain.name, str(error)) from error
        if not events:
            chain.require_unmoved(header)
            raise ChainUntrusted(chain.name, f"it withholds the events of block {block}")
        found.append(events)
        # The first event of a block points before it, those behind it at the block itself.
        earlier = [event.previous_change for event in events if event.previous_change < block]
        above, block = block, min((change for change in earlier if change), default=0)
    return [event for events in reversed(found) for event in events]


def _check_owner(chain: Chain, events: list[Event], proven: int) -> None:
    told = [event.owner for event in events if isinstance(event, OwnerChanged)]
    if (int.from_bytes(told[-1], "big") if told else 0) != proven:
        raise ChainUntrusted(chain.name, "its events name another owner than its state does")


def _metadata(chain: Chain, folded: Folded) -> dict[str, Any]:
    metadata: dict[str, Any] = {"deactivated": True} if folded.deactivated else {}
    for block, number, time in (
        (folded.version, "versionId", "updated"),
        (folded.next_version, "nextVersionId", "nextUpdate"),
    ):
        if block is not None:
            metadata[number] = str(block)
            metadata[time] = _time_text(chain.header(block).timestamp_seconds)
    return metadata


def _time_text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
