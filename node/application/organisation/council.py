"""What a council decides: proposals made, signed, shown and executed; `satchel council`, `org`."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from contracts.development_accounts import DevelopmentAccount, development_accounts
from contracts.loader import Name
from contracts.packing import Council
from contracts.slots import council_slot, decided_slot, member_slot
from contracts.typed_data import address_of, sign
from node.application.context import Context
from node.application.errors import BadRequest, CouncilRefused, NotTheHolder
from node.application.organisation.council_words import action_words, parse_actions
from node.application.organisation.organisations import (
    organisation_name,
    seconds_of,
)
from node.application.timestamps import time_text
from node.registry.errors import NetworkDiffers, NoNetwork, ProposalInvalid
from node.registry.fact import FactKey
from node.registry.limits import proposal_days_usual
from node.registry.network import Network, parse_network
from node.registry.proposal import Action, ActionKind, Proposal, parse_proposal_text, proposal_text
from node.registry.shared_registry import SharedRegistry
from node.registry.signed_calls import decide
from sync.identifiers import OrganisationAddress, did_ethr

Result = dict[str, object]

_DAY_SECONDS: Final = 24 * 3600


class Ground(NamedTuple):
    """For which network something is decided, and what is held of it."""

    network: Network
    registry: SharedRegistry | None
    """None in a home that was made before the network was: a founding member's."""

    def word(self, slot: bytes) -> int | None:
        """A word of the Accreditation contract that is held with proof, or None."""
        if self.registry is None:
            return None
        held = self.registry.facts.get(FactKey(Name.ACCREDITATION, slot))
        return None if held is None else held.value

    def is_member(self, organisation: bytes) -> bool | None:
        """Whether an address sits on the council; None where nothing is held of that."""
        word = self.word(member_slot(organisation))
        return None if word is None else word == 1

    @property
    def council(self) -> Council | None:
        """How many sit on the council and how many decide, as far as it is held."""
        word = self.word(council_slot())
        return None if word is None else Council.from_word(word)


def ground_of(context: Context, network: str | None = None) -> Ground:
    """By the home's network, or the file's text in a home without one.

    Raises NoNetwork, NetworkInvalid, NetworkDiffers.
    """
    held = context.registry
    given = None if network is None else parse_network(network.encode())
    if isinstance(held, SharedRegistry):
        if given is not None and given.fingerprint != held.fingerprint:
            raise NetworkDiffers(" ".join(given.words[:3]), " ".join(held.network.words[:3]))
        return Ground(held.network, held)
    if given is None:
        raise NoNetwork
    return Ground(given, None)


def propose(context: Context, ground: Ground, words: Sequence[str], until: str | None) -> Proposal:
    """A proposal without signatures of the actions that some words name, kept here."""
    actions, sets = parse_actions(context, words)
    now_seconds = context.clock() // 1000
    deadline = seconds_of(until) or now_seconds + proposal_days_usual * _DAY_SECONDS
    if deadline <= now_seconds:
        raise BadRequest("a proposal can be executed until later than now")
    _refuse_too_few(ground, actions)
    proposal = Proposal(ground.network.fingerprint, actions, sets, context.random(32), deadline)
    keep(context, ground, proposal)
    return proposal


def _refuse_too_few(ground: Ground, actions: Sequence[Action]) -> None:
    """Refuse what would leave fewer members than must decide: the contract would, once signed."""
    council = ground.council
    if council is None:
        return
    members, threshold = council.members, council.threshold
    for action in actions:
        if action.kind is ActionKind.ADD_MEMBER:
            members += ground.is_member(action.subject) is not True
        elif action.kind is ActionKind.REMOVE_MEMBER:
            members -= ground.is_member(action.subject) is True
        elif action.kind is ActionKind.SET_THRESHOLD:
            threshold = action.a
    if threshold > members:
        raise BadRequest(f"{threshold} would have to decide, and the council have {members}")


def sign_proposal(context: Context, ground: Ground, proposal: Proposal) -> Proposal:
    """The same with this organisation's signature, kept here. Raises ProposalInvalid.

    On a network for development the council may be the account whose key everybody has: then that
    signs, too.
    """
    proposal.require(ground.network)
    if proposal.deadline_seconds <= context.clock() // 1000:
        raise ProposalInvalid("its time is over: nobody can execute it any more")
    if not context.identity.holds_organisation:
        raise NotTheHolder(context.identity.organisation_did)
    secrets = _member_secrets(context, ground)
    if not secrets:
        raise CouncilRefused("this organisation has no seat on the council")
    digest = proposal.digest(ground.network)
    signed = proposal.signed(ground.network, [sign(secret, digest) for secret in secrets])
    keep(context, ground, signed)
    return signed


def has_seat(context: Context, ground: Ground) -> bool:
    """Whether this organisation may sit on the council, as far as is held here."""
    return bool(_member_secrets(context, ground))


