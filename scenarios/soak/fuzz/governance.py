"""Targets: what members of a council pass on, and what people type of a recovery key's shares."""

from collections.abc import Sequence
from functools import cache

from contracts.loader import Name
from contracts.typed_data import sign
from node.errors import SharesInvalid
from node.keystore.shares import combined_entropy, shares_from_text, split_entropy
from node.registry.errors import ProposalInvalid
from node.registry.network import Deployed, Genesis, Network
from node.registry.proposal import (
    Action,
    ActionKind,
    Proposal,
    decode_proposal,
    parse_proposal_text,
    proposal_text,
)
from node.registry.signers import SignerSet
from scenarios.soak.fuzz.people import DEVICE, ORGANISATION
from scenarios.soak.fuzz.target import Form, Target, says_why, under
from sync.identifiers import OrganisationAddress

_ENTROPY = bytes(range(32))


@cache
def _network() -> Network:
    deployed = {
        name: Deployed(bytes([place + 1]) * 20, bytes([place + 1]) * 32)
        for place, name in enumerate((Name.DID, Name.ACCREDITATION, Name.CONSENT))
    }
    return Network("fuzz", 1, deployed, (DEVICE.public,), 1, Genesis(1, b"g" * 32), True)


@cache
def _proposal() -> Proposal:
    chosen = SignerSet((DEVICE.public,), 1)
    clinic = OrganisationAddress(b"\x07" * 20)
    actions = (
        Action(ActionKind.ACCREDIT, clinic, 3, 2_000_000_000),
        Action(ActionKind.SUSPEND, clinic),
        Action(ActionKind.SET_THRESHOLD, a=2),
        Action(ActionKind.SET_SIGNERS, a=int.from_bytes(chosen.hash, "big")),
    )
    made = Proposal(_network().fingerprint, actions, (chosen,), b"s" * 32, 2_000_000_000)
    digest = made.digest(_network())
    return made.signed(_network(), [sign(key, digest) for key in (ORGANISATION, b"\x09" * 32)])


def _proposal_seeds() -> Sequence[bytes]:
    made = _proposal()
    return [b"\x00" + made.encoded(), b"\x01" + proposal_text(made).encode()]


def _read_proposal(data: bytes) -> None:
    as_text, data = under(data, 2)
    try:
        if as_text:
            read = parse_proposal_text(data.decode(errors="replace"))
        else:
            read = decode_proposal(data)
            assert read.encoded() == data, "a proposal has two spellings"
        read.signers(_network())
    except ProposalInvalid as error:
        says_why(error)
        return
    assert parse_proposal_text(proposal_text(read)) == read


@cache
def _shares() -> tuple[tuple[str, ...], ...]:
    return tuple(split_entropy(_ENTROPY, 3, 2))


def _share_seeds() -> Sequence[bytes]:
    one, other, third = (" ".join(share) for share in _shares())
    return [f"{one}\n{other}".encode(), f"# first\n1. {third}\n{one}\n{other}".encode()]


def _read_shares(data: bytes) -> None:
    try:
        combined_entropy(shares_from_text(data.decode(errors="replace")))
    except SharesInvalid as error:
        says_why(error)


TARGETS = (
    Target("proposal", _read_proposal, _proposal_seeds, Form.CBOR,
           ("node.registry.proposal:decode_proposal",
            "node.registry.proposal:parse_proposal_text"), head=1),
    Target("recovery-shares", _read_shares, _share_seeds, Form.BYTES,
           ("node.keystore.shares:shares_from_text",)),
)  # fmt: skip
