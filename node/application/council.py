"""What a council decides: proposals made, signed, shown and executed; `satchel council`, `org`."""

from collections.abc import Sequence
from typing import Final

from contracts.loader import Name
from contracts.slots import council_slot, decided_slot, member_slot
from contracts.typed_data import sign
from node.application.context import Context
from node.application.council_words import action_words, parse_actions
from node.application.errors import BadRequest, NotTheHolder
from node.application.organisations import (
    council_of,
    organisation_name,
    seconds_of,
    shared_registry,
)
from node.application.timestamps import time_text
from node.registry.errors import ProposalInvalid
from node.registry.fact import FactKey
from node.registry.limits import proposal_days_usual
from node.registry.proposal import Proposal, parse_proposal_text, proposal_text
from node.registry.shared_registry import SharedRegistry
from node.registry.signed_calls import decide
from sync.identifiers import did_ethr

Result = dict[str, object]

_DAY_SECONDS: Final = 24 * 3600


def propose(context: Context, words: Sequence[str], until: str | None) -> Proposal:
    """A proposal without signatures of the actions that some words name, kept here."""
    registry = shared_registry(context)
    actions, sets = parse_actions(context, words)
    now_seconds = context.clock() // 1000
    deadline = seconds_of(until) or now_seconds + proposal_days_usual * _DAY_SECONDS
    if deadline <= now_seconds:
        raise BadRequest("a proposal can be executed until later than now")
    proposal = Proposal(registry.network.fingerprint, actions, sets, context.random(32), deadline)
    keep(context, proposal)
    return proposal


def sign_proposal(context: Context, proposal: Proposal) -> Proposal:
    """The same with this organisation's signature, kept here. Raises ProposalInvalid."""
    registry = shared_registry(context)
    proposal.require(registry.network)
    if proposal.deadline_seconds <= context.clock() // 1000:
        raise ProposalInvalid("its time is over: nobody can execute it any more")
    if not context.identity.holds_organisation:
        raise NotTheHolder(context.identity.organisation_did)
    secret = context.identity.secrets.organisation_secret
    signature = sign(secret, proposal.digest(registry.network))
    signed = proposal.signed(registry.network, [signature])
    keep(context, signed)
    return signed


def execute(context: Context, proposal: Proposal) -> int:
    """Queue the one transaction that does it. Raises BadRequest where signatures are missing."""
    registry = shared_registry(context)
    signers = proposal.signers(registry.network)
    council = council_of(registry)
    needed = 1 if council is None else council.threshold
    if len(signers) < needed:
        missing = needed - len(signers)
        raise BadRequest(
            f"{missing} more of the council must sign: {len(signers)} have, {needed} are needed"
        )
    keep(context, proposal)
    intent = decide(
        registry.network,
        proposal.actions,
        proposal.salt,
        proposal.deadline_seconds,
        list(signers.values()),
        f"council decision {proposal.digest(registry.network)[:4].hex()}",
    )
    with context.store.transaction():
        return context.store.outbox.put(intent, context.clock() // 1000)


def keep(context: Context, proposal: Proposal) -> None:
    """Remember a proposal for `council list`, with every signature that was ever seen of it."""
    network = shared_registry(context).network
    digest = proposal.digest(network)
    proposal.signers(network)
    held = context.store.proposals.get(digest)
    if held is not None:
        proposal = parse_proposal_text(held.text).signed(network, proposal.signatures)
    with context.store.transaction():
        context.store.proposals.put(digest, proposal_text(proposal), context.clock())


def read_proposal(context: Context, text: str) -> Proposal:
    """A proposal from its text, with the signatures that this home has seen of it."""
    network = shared_registry(context).network
    proposal = parse_proposal_text(text)
    proposal.require(network)
    held = context.store.proposals.get(proposal.digest(network))
    if held is None:
        return proposal
    return proposal.signed(network, parse_proposal_text(held.text).signatures)


def describe(context: Context, proposal: Proposal) -> Result:
    """A proposal in plain words: what it does, who signed, what is missing."""
    registry = shared_registry(context)
    now_seconds = context.clock() // 1000
    digest = proposal.digest(registry.network)
    signers = proposal.signers(registry.network)
    council = council_of(registry)
    missing = None if council is None else max(0, council.threshold - len(signers))
    return {
        "proposal": digest.hex(),
        "state": _state(context, registry, digest, proposal, missing, now_seconds),
        "actions": action_words(context, proposal),
        "until": time_text(proposal.deadline_seconds * 1000),
        "signed_by": [
            {
                "organisation": did_ethr(signer),
                "name": organisation_name(context, signer),
                "member": _is_member(registry, signer),
            }
            for signer in signers
        ],
        "signatures": len(signers),
        "needed": None if council is None else council.threshold,
        "members": None if council is None else council.members,
        "missing": missing,
        "text": proposal_text(proposal),
    }


def list_proposals(context: Context) -> list[Result]:
    """Every proposal that this home knows, the oldest first."""
    shared_registry(context)
    return [
        describe(context, parse_proposal_text(kept.text)) for kept in context.store.proposals.all()
    ]


def council_keys(context: Context) -> frozenset[FactKey]:
    """The facts that tell how far proposals are, for `registry sync` to gather."""
    if not isinstance(context.registry, SharedRegistry):
        return frozenset()
    network = context.registry.network
    slots = {council_slot(), member_slot(context.identity.organisation)}
    for kept in context.store.proposals.all():
        slots.add(decided_slot(kept.digest))
        proposal = parse_proposal_text(kept.text)
        slots.update(member_slot(signer) for signer in proposal.signers(network))
    return frozenset(FactKey(Name.ACCREDITATION, slot) for slot in slots)


def _is_member(registry: SharedRegistry, organisation: bytes) -> bool | None:
    held = registry.facts.get(FactKey(Name.ACCREDITATION, member_slot(organisation)))
    return None if held is None else held.value == 1


def _state(
    context: Context,
    registry: SharedRegistry,
    digest: bytes,
    proposal: Proposal,
    missing: int | None,
    now_seconds: int,
) -> str:
    held = registry.facts.get(FactKey(Name.ACCREDITATION, decided_slot(digest)))
    if held is not None and held.value == 1:
        return "executed or withdrawn"
    if any(
        kept.intent.kind == "decide" and digest[:4].hex() in kept.intent.label
        for kept in context.store.outbox.waiting()
    ):
        return "queued"
    if proposal.deadline_seconds <= now_seconds:
        return "over"
    if missing is None:
        return "open"
    return "ready" if missing == 0 else "signatures missing"
