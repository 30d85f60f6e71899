"""Proofs, headers and changes of signers from two real chains: ours on py-evm, and anvil."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]  # it has no types
from anvil import running_anvil

from contracts import calls
from contracts.development.chain import DevelopmentChain
from contracts.development.provider import DevelopmentProvider
from contracts.keccak import keccak
from contracts.loader import Name
from contracts.packing import Credential
from contracts.slots import anchor_slot, council_slot, credential_slot, owner_slot, signers_slot
from contracts.typed_data import Action, Place, address_of, decision_digest, sign
from node.registry.chain import Chain, Tag
from node.registry.checkpoint import sign_checkpoint
from node.registry.deploying import Deployment, Plan
from node.registry.errors import HeaderInvalid, ProofInvalid, RegistryError
from node.registry.fact import FactKey, is_revocation
from node.registry.gathering import gather
from node.registry.header import decode_header, header_from_fields
from node.registry.http_provider import HttpProvider
from node.registry.network import Network
from node.registry.payer import Payer
from node.registry.proof import AccountProof, check_account
from node.registry.signer_change import make_signer_change
from node.registry.signers import SignerSet
from node.registry.snapshot import Snapshot, decode_snapshot
from sync.signing import Signer

COUNCIL = keccak(b"a member of the council")
OLD, NEW = Signer(b"o" * 32), Signer(b"n" * 32)
REVOKED = [keccak(b"key" + bytes([number])) for number in range(20)]
SET_SIGNERS = 7
LATE_SECONDS = 1 << 40
RECEIPT_SECONDS_MAX = 30


class Registered:
    """A chain with the registry on it, some keys revoked, and an audit root anchored."""

    def __init__(self, provider: Any) -> None:
        self.provider = provider
        self.chain = Chain(provider, "the test's chain")
        self.account = bytes.fromhex(self.ask("eth_accounts")[0][2:])
        deployment = Deployment(
            provider,
            self.chain,
            Payer(self.account, "development account"),
            keccak(b"deployer"),
            pause=time.sleep,
            told=lambda _what: None,
        )
        signers = SignerSet((OLD.public,), 1)
        council = (address_of(COUNCIL),)
        self.network = deployment.run(Plan("two chains", council, 1, signers, True, ()))
        for key in REVOKED:
            self.send(Name.ACCREDITATION, calls.revoke_key(key))
        self.send(Name.CONSENT, calls.anchor(b"\x05" * 32))

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = self.provider.make_request(method, list(parameters))
        assert "error" not in answer, answer
        return answer["result"]

    def send(self, name: Name, data: bytes) -> None:
        to = "0x" + self.network.contracts[name].address.hex()
        fields = {"from": "0x" + self.account.hex(), "to": to, "data": "0x" + data.hex()}
        hash_ = self.ask("eth_sendTransaction", {**fields, "gas": hex(500_000)})
        give_up_at = time.monotonic() + RECEIPT_SECONDS_MAX
        while (receipt := self.ask("eth_getTransactionReceipt", hash_)) is None:
            assert time.monotonic() < give_up_at, "anvil mines a moment after it has answered"
            time.sleep(0.01)
        assert receipt["status"] == "0x1"

    @property
    def keys(self) -> set[FactKey]:
        credentials = [credential_slot(self.account, key) for key in (*REVOKED, bytes(32))]
        slots = [council_slot(), signers_slot(), *credentials]
        return {
            *(FactKey(Name.ACCREDITATION, slot) for slot in slots),
            FactKey(Name.CONSENT, anchor_slot(self.account)),
            FactKey(Name.CONSENT, anchor_slot(b"\x01" * 20)),
            FactKey(Name.DID, owner_slot(self.account)),
        }

    def snapshot(self, signer: Signer = OLD, changes: tuple[Any, ...] = ()) -> Snapshot:
        header = self.chain.header(Tag.LATEST)
        fingerprint = self.network.fingerprint
        checkpoint = sign_checkpoint(signer, fingerprint, header.number, header.hash)
        (made,) = gather(self.chain, self.network, changes, checkpoint, self.keys)
        return made


@pytest.fixture(scope="module", params=["py-evm", "anvil"])
def registered(request: pytest.FixtureRequest) -> Iterator[Registered]:
    with ExitStack() as stack:
        if request.param == "anvil":
            provider = HttpProvider(stack.enter_context(running_anvil()).url)
            stack.callback(provider.close)
            yield Registered(provider)
        else:
            chain = DevelopmentChain(clock=lambda: 1_800_000_000.0)
            stack.callback(chain.close)
            yield Registered(DevelopmentProvider(chain))


def test_presence_and_absence_are_proven_as_the_chain_itself_has_them(
    registered: Registered,
) -> None:
    facts = decode_snapshot(registered.snapshot().encode()).verify(registered.network).facts

    assert set(facts) == registered.keys
    for key, word in facts.items():
        address = "0x" + registered.network.contracts[key.contract].address.hex()
        told = registered.ask("eth_getStorageAt", address, "0x" + key.slot.hex(), "latest")
        assert word == int(told, 16)
    revoked = [FactKey(Name.ACCREDITATION, credential_slot(registered.account, k)) for k in REVOKED]
    assert all(is_revocation(key, facts[key]) for key in revoked)
    assert all(Credential.from_word(facts[key]).is_revoked for key in revoked)
    assert sum(word == 0 for word in facts.values()) == 3
    assert sum(is_revocation(key, word) for key, word in facts.items()) == len(REVOKED)


def test_of_a_chains_snapshot_no_byte_can_be_changed_and_none_left_out(
    registered: Registered,
) -> None:
    made = registered.snapshot()
    encoded = made.encode()
    for at in range(len(encoded)):
        changed = encoded[:at] + bytes([encoded[at] ^ 0x10]) + encoded[at + 1 :]
        for wrong in (changed, encoded[:at]):
            with pytest.raises(RegistryError):
                decode_snapshot(wrong)
    for number, node in enumerate(made.nodes):
        before, after = made.nodes[:number], made.nodes[number + 1 :]
        for at in (0, len(node) // 2, len(node) - 1):
            changed = node[:at] + bytes([node[at] ^ 1]) + node[at + 1 :]
            with pytest.raises(RegistryError):
                replace(made, nodes=(*before, changed, *after)).verify(registered.network)
        with pytest.raises(RegistryError):
            replace(made, nodes=(*before, *after)).verify(registered.network)


def test_of_a_chains_answer_no_node_can_be_changed_left_out_or_added(
    registered: Registered,
) -> None:
    header = registered.chain.header(Tag.LATEST)
    address = registered.network.contracts[Name.ACCREDITATION].address
    slot = credential_slot(registered.account, REVOKED[0])
    proof = registered.chain.proofs(header, address, [slot])
    account, words = check_account(header.state_root, proof)
    assert account.code_hash == registered.network.contracts[Name.ACCREDITATION].code_hash
    assert words[slot]

    nodes = proof.storage[slot]
    wrong = [nodes[:-1], nodes[1:], (*nodes, nodes[0]), (*nodes, rlp.encode([b"\x20", b"x"])), ()]
    for number, node in enumerate(nodes):
        for at in range(len(node)):
            changed = node[:at] + bytes([node[at] ^ 4]) + node[at + 1 :]
            wrong.append((*nodes[:number], changed, *nodes[number + 1 :]))
    for listed in wrong:
        with pytest.raises(ProofInvalid):
            check_account(header.state_root, AccountProof(address, proof.nodes, {slot: listed}))
    for root in (bytes(32), keccak(b"another state")):
        with pytest.raises(ProofInvalid):
            check_account(root, proof)


def test_every_block_of_a_chain_is_rebuilt_to_its_hash(registered: Registered) -> None:
    newest = registered.chain.header(Tag.LATEST).number
    for number in range(newest + 1):
        block = registered.ask("eth_getBlockByNumber", hex(number), False)
        header = header_from_fields(block)
        assert (header.number, "0x" + header.hash.hex()) == (number, block["hash"])
        assert decode_header(header.encoded) == header
    with pytest.raises(HeaderInvalid):
        header_from_fields({**block, "stateRoot": "0x" + "11" * 32})


@pytest.mark.parametrize("fork", ["berlin", "london", "shanghai", "cancun", "prague"])
def test_headers_of_several_forks_are_rebuilt_to_their_hashes(fork: str) -> None:
    with running_anvil("--hardfork", fork) as anvil:
        anvil.mine(2)
        lengths = set()
        for number in (1, 2):
            header = header_from_fields(anvil.ask("eth_getBlockByNumber", hex(number), False))
            assert header.number == number
            lengths.add(len(rlp.decode(header.encoded)))
    assert lengths == {
        {"berlin": 15, "london": 16, "shanghai": 17, "cancun": 20, "prague": 21}[fork]
    }


def test_the_council_changes_the_signers_and_the_old_ones_prove_it(registered: Registered) -> None:
    network: Network = registered.network
    new = SignerSet((NEW.public,), 1)
    actions = [Action(SET_SIGNERS, a=int.from_bytes(new.hash))]
    place = Place(network.chain, network.contracts[Name.ACCREDITATION].address)
    salt = keccak(b"salt")
    signature = sign(COUNCIL, decision_digest(place, actions, salt, LATE_SECONDS))
    before = registered.snapshot()
    registered.send(Name.ACCREDITATION, calls.decide(actions, salt, LATE_SECONDS, [signature]))

    header = registered.chain.header(Tag.LATEST)
    checkpoint = sign_checkpoint(OLD, network.fingerprint, header.number, header.hash)
    proof = registered.chain.proofs(
        header, network.contracts[Name.ACCREDITATION].address, [signers_slot()]
    )
    nodes = (*proof.nodes, *proof.storage[signers_slot()])
    change = make_signer_change(new, checkpoint, header, nodes)

    verified = registered.snapshot(NEW, (change,)).verify(network)
    assert verified.signers == new
    assert verified.facts[FactKey(Name.ACCREDITATION, signers_slot())] == int.from_bytes(new.hash)
    assert before.verify(network).signers == SignerSet((OLD.public,), 1)
    for wrong in (
        registered.snapshot(OLD, (change,)),
        registered.snapshot(NEW),
        registered.snapshot(
            NEW, (replace(change, signers=SignerSet(tuple(sorted((OLD.public, NEW.public))), 1)),)
        ),
    ):
        with pytest.raises(RegistryError):
            wrong.verify(network)
