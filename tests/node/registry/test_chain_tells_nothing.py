"""Nothing on a chain links to a patient: all of it is searched after a story, in every form."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from chain_scan import cells, forms, joined, leaks, words_of
from chained import COUNCIL, Registered
from clinics import ALL_LANES, Clinic, allergy, level, made_clinic, pair, patient, synced

from contracts import calls, typed_data
from contracts.development_accounts import development_accounts
from contracts.loader import Name
from contracts.slots import commitment_id, commitment_slot, organisation_slot
from node.keystore.secrets import NodeKind
from node.registry.development_signer import development_signer
from node.registry.intent import Effect, Intent
from node.registry.keccak import keccak
from node.registry.signers import SignerSet
from sync.identifiers import chart_text, operation_text

BORN = "1931-07-19"
NAMES = ("Quillonbury", "Amaranthine")
STATE_BITS = {"shift_bits": 0, "width_bits": 8}


class Story:
    """A patient, two clinics and everything that they write on the chain."""

    def __init__(self, folder: Path) -> None:
        self.registered = Registered(signers=SignerSet((development_signer().public,), 1))
        now = int(self.registered.clock.seconds) * 1000
        self.a, self.b, self.own = (
            made_clinic(folder / name, name, 40 + place, kind, now, self.registered.network)
            for place, (name, kind) in enumerate(
                [("A", NodeKind.CLINIC), ("B", NodeKind.CLINIC), ("amara", NodeKind.PATIENT)]
            )
        )
        for one in self.all:
            one.node.registry_desk.opened = lambda _url: self.registered.chain
            one.node.registry_desk.sleep = lambda _seconds: None
        pair(*self.all)
        self.chart = ""
        self.consents: list[bytes] = []
        self.run()
        self.content = cells(self.registered.development)

    @property
    def all(self) -> tuple[Clinic, Clinic, Clinic]:
        return self.a, self.b, self.own

    def run(self) -> None:
        a, b, own = self.all
        name = f"{NAMES[1]} {NAMES[0]}"
        a.take(patient("national-id-4471", name, BORN), allergy("al-1", "national-id-4471"))
        (self.chart,) = a.charts()
        for one in self.all:
            one.node.registry_desk.sync()
        for one in (a, b):
            self.accredit(one)
            one.node.registry_desk.sync(pay=True)
        a.node.grant(self.chart, to="amara", lanes=ALL_LANES, rights="read")
        level(a, own)
        for number in range(2):
            self.consent(number)
        b.node.patients.break_glass(self.chart, reason="an emergency", seconds=(), holders=())
        for _ in range(4):
            synced(b, a)
        for one in (a, b):
            one.node.governance.issue(devices=(), practitioners=(), own=True, until=None)
            one.node.chart_history(one.charts()[0])
            for _ in range(3):
                one.node.registry_desk.sync(pay=True)
        b.node.governance.revoke(devices=(), practitioners=(), own=True, confirmed=True)
        b.node.audit_desk.anchor()
        for one in (b, own):
            for _ in range(3):
                one.node.registry_desk.sync(pay=True)

    def accredit(self, clinic: Clinic) -> None:
        """The council decides; the clinic relays it."""
        network, seconds = self.registered.network, int(self.registered.clock.seconds)
        organisation = clinic.node.context.identity.organisation
        place = typed_data.Place(network.chain, network.contracts[Name.ACCREDITATION].address)
        actions = [typed_data.Action(1, organisation, 1, 0)]
        salt = clinic.node.context.random(32)
        digest = typed_data.decision_digest(place, actions, salt, seconds + 86400)
        signature = typed_data.sign(COUNCIL.secret, digest)
        calldata = calls.decide(actions, salt, seconds + 86400, [signature])
        slot = organisation_slot(organisation)
        effect = Effect.state_at_least(
            Name.ACCREDITATION, slot, shift_bits=208, width_bits=8, value=1
        )
        intent = Intent("decide", Name.ACCREDITATION, calldata, effect, "accreditation")
        clinic.node.context.store.outbox.put(intent, seconds)

    def consent(self, number: int) -> None:
        """A standing policy by a fresh pseudonym, granted and revoked."""
        draw = self.own.node.context.random
        secret, salt = draw(32), draw(32)
        owner = typed_data.address_of(secret)
        commitment = typed_data.policy_commitment(1 + number, 30 * 86400, salt)
        network = self.registered.network
        place = typed_data.Place(network.chain, network.contracts[Name.CONSENT].address)
        slot = commitment_slot(commitment_id(owner, commitment))
        deadline = int(self.registered.clock.seconds) + 86400 + number
        for state, digest, call in (
            (1, typed_data.grant_digest(place, owner, commitment, deadline), calls.grant),
            (2, typed_data.revoke_digest(place, owner, commitment, deadline), calls.revoke),
        ):
            calldata = call(owner, commitment, deadline, typed_data.sign(secret, digest))
            effect = Effect.state_at_least(Name.CONSENT, slot, value=state, **STATE_BITS)
            intent = Intent("consent", Name.CONSENT, calldata, effect, "consent", order=slot)
            self.own.node.context.store.outbox.put(intent, int(self.registered.clock.seconds))
            if state == 1:
                self.consents.append(calldata)

    def secrets(self) -> list[bytes]:
        """Whatever names the patient, their chart, or what was written in it."""
        found = [BORN.encode(), BORN.replace("-", "").encode(), b"national-id-4471", b"Penicillin"]
        found += [name.encode() for name in NAMES]
        identity = self.own.node.context.identity
        found += [self.own.did.encode(), self.own.organisation.encode(), identity.organisation]
        found += [identity.device, identity.owner.public]
        found += [identity.secrets.root.signing, identity.secrets.root.sealing]
        found += [identity.checkpoint_signer.public, identity.sealing_key]
        for chart in self.a._charts.ids():
            found += [chart, chart_text(chart).encode()]
            found += [chart_text(chart).removeprefix("chart:").encode()]
            for operation in self.a.node.context.store.operations.sound(chart)[0]:
                found += [operation.id, operation_text(operation.id).encode()]
        return [bytes(one) for one in found]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    made = Story(tmp_path_factory.mktemp("story"))
    yield made
    for one in made.all:
        one.crash()


def test_the_story_wrote_of_everything_that_can_be_written(story: Story) -> None:
    kinds = {
        kept.intent.kind
        for one in story.all
        for kept in one.node.context.store.outbox.all()
        if kept.stage in ("seen", "done")
    }
    assert kinds == {"decide", "issue", "revoke", "consent", "break-glass", "anchor"}
    content = joined(story.content)
    for calldata in story.consents:
        assert calldata in content  # what is searched holds what was sent


def test_nothing_on_the_chain_names_a_patient_or_a_chart_in_any_form(story: Story) -> None:
    assert len(story.secrets()) > 25
    assert leaks(joined(story.content), story.secrets()) == []


def test_two_consents_of_one_patient_share_no_word(story: Story) -> None:
    one, other = (words_of(calldata) for calldata in story.consents)
    assert {word for word in one & other if len(set(word[:-1])) > 1} == set()
    owners = {calldata[16:36] for calldata in story.consents}
    assert len(owners) == 2
    assert not any(owner in story.secrets() for owner in owners)


@pytest.mark.parametrize(
    "planted",
    [
        lambda name, chart: name,
        lambda name, chart: name.decode().encode("utf-16-le"),
        lambda name, chart: name.decode().encode("utf-16-be"),
        lambda name, chart: name.hex().encode(),
        lambda name, chart: chart,
        lambda name, chart: keccak(chart),
        lambda name, chart: hashlib.sha256(chart).digest(),
        lambda name, chart: hashlib.blake2b(name).digest(),
        lambda name, chart: keccak(name)[-20:],
    ],
)
def test_a_leak_in_a_transaction_is_noticed(story: Story, planted: object) -> None:
    assert callable(planted)
    leak: bytes = planted(NAMES[0].encode(), bytes(story.a._charts.ids()[0]))
    # What was planted before leaves traces in the file: only what is new is searched.
    before = cells(story.registered.development)
    with story.registered.rolled_back():
        payer = development_accounts()[7].address
        sent = {"from": "0x" + payer.hex(), "to": "0x" + payer.hex(), "data": "0x" + leak.hex()}
        story.registered.ask("eth_sendTransaction", sent)
        assert leaks(joined(cells(story.registered.development) - before), story.secrets())


def test_a_leak_in_storage_is_noticed(story: Story) -> None:
    root = keccak(bytes(story.a._charts.ids()[0]))
    # What was planted before leaves traces in the file: only what is new is searched.
    before = cells(story.registered.development)
    with story.registered.rolled_back():
        address = story.registered.network.contracts[Name.CONSENT].address
        sent = {
            "from": "0x" + development_accounts()[7].address.hex(),
            "to": "0x" + address.hex(),
            "data": "0x" + calls.break_glass([root]).hex(),
        }
        story.registered.ask("eth_sendTransaction", sent)
        found = leaks(joined(cells(story.registered.development) - before), story.secrets())
        assert any("keccak" in leak for leak in found)


def test_base64_is_looked_for_wherever_it_begins() -> None:
    import base64

    for before in (b"", b"x", b"xy", b"xyz"):
        text = base64.b64encode(before + b"Quillonbury" + b"!!")
        assert leaks(text, [b"Quillonbury"])
    assert forms(b"Quillonbury")
