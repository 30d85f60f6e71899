"""Merkle proofs: what they prove agrees with `trie`, and nothing but a whole proof proves."""

import pytest
import rlp  # type: ignore[import-untyped]  # no stubs
from hypothesis import given
from hypothesis import strategies as st
from made_registry import ADDRESSES, CODES, State, slot
from trie.hexary import HexaryTrie

from contracts.loader import Name
from node.registry.errors import ProofInvalid
from node.registry.proof import EMPTY_ROOT, AccountProof, ProofNodes, check_account, prove

KEYS = st.binary(min_size=4, max_size=4)
VALUES = st.binary(min_size=1, max_size=40)


def held(entries: dict[bytes, bytes]) -> HexaryTrie:
    trie = HexaryTrie({})
    for key, value in entries.items():
        trie[key] = value
    return trie


def nodes_to(trie: HexaryTrie, key: bytes) -> list[bytes]:
    """A proof as chains give it: nodes under 32 bytes lie within their parents."""
    encoded = [rlp.encode(node) for node in trie.get_proof(key)]  # type: ignore[no-untyped-call]
    return [node for place, node in enumerate(encoded) if place == 0 or len(node) >= 32]


@given(st.dictionaries(KEYS, VALUES, max_size=30), KEYS)
def test_every_key_is_proven_present_or_absent_as_the_trie_has_it(
    entries: dict[bytes, bytes], other: bytes
) -> None:
    trie = held(entries)
    for key in [*entries, other]:
        assert prove(trie.root_hash, key, nodes_to(trie, key)) == entries.get(key)


@given(st.dictionaries(KEYS, VALUES, min_size=1, max_size=30), KEYS, st.data())
def test_a_proof_with_a_byte_changed_a_node_missing_or_a_node_too_many_is_refused(
    entries: dict[bytes, bytes], other: bytes, data: st.DataObject
) -> None:
    trie = held(entries)
    key = data.draw(st.sampled_from([*entries, other]))
    nodes = nodes_to(trie, key)
    place = data.draw(st.integers(0, len(nodes) - 1))
    at = data.draw(st.integers(0, len(nodes[place]) - 1))
    flipped = bytearray(nodes[place])
    flipped[at] ^= data.draw(st.integers(1, 255))

    for wrong in (
        [*nodes[:place], bytes(flipped), *nodes[place + 1 :]],
        [*nodes[:place], *nodes[place + 1 :]],
        [*nodes, rlp.encode([b"\x20", b"stranger"])],
        [*nodes, nodes[place]],
    ):
        with pytest.raises(ProofInvalid):
            prove(trie.root_hash, key, wrong)
    with pytest.raises(ProofInvalid):
        prove(b"\x07" * 32, key, nodes)


def test_an_empty_trie_has_nothing_and_takes_no_nodes() -> None:
    assert prove(EMPTY_ROOT, b"key", []) is None
    assert HexaryTrie({}).root_hash == EMPTY_ROOT
    with pytest.raises(ProofInvalid):
        prove(EMPTY_ROOT, b"key", [rlp.encode([b"\x20", b"value"])])


def test_an_account_and_its_slots_are_read_from_their_proofs_and_zero_where_there_is_nothing() -> (
    None
):
    words = {slot(number): number for number in range(1, 40)}
    state = State({Name.CONSENT: words})
    asked = [*words, slot(100), slot(101)]

    account, proven = check_account(state.root, state.proof(Name.CONSENT, asked))

    assert account.code_hash == CODES[Name.CONSENT]
    assert proven == {**words, slot(100): 0, slot(101): 0}


def test_one_slots_proof_does_not_serve_another_slot() -> None:
    state = State({Name.CONSENT: {slot(number): number for number in range(1, 200)}})
    whole = state.proof(Name.CONSENT, [slot(1), slot(2)])
    crossed = {slot(1): whole.storage[slot(2)], slot(2): whole.storage[slot(1)]}

    with pytest.raises(ProofInvalid):
        check_account(state.root, AccountProof(whole.address, whole.nodes, crossed))


def test_a_contract_that_is_not_in_the_state_has_no_facts() -> None:
    state = State({})
    stranger = state.proof(Name.DID, [])

    with pytest.raises(ProofInvalid, match=r"no such contract|missing|nothing"):
        check_account(state.root, AccountProof(b"\x77" * 20, stranger.nodes, {}))
    assert ADDRESSES[Name.DID] == stranger.address


@given(st.lists(st.recursive(st.binary(max_size=40), lambda inner: st.lists(inner, max_size=17))))
def test_no_rlp_makes_the_walk_fail_otherwise_than_by_refusing(values: list[object]) -> None:
    encoded = rlp.encode(values)
    try:
        nodes = ProofNodes([encoded])
        nodes.find(next(iter(nodes._encoded)), b"\x01\x02")
    except ProofInvalid:
        pass
