"""The outbox on anvil: what a reorganisation takes back is sent again, and done once final."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from anvil import Anvil, running_anvil

from contracts import calls
from contracts.development_accounts import development_accounts
from contracts.keccak import keccak
from contracts.loader import Name
from contracts.slots import anchor_slot, credential_slot
from contracts.typed_data import chained
from node.registry.chain import Chain, Tag
from node.registry.deploying import Deployment, Plan
from node.registry.fact import FactKey
from node.registry.http_provider import HttpProvider
from node.registry.intent import Effect, Intent
from node.registry.outbox import Relay
from node.registry.payer import Payer
from node.registry.signers import SignerSet
from node.store.outbox import Stage
from node.store.store import Store, create_store
from sync.signing import Signer

ACCOUNT = development_accounts()[4]
PAYER = Payer(ACCOUNT.address, "key file", ACCOUNT.secret)
KEY = keccak(b"a stolen tablet")
ROOT = keccak(b"an audit")


@pytest.fixture
def anvil() -> Iterator[Anvil]:
    with running_anvil() as found:
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with create_store(tmp_path / "store.db", b"k" * 32, lambda size: b"r" * size) as made:
        yield made


def intents() -> list[Intent]:
    """A revocation, and an audit root: both by whoever sends them."""
    slot = credential_slot(PAYER.address, KEY)
    revoked = Effect.state_at_least(Name.ACCREDITATION, slot, shift_bits=152, width_bits=8, value=2)
    head = chained(bytes(32), ROOT)
    place = anchor_slot(PAYER.address)
    anchored = Effect.head_changed(Name.CONSENT, place, previous=bytes(32), head=head)
    return [
        Intent("revoke", Name.ACCREDITATION, calls.revoke_key(KEY), revoked, "a device"),
        Intent("anchor", Name.CONSENT, calls.anchor(ROOT), anchored, "audit", PAYER.address),
    ]


def test_what_a_reorganisation_takes_back_is_sent_again(anvil: Anvil, store: Store) -> None:
    provider = HttpProvider(anvil.url)
    chain = Chain(provider, "anvil")
    signers = SignerSet((Signer(b"s" * 32).public,), 1)
    network = Deployment(
        provider,
        chain,
        Payer(development_accounts()[1].address, "development account"),
        keccak(b"deployer"),
        pause=lambda _seconds: None,
        told=lambda _what: None,
    ).run(Plan("anvil", (PAYER.address,), 1, signers, True, ()))
    for intent in intents():
        store.outbox.put(intent, 1)

    def stages() -> list[Stage]:
        return [kept.stage for kept in store.outbox.all()]

    def final_word(key: FactKey) -> int:
        """What a checkpoint of the newest final block would prove."""
        header = chain.header(Tag.FINALIZED)
        deployed = network.contracts[key.contract]
        return chain.words(header, deployed.address, deployed.code_hash, [key.slot])[key.slot]

    relay = Relay(store.outbox, chain, network, 1, lambda _seconds: None)
    assert relay.relay(relay.plan(PAYER), 10**20) == 2
    assert stages() == [Stage.SEEN] * 2
    relay.settle(final_word)
    assert stages() == [Stage.SEEN] * 2  # `finalized` stays 64 behind

    anvil.reorganise(2)
    relay.look()
    assert stages() == [Stage.SENT] * 2
    relay.resume()
    relay.look()
    assert stages() == [Stage.SEEN] * 2
    assert chain.next_nonce(PAYER.address) == 2

    anvil.mine(70)
    relay.settle(final_word)
    assert stages() == [Stage.DONE] * 2
    provider.close()
