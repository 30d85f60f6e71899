"""Whole nodes meet chains that tell the truth, lie, lag, hang, or take back what they said."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chained import CHAIN_ID, SIGNER, Registered, anchors, deployed, revocation
from clinics import Clinic, made_clinic

from contracts.development_accounts import development_accounts
from contracts.loader import Name
from contracts.slots import credential_slot
from node.errors import NodeError
from node.registry.chain import Chain
from node.registry.checkpoint import sign_checkpoint
from node.registry.development_signer import development_signer
from node.registry.errors import (
    ChainError,
    ChainForeign,
    ChainUnreachable,
    ChainUntrusted,
    NoNetwork,
    SignedBefore,
)
from node.registry.fact import FactKey
from node.registry.payer import Payer, choose_payer
from node.registry.signers import SignerSet
from sync.signing import Signer

Result = dict[str, Any]


@pytest.fixture(scope="module")
def whole() -> Registered:
    return Registered(finality_blocks=1, signers=SignerSet((development_signer().public,), 1))


@pytest.fixture
def registered(whole: Registered) -> Iterator[Registered]:
    with whole.rolled_back():
        yield whole


def joined(clinic: Clinic, registered: Registered) -> Clinic:
    clinic.node.registry_desk.opened = lambda _url: registered.chain
    clinic.node.registry_desk.sleep = lambda _seconds: None
    return clinic


def made(path: Path, registered: Registered, network: Any = None) -> Clinic:
    now = int(registered.clock.seconds) * 1000
    network = network or registered.network
    return joined(
        made_clinic(path / "home", "riverside", 7, clock=now, network=network), registered
    )


@pytest.fixture
def clinic(tmp_path: Path, registered: Registered) -> Iterator[Clinic]:
    found = made(tmp_path, registered)
    yield found
    found.close()


def payer_of(clinic: Clinic, registered: Registered) -> Payer:
    secret = clinic.node.context.identity.secrets.organisation_secret
    return choose_payer(registered.chain, registered.network, secret, None)


def put_revocation(clinic: Clinic, registered: Registered, number: int = 1) -> FactKey:
    """Have a key revoked on chain; returns the fact by which that is seen."""
    payer = payer_of(clinic, registered)
    clinic.node.context.store.outbox.put(revocation(payer, number), 1)
    return FactKey(Name.ACCREDITATION, credential_slot(payer.address, number.to_bytes(32)))


def word(clinic: Clinic, key: FactKey) -> int | None:
    held = clinic.node.context.store.registry_facts.get(key)
    return None if held is None else held.value


def test_a_node_takes_facts_under_a_checkpoint_that_it_signs(
    clinic: Clinic, registered: Registered
) -> None:
    before = clinic.node.registry_desk.status()
    told = clinic.node.registry_desk.sync()
    after: Result = clinic.node.registry_desk.status()

    assert before["summary"] == "nothing of the registry has reached this node yet: degraded"
    assert (told["signed"], told["stale_blocks"], told["alarms"]) == (True, 0, 0)
    assert told["vouched_block"] == told["adopted_block"] == told["block"]
    assert after["adopted"]["block"] == told["block"]
    assert after["facts"] == told["facts"]
    assert after["facts"] > 5
    assert "not accredited" in after["organisations"][0]["verdict"]
    clinic.clock.milliseconds += (3 * 24 + 1) * 3600 * 1000
    assert clinic.node.registry_desk.status()["summary"] == (
        "as of a block that was made 3 days ago"
    )


def test_nothing_is_spent_unless_somebody_says_so(clinic: Clinic, registered: Registered) -> None:
    key = put_revocation(clinic, registered)
    told: Result = clinic.node.registry_desk.sync()

    assert [one["kind"] for one in told["plan"]["transactions"]] == ["revoke"]
    assert told["plan"]["payer_kind"] == "development account"
    assert "eth_sendTransaction" not in registered.endpoint.asked
    paid: Result = clinic.node.registry_desk.sync(pay=True, wei_max=told["plan"]["wei_max"])
    assert paid["sent"] == 1
    registered.ask("evm_mine")
    done: Result = clinic.node.registry_desk.sync()
    assert done["outbox"]["done"] == 1
    assert done["plan"] is None
    assert word(clinic, key) == 2 << 152 | (word(clinic, key) or 0) & ((1 << 152) - 1)


def test_a_rewritten_chain_undoes_grants_and_no_revocations_and_gets_them_again(
    clinic: Clinic, registered: Registered
) -> None:
    """Blocks were final by the endpoint's word, were signed, and were replaced all the same."""
    clinic.node.registry_desk.sync()
    before = registered.ask("evm_snapshot")
    key = put_revocation(clinic, registered)
    root, mined = anchored(clinic, registered)
    clinic.node.registry_desk.sync(pay=True)
    registered.ask("evm_mine")
    told: Result = clinic.node.registry_desk.sync()
    held = word(clinic, key)
    assert (held or 0) >> 152 == 2
    assert word(clinic, root) == mined
    assert told["outbox"]["done"] == 2

    registered.ask("evm_revert", before)
    registered.clock.seconds += 5000
    for _ in range(8):
        registered.ask("evm_mine")
    rewritten: Result = clinic.node.registry_desk.sync()
    assert rewritten["alarms"] >= 1
    status: Result = clinic.node.registry_desk.status()
    assert status["alarms"][0]["kind"] == "disagrees"
    assert (word(clinic, key) or 0) >> 152 == 2
    # Both were sent again by themselves, as they had been paid for.
    assert rewritten["outbox"]["seen"] + rewritten["outbox"]["done"] == 2
    assert word(clinic, root) != mined