def _member_secrets(context: Context, ground: Ground) -> list[bytes]:
    """The keys to sign with: proven members' only, where one is proven; else all that may be."""
    secrets = [context.identity.secrets.organisation_secret]
    if ground.network.development and ground.is_member(_public_member().address):
        secrets.append(_public_member().secret)
    seats = {secret: ground.is_member(address_of(secret)) for secret in secrets}
    proven = [secret for secret, seat in seats.items() if seat]
    return proven or [secret for secret, seat in seats.items() if seat is None]


def execute(context: Context, ground: Ground, proposal: Proposal) -> int:
    """Queue the one transaction that does it. Raises CouncilRefused without enough signatures."""
    council = ground.council
    if council is None:
        raise CouncilRefused("who sits on the council is not known here: `satchel registry sync`")
    signers = {
        signer: signature
        for signer, signature in proposal.signers(ground.network).items()
        if ground.is_member(signer) is not False
    }
    if len(signers) < council.threshold:
        missing = council.threshold - len(signers)
        raise CouncilRefused(
            f"{missing} more of the council must sign: {len(signers)} of its members have, "
            f"{council.threshold} are needed"
        )
    keep(context, ground, proposal)
    intent = decide(
        ground.network,
        proposal.actions,
        proposal.salt,
        proposal.deadline_seconds,
        list(signers.values()),
        _label(proposal.digest(ground.network)),
    )
    with context.store.transaction():
        return context.store.outbox.put(intent, context.clock() // 1000)


def keep(context: Context, ground: Ground, proposal: Proposal) -> None:
    """Remember a proposal for `council list`, with every signature that was ever seen of it."""
    digest = proposal.digest(ground.network)
    proposal = _with_known(context, ground, proposal)
    with context.store.transaction():
        context.store.proposals.put(digest, proposal_text(proposal), context.clock())


def read_proposal(context: Context, ground: Ground, text: str) -> Proposal:
    """A proposal from its text, with the signatures that this home has seen of it."""
    return _with_known(context, ground, parse_proposal_text(text))


def _with_known(context: Context, ground: Ground, proposal: Proposal) -> Proposal:
    proposal.require(ground.network)
    held = context.store.proposals.get(proposal.digest(ground.network))
    known = () if held is None else parse_proposal_text(held.text).signatures
    return proposal.signed(ground.network, known)


def describe(context: Context, ground: Ground, proposal: Proposal) -> Result:
    """A proposal in plain words: what it does, who signed, what is missing."""
    digest = proposal.digest(ground.network)
    signers = proposal.signers(ground.network)
    counted = sum(ground.is_member(signer) is not False for signer in signers)
    council = ground.council
    missing = None if council is None else max(0, council.threshold - counted)
    return {
        "proposal": digest.hex(),
        "state": _state(context, ground, digest, proposal, missing),
        "actions": action_words(context, proposal),
        "until": time_text(proposal.deadline_seconds * 1000),
        "signed_by": [
            {
                "organisation": did_ethr(signer),
                "name": _name(context, ground, signer),
                "member": ground.is_member(signer),
            }
            for signer in signers
        ],
        "signatures": counted,
        "needed": None if council is None else council.threshold,
        "members": None if council is None else council.members,
        "missing": missing,
        "text": proposal_text(proposal),
    }


def list_proposals(context: Context) -> list[Result]:
    """Every proposal of the home's network that this home knows, the oldest first."""
    ground = ground_of(context)
    found = [parse_proposal_text(kept.text) for kept in context.store.proposals.all()]
    return [describe(context, ground, proposal) for proposal in found]


def council_keys(context: Context) -> frozenset[FactKey]:
    """The facts that tell how far proposals are, for `registry sync` to gather."""
    if not isinstance(context.registry, SharedRegistry):
        return frozenset()
    network = context.registry.network
    slots = {council_slot(), member_slot(context.identity.organisation)}
    if network.development:
        slots.add(member_slot(_public_member().address))
    for kept in context.store.proposals.all():
        slots.add(decided_slot(kept.digest))
        proposal = parse_proposal_text(kept.text)
        slots.update(member_slot(signer) for signer in proposal.signers(network))
    return frozenset(FactKey(Name.ACCREDITATION, slot) for slot in slots)


def _public_member() -> DevelopmentAccount:
    """Whom `chain deploy` seats on the council where nobody is named: everybody has its key."""
    return development_accounts()[0]


def _name(context: Context, ground: Ground, signer: OrganisationAddress) -> str:
    if ground.network.development and signer == _public_member().address:
        return "the development account whose key everybody has"
    return organisation_name(context, signer)


def _label(digest: bytes) -> str:
    return f"council decision {digest[:8].hex()}"


def _state(
    context: Context, ground: Ground, digest: bytes, proposal: Proposal, missing: int | None
) -> str:
    if ground.word(decided_slot(digest)) == 1:
        return "executed or withdrawn"
    if any(kept.intent.label == _label(digest) for kept in context.store.outbox.waiting()):
        return "queued"
    if proposal.deadline_seconds <= context.clock() // 1000:
        return "over"
    if missing is None:
        return "open"
    return "ready" if missing == 0 else "signatures missing"
