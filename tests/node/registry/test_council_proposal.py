"""Proposals: what is read back is what was written, and signatures are whose they say."""

import base64
import contextlib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.loader import Name
from contracts.typed_data import address_of, sign
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
from node.registry.roles import ROLES, role_mask, role_names
from node.registry.signers import SignerSet
from sync import codec
from sync.identifiers import DeviceKey, OrganisationAddress
from sync.signing import Signer

SIGNER = Signer(b"\x01" * 32).public
SECRETS = [bytes([number]) * 32 for number in (1, 2, 3)]


def network(chain: int = 31337) -> Network:
    deployed = {
        name: Deployed(bytes([place + 1]) * 20, bytes([place + 1]) * 32)
        for place, name in enumerate((Name.DID, Name.ACCREDITATION, Name.CONSENT))
    }
    return Network("test", chain, deployed, (SIGNER,), 1, Genesis(1, b"g" * 32), True)


subjects = st.binary(min_size=20, max_size=20).filter(any).map(OrganisationAddress)
seconds = st.integers(0, (1 << 48) - 1)
sets = st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=4, unique=True).map(
    lambda keys: SignerSet(tuple(sorted(DeviceKey(key) for key in keys)), 1)
)
plain_actions = st.one_of(
    st.tuples(subjects, st.integers(1, (1 << 64) - 1), seconds).map(
        lambda chosen: Action(ActionKind.ACCREDIT, *chosen)
    ),
    st.tuples(
        st.sampled_from([ActionKind.SUSPEND, ActionKind.ADD_MEMBER, ActionKind.REMOVE_MEMBER]),
        subjects,
    ).map(lambda chosen: Action(*chosen)),
    st.integers(1, 16).map(lambda count: Action(ActionKind.SET_THRESHOLD, a=count)),
    seconds.map(lambda until: Action(ActionKind.DISASTER, a=until)),
    st.integers(1, (1 << 256) - 1).map(lambda digest: Action(ActionKind.WITHDRAW, a=digest)),
)


@st.composite
def proposals(draw: st.DrawFn) -> Proposal:
    chosen = draw(st.lists(sets, max_size=2))
    actions = [
        Action(ActionKind.SET_SIGNERS, a=int.from_bytes(each.hash, "big")) for each in chosen
    ]
    actions += draw(st.lists(plain_actions, min_size=1, max_size=8))
    return Proposal(
        network().fingerprint,
        tuple(actions),
        tuple(chosen),
        draw(st.binary(min_size=32, max_size=32)),
        draw(seconds),
    )


def one() -> Proposal:
    action = Action(ActionKind.SUSPEND, OrganisationAddress(b"\x07" * 20))
    return Proposal(network().fingerprint, (action,), (), b"s" * 32, 2_000_000_000)


def signed(proposal: Proposal, *secrets: bytes) -> Proposal:
    digest = proposal.digest(network())
    return proposal.signed(network(), [sign(secret, digest) for secret in secrets])


@settings(max_examples=40, deadline=None)
@given(proposals())
def test_a_proposal_is_read_back_as_it_was_written(proposal: Proposal) -> None:
    assert parse_proposal_text(proposal_text(proposal)) == proposal
    assert decode_proposal(proposal.encoded()) == proposal


@settings(max_examples=6, deadline=None)
@given(st.permutations(SECRETS))
def test_signatures_are_kept_in_the_order_that_the_contract_wants(secrets: list[bytes]) -> None:
    whole = signed(signed(one(), secrets[0]), *secrets)
    assert list(whole.signers(network())) == sorted(address_of(secret) for secret in SECRETS)
    assert whole == signed(one(), *SECRETS)
    assert parse_proposal_text(proposal_text(whole)) == whole


def test_a_changed_action_is_signed_by_nobody_of_before() -> None:
    whole = signed(one(), SECRETS[0])
    other = replace(
        whole, actions=(Action(ActionKind.ADD_MEMBER, OrganisationAddress(b"\x07" * 20)),)
    )
    assert address_of(SECRETS[0]) not in other.signers(network())


def test_a_proposal_for_another_network_is_refused() -> None:
    with pytest.raises(ProposalInvalid, match="another network"):
        one().signers(network(chain=1))


def test_a_signature_given_twice_is_refused() -> None:
    whole = signed(one(), SECRETS[0])
    twice = replace(whole, signatures=whole.signatures * 2)
    with pytest.raises(ProposalInvalid, match="doubled"):
        twice.signers(network())
    none = replace(whole, signatures=(bytes(65),))
    with pytest.raises(ProposalInvalid, match="none"):
        none.signers(network())


def test_signers_that_are_not_those_that_would_be_set_are_refused() -> None:
    shown = SignerSet((SIGNER,), 1)
    action = Action(ActionKind.SET_SIGNERS, a=int.from_bytes(shown.hash, "big"))
    honest = replace(one(), actions=(action,), signer_sets=(shown,))
    assert decode_proposal(honest.encoded()) == honest
    other = SignerSet((Signer(b"\x02" * 32).public,), 1)
    for lie in (replace(honest, signer_sets=(other,)), replace(honest, signer_sets=())):
        with pytest.raises(ProposalInvalid, match="not those"):
            decode_proposal(lie.encoded())


@pytest.mark.parametrize(
    "action",
    [
        Action(ActionKind.ACCREDIT, OrganisationAddress(b"\x07" * 20), 0),
        Action(ActionKind.ACCREDIT, a=1),
        Action(ActionKind.SUSPEND),
        Action(ActionKind.SET_THRESHOLD, a=0),
        Action(ActionKind.SET_THRESHOLD, OrganisationAddress(b"\x07" * 20), 1),
        Action(ActionKind.SET_SIGNERS, a=0),
        Action(ActionKind.DISASTER, a=1, b=1),
    ],
)
def test_an_action_that_the_contract_could_not_take_is_refused(action: Action) -> None:
    with pytest.raises(ProposalInvalid):
        decode_proposal(replace(one(), actions=(action,)).encoded())


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 10_000), st.integers(1, 255))
def test_what_is_no_proposal_is_refused_by_its_own_error(
    junk: bytes, place: int, flip: int
) -> None:
    data = bytearray(signed(one(), SECRETS[0]).encoded())
    data[place % len(data)] ^= flip
    with contextlib.suppress(ProposalInvalid):
        assert decode_proposal(bytes(data)).encoded() == bytes(data)
    for text in (junk.decode("latin-1"), "satchel-proposal:" + junk.hex()):
        with pytest.raises(ProposalInvalid):
            parse_proposal_text(text)


def test_another_version_and_no_action_are_told_apart() -> None:
    values = codec.decode(one().encoded())
    values[1] = 2
    with pytest.raises(ProposalInvalid, match="newer version"):
        decode_proposal(codec.encode(values))
    with pytest.raises(ProposalInvalid, match="no action"):
        decode_proposal(replace(one(), actions=()).encoded())
    with pytest.raises(ProposalInvalid, match="no proposal"):
        parse_proposal_text("a shopping list")
    with pytest.raises(ProposalInvalid):
        parse_proposal_text("satchel-proposal:" + base64.b64encode(b"\xff").decode())


def test_roles_have_names_and_bits() -> None:
    assert role_names(role_mask(ROLES)) == list(ROLES)
    assert role_names(1 << 40) == ["role-40"]
    with pytest.raises(ValueError, match="clinic"):
        role_mask(["wizard"])