def anchored(clinic: Clinic, registered: Registered) -> tuple[FactKey, int]:
    """Something that is no revocation; the fact by which it is seen, and its value once it is."""
    payer = payer_of(clinic, registered)
    (intent,) = anchors(payer, 1)
    clinic.node.context.store.outbox.put(intent, 1)
    (sight,) = intent.effect.sights
    return FactKey(Name.CONSENT, sight.slot), int.from_bytes(sight.wanted)


def test_what_others_vouch_for_no_endpoint_contradicts(
    tmp_path: Path, registered: Registered
) -> None:
    second = Signer(b"2" * 32)
    keys = tuple(sorted((development_signer().public, second.public)))
    signers = SignerSet(keys, 2)
    network = deployed(registered.provider, signers)
    clinic = made(tmp_path, registered, network)
    before = registered.ask("evm_snapshot")
    registered.ask("evm_mine")
    registered.ask("evm_mine")
    told = clinic.node.registry_desk.sync()
    header = registered.chain.header(int(str(told["block"])))
    word_of_second = sign_checkpoint(second, network.fingerprint, header.number, header.hash)
    clinic.node.context.store.partial_checkpoints.add(word_of_second, network.fingerprint, signers)
    clinic.node.registry_desk.sync()

    registered.ask("evm_revert", before)
    registered.clock.seconds += 5000
    for _ in range(5):
        registered.ask("evm_mine")
    facts = clinic.node.context.store.registry_facts.all()
    with pytest.raises(ChainUntrusted, match="another block"):
        clinic.node.registry_desk.sync()
    status: Result = clinic.node.registry_desk.status()
    assert "another block" in status["last_asked"]["failure"]
    assert clinic.node.context.store.registry_facts.all() == facts
    clinic.close()


def test_an_intent_whose_block_is_replaced_before_it_is_final_is_sent_again(
    clinic: Clinic, registered: Registered
) -> None:
    clinic.node.registry_desk.sync()
    put_revocation(clinic, registered)
    before = registered.ask("evm_snapshot")
    told: Result = clinic.node.registry_desk.sync(pay=True)
    assert told["outbox"]["seen"] == 1

    registered.ask("evm_revert", before)
    registered.clock.seconds += 5000
    registered.ask("evm_mine")
    again: Result = clinic.node.registry_desk.sync()
    assert (again["sent"], again["plan"]) == (0, None)  # the same transaction: nothing new is paid
    assert again["outbox"]["seen"] == 1
    registered.ask("evm_mine")
    last: Result = clinic.node.registry_desk.sync()
    assert last["outbox"]["done"] == 1


