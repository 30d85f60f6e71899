"""Snapshots: what was changed anywhere is refused, and signers change only as they agreed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_registry import SIGNERS, State, change, checkpoint, network, signer_set, slot, snapshot

from contracts.loader import Name
from contracts.slots import signers_slot
from node.registry.errors import RegistryError, SnapshotInvalid
from node.registry.fact import FactKey
from node.registry.network import CONTRACTS
from node.registry.snapshot import Snapshot, decode_snapshot, make_snapshot

NETWORK = network()
WORDS = {
    Name.DID: {slot(1): 11},
    Name.CONSENT: {slot(number): number for number in range(2, 9)},
}
ASKED = {Name.DID: [slot(1)], Name.CONSENT: [slot(2), slot(3), slot(90)]}
SNAPSHOT = snapshot(NETWORK, WORDS, 50, asked=ASKED)
ENCODED = SNAPSHOT.encode()


def test_a_snapshot_is_read_as_it_was_written_and_proves_presence_and_absence() -> None:
    read = decode_snapshot(ENCODED)
    verified = read.verify(NETWORK)

    assert read == SNAPSHOT
    assert verified.facts == {
        FactKey(Name.DID, slot(1)): 11,
        FactKey(Name.CONSENT, slot(2)): 2,
        FactKey(Name.CONSENT, slot(3)): 3,
        FactKey(Name.CONSENT, slot(90)): 0,
    }
    assert (verified.chain, verified.block, verified.timestamp_seconds) == (1337, 50, 5000)
    assert verified.signers == signer_set()


def test_every_single_byte_change_and_every_truncation_is_refused() -> None:
    for at in range(len(ENCODED)):
        changed = bytearray(ENCODED)
        changed[at] ^= 1 << at % 8
        for wrong in (bytes(changed), ENCODED[:at]):
            with pytest.raises(SnapshotInvalid):
                decode_snapshot(wrong)


def test_what_was_changed_and_given_a_new_check_is_refused_by_its_proofs() -> None:
    consent = SNAPSHOT.proven[1]
    stranger = State({Name.CONSENT: {slot(2): 99}})
    other = stranger.header(50)
    wrong: list[Snapshot] = [
        replace(SNAPSHOT, nodes=SNAPSHOT.nodes[1:]),
        replace(SNAPSHOT, nodes=SNAPSHOT.nodes[::-1]),
        replace(SNAPSHOT, nodes=(*SNAPSHOT.nodes, SNAPSHOT.nodes[0])),
        replace(SNAPSHOT, header=other.encoded),
        replace(SNAPSHOT, checkpoint=replace(SNAPSHOT.checkpoint, block=51)),
        replace(SNAPSHOT, checkpoint=checkpoint(NETWORK, other)),
        replace(SNAPSHOT, proven=SNAPSHOT.proven[::-1]),
        replace(SNAPSHOT, proven=SNAPSHOT.proven[:1]),
        replace(SNAPSHOT, proven=(SNAPSHOT.proven[0], consent._replace(address=b"\x09" * 20))),
        replace(SNAPSHOT, proven=(SNAPSHOT.proven[0], consent._replace(slots=consent.slots[::-1]))),
        replace(SNAPSHOT, proven=(SNAPSHOT.proven[0], consent._replace(slots=()))),
    ]
    for number, place in enumerate(SNAPSHOT.nodes):
        flipped = place[:-1] + bytes([place[-1] ^ 1])
        nodes = (*SNAPSHOT.nodes[:number], flipped, *SNAPSHOT.nodes[number + 1 :])
        wrong.append(replace(SNAPSHOT, nodes=nodes))
    for one in wrong:
        with pytest.raises(RegistryError):
            one.verify(NETWORK)


def test_another_network_another_code_and_a_block_before_the_genesis_are_refused() -> None:
    deployed = NETWORK.contracts[Name.CONSENT]
    other_code = {**NETWORK.contracts, Name.CONSENT: deployed._replace(code_hash=b"\x01" * 32)}
    for other in (network(name="other"), network(contracts=other_code)):
        with pytest.raises(RegistryError):
            SNAPSHOT.verify(other)
        with pytest.raises(RegistryError):
            snapshot(other, WORDS, 0).verify(other)
    with pytest.raises(SnapshotInvalid, match="another code"):
        snapshot(network(contracts=other_code), WORDS, 50).verify(network(contracts=other_code))
    with pytest.raises(RegistryError, match="genesis"):
        snapshot(NETWORK, WORDS, NETWORK.genesis.block).verify(NETWORK)


@settings(max_examples=50)
@given(
    st.dictionaries(st.integers(0, 60), st.integers(0, (1 << 256) - 1), min_size=1, max_size=30),
    st.data(),
)
def test_any_part_of_a_snapshot_proves_just_that_part(
    numbers: dict[int, int], data: st.DataObject
) -> None:
    words = {slot(number): word for number, word in numbers.items()}
    whole = snapshot(NETWORK, {Name.CONSENT: words}, 50)
    kept = data.draw(st.sets(st.sampled_from(sorted(words)), min_size=1))

    part = whole.only({FactKey(Name.CONSENT, place) for place in kept})
    read = decode_snapshot(part.encode())

    assert read.verify(NETWORK).facts == {FactKey(Name.CONSENT, p): words[p] for p in kept}
    assert set(part.nodes) <= set(whole.nodes)


def test_signers_change_one_set_after_the_other_each_under_the_one_before() -> None:
    second = signer_set(SIGNERS[2:5], 2)
    third = signer_set(SIGNERS[5:7], 1)
    changes = (
        change(NETWORK, second, 20),
        change(NETWORK, third, 30, signers=SIGNERS[2:4]),
    )
    made = snapshot(NETWORK, WORDS, 50, changes=changes, signers=SIGNERS[5:6])

    verified = decode_snapshot(made.encode()).verify(NETWORK)

    assert verified.signers == third
    assert verified.signer_sets == (signer_set(), second, third)
    assert verified.changed_at == (20, 30)
    for wrong in (
        replace(made, changes=changes[1:]),
        replace(made, changes=changes[::-1]),
        replace(made, changes=changes[:1]),
        replace(made, changes=(*changes, changes[1])),
        replace(made, changes=()),
        snapshot(NETWORK, WORDS, 25, changes=changes, signers=SIGNERS[5:6]),
        snapshot(NETWORK, WORDS, 50, changes=changes, signers=SIGNERS[:2]),
        replace(made, changes=(replace(changes[0], signers=third), changes[1])),
        replace(made, changes=(replace(changes[0], nodes=()), changes[1])),
    ):
        with pytest.raises(RegistryError):
            wrong.verify(NETWORK)


def test_nobody_but_the_old_set_changes_the_signers() -> None:
    usurpers = signer_set(SIGNERS[3:5], 1)
    usurped = change(NETWORK, usurpers, 20, signers=SIGNERS[3:5])

    with pytest.raises(RegistryError, match="no signer"):
        snapshot(NETWORK, WORDS, 50, changes=(usurped,), signers=SIGNERS[3:4]).verify(NETWORK)


def test_a_snapshot_is_made_of_no_more_nodes_than_prove_something() -> None:
    state = State(WORDS)
    header = state.header(50)
    proofs = [(name, state.proof(name, slots)) for name, slots in ASKED.items()]
    idle = (Name.ACCREDITATION, state.proof(Name.ACCREDITATION, []))

    made = make_snapshot(NETWORK, (), checkpoint(NETWORK, header), header, [*proofs, idle])

    assert made == SNAPSHOT
    assert [entry.contract for entry in made.proven] == [Name.DID, Name.CONSENT]
    assert signers_slot() not in made.proven[0].slots
    assert list(CONTRACTS) == [Name.DID, Name.ACCREDITATION, Name.CONSENT]


@given(st.binary(max_size=300))
def test_no_bytes_are_read_as_a_snapshot_by_accident(data: bytes) -> None:
    with pytest.raises(SnapshotInvalid):
        decode_snapshot(data)