def test_a_chain_that_lags_behind_is_noted_and_gives_nothing_older(
    clinic: Clinic, registered: Registered
) -> None:
    before = registered.ask("evm_snapshot")
    for _ in range(4):
        registered.ask("evm_mine")
    told = clinic.node.registry_desk.sync()
    registered.ask("evm_revert", before)

    lagging = clinic.node.registry_desk.sync()
    assert lagging["stale_blocks"] == 4
    assert not lagging["signed"]
    assert lagging["adopted_block"] == told["block"]


def test_a_signer_gives_its_word_once_a_block(clinic: Clinic, registered: Registered) -> None:
    before = registered.ask("evm_snapshot")
    registered.ask("evm_mine")
    registered.endpoint.refuses("eth_getProof", -32000, "no state")
    told = clinic.node.registry_desk.sync
    with pytest.raises(ChainError):
        told()
    registered.endpoint.is_honest()
    facts = clinic.node.context.store.registry_facts
    header = registered.chain.header(registered.development.finalized_number)
    facts.note_signed(
        sign_checkpoint(
            development_signer(), registered.network.fingerprint, header.number, header.hash
        )
    )
    registered.ask("evm_revert", before)
    registered.clock.seconds += 5000
    registered.ask("evm_mine")
    registered.ask("evm_mine")
    other = registered.chain.header(header.number)
    assert other.number == header.number
    newest = registered.ask("eth_getBlockByNumber", hex(header.number), False)
    if other.hash != header.hash:
        finalized = {"jsonrpc": "2.0", "id": 1, "result": newest}
        registered.endpoint.lies["eth_getBlockByNumber"] = lambda params, true: (
            finalized if params[0] == "finalized" else true
        )
        with pytest.raises(SignedBefore):
            told()


def test_without_enough_signatures_nothing_is_taken_and_it_is_said(
    tmp_path: Path, registered: Registered
) -> None:
    second = Signer(b"2" * 32)
    keys = tuple(sorted((development_signer().public, second.public)))
    network = deployed(registered.provider, SignerSet(keys, 2))
    clinic = made(tmp_path, registered, network)
    told = clinic.node.registry_desk.sync()
    assert (told["signed"], told["vouched_block"], told["facts"]) == (True, None, 0)
    status: Result = clinic.node.registry_desk.status()
    assert status["signatures"] == [{"block": told["block"], "signed": 1, "needed": 2}]

    header = registered.chain.header(int(str(told["block"])))
    word_of_second = sign_checkpoint(second, network.fingerprint, header.number, header.hash)
    store = clinic.node.context.store
    assert store.partial_checkpoints.add(word_of_second, network.fingerprint, SignerSet(keys, 2))
    assert clinic.node.registry_desk.sync()["vouched_block"] == header.number
    clinic.close()


LIES = {
    "another chain's id": ("eth_chainId", "0x1"),
    "no blocks": ("eth_getBlockByNumber", None),
    "junk for blocks": ("eth_getBlockByNumber", {"hash": "0x00"}),
    "junk for proofs": ("eth_getProof", {"accountProof": ["0x00"], "storageProof": []}),
    "no proofs": ("eth_getProof", None),
}


@pytest.mark.parametrize("lie", LIES)
def test_an_endpoint_that_lies_changes_nothing_and_is_remembered(
    clinic: Clinic, registered: Registered, lie: str
) -> None:
    clinic.node.registry_desk.sync()
    before = clinic.node.context.store.registry_facts.all()
    registered.endpoint.tells(*LIES[lie])

    with pytest.raises(ChainError):
        clinic.node.registry_desk.sync()
    status: Result = clinic.node.registry_desk.status()
    assert status["last_asked"]["failure"]
    assert clinic.node.context.store.registry_facts.all() == before


def test_an_endpoint_that_switches_chains_midway_gives_nothing(
    clinic: Clinic, registered: Registered
) -> None:
    put_revocation(clinic, registered)
    clinic.node.registry_desk.sync()
    ids = iter([hex(CHAIN_ID)] + ["0x1"] * 50)
    registered.endpoint.lies["eth_chainId"] = lambda _params, _true: {"result": next(ids)}

    with pytest.raises(ChainForeign):
        clinic.node.registry_desk.sync(pay=True)
    assert "eth_sendTransaction" not in registered.endpoint.asked


def test_the_next_endpoint_is_asked_where_one_does_not_answer(
    clinic: Clinic, registered: Registered
) -> None:
    class Dead:
        def make_request(self, method: Any, params: Any, /) -> Any:
            raise ConnectionRefusedError

    network = clinic.node.context.registry.network
    object.__setattr__(network, "urls", ("http://first", "http://second"))
    desk = clinic.node.registry_desk
    desk.opened = lambda url: Chain(Dead(), url) if "first" in url else registered.chain
    assert desk.sync()["chain"] == registered.chain.name
    desk.opened = lambda url: Chain(Dead(), url)
    with pytest.raises(ChainUnreachable):
        desk.sync()
    assert desk.meet_by_itself() is not None
    network_urls = registered.network.urls
    object.__setattr__(network, "urls", network_urls)


def test_a_chain_that_hangs_holds_up_no_care(clinic: Clinic, registered: Registered) -> None:
    may_end, inside = threading.Event(), threading.Event()

    class Hanging:
        def make_request(self, method: Any, params: Any, /) -> Any:
            inside.set()
            may_end.wait(60)
            raise ConnectionResetError

    clinic.node.registry_desk.opened = lambda _url: Chain(Hanging(), "hanging")
    thread = threading.Thread(target=clinic.node.registry_desk.meet_by_itself)
    thread.start()
    assert inside.wait(30)
    assert clinic.node.charts() is not None
    assert clinic.node.registry_desk.status()["last_asked"] is None
    may_end.set()
    thread.join(30)
    status: Result = clinic.node.registry_desk.status()
    assert "does not answer" in status["last_asked"]["failure"]


def test_dids_are_resolved_by_the_node(clinic: Clinic) -> None:
    organisation = str(clinic.node.identity()["organisation"])
    found: Result = clinic.node.registry_desk.resolve(organisation)
    assert found["document"]["id"] == organisation
    assert found["proven"] == ["owner", "last change"]
    alone: Result = clinic.node.registry_desk.resolve(clinic.did)
    assert alone["chain"] is None
    with pytest.raises(NodeError, match="neither"):
        clinic.node.registry_desk.resolve("did:web:example.org")


def test_a_node_without_a_network_says_degraded_and_meets_no_chain(tmp_path: Path) -> None:
    clinic = made_clinic(tmp_path / "home", "alone", 7)
    assert clinic.node.registry_desk.status()["summary"] == "no shared registry: degraded"
    assert not clinic.node.registry_desk.has_endpoints
    with pytest.raises(NoNetwork):
        clinic.node.registry_desk.sync()
    clinic.close()


def test_the_outbox_is_listed_without_anything_of_patients(
    clinic: Clinic, registered: Registered
) -> None:
    put_revocation(clinic, registered)
    (line,) = clinic.node.registry_desk.outbox()
    assert (line["kind"], line["stage"], line["label"]) == ("revoke", "waiting", "credential 1")
    assert set(line) == {
        *("number", "kind", "contract", "label", "stage", "reason", "put_at", "expires_at"),
        *("transaction", "payer", "block"),
    }


def test_signers_and_accounts_of_these_tests_are_others() -> None:
    assert SIGNER.public != development_signer().public
    assert len({account.address for account in development_accounts()}) >= 10
