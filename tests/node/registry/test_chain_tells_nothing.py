"""Nothing on a chain links to a patient: all of it is searched after a story, in every form."""

import hashlib
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from chain_scan import cells, forms, joined, leaks, words_of
from chained import COUNCIL, Registered
from clinics import ALL_LANES, Clinic, allergy, level, made_clinic, pair, patient, synced

from contracts import calls, typed_data
from contracts.development_accounts import development_accounts
from contracts.loader import Name
from contracts.slots import commitment_id, organisation_slot
from node.application.patients.consent_records import ConsentRecord, parse_consent
from node.keystore.secrets import NodeKind
from node.registry.development_signer import development_signer
from node.registry.intent import Effect, Intent
from node.registry.keccak import keccak
from node.registry.signers import SignerSet
from sync.identifiers import chart_text, operation_text, parse_chart_text

BORN = "1931-07-19"
NAMES = ("Quillonbury", "Amaranthine")


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
        self.consent()
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
        for _ in range(3):
            b.node.registry_desk.sync(pay=True)

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

    def consent(self) -> None:
        """Two standing policies that say the same, and grants; one of each is ended later."""
        desk = self.a.node.consents
        for _ in range(2):
            told = desk.policy(
                self.chart,
                roles=["clinic"],
                accredited_days=30,
                lanes=["summary", "care"],
                rights="append",
                until=None,
            )
        for _ in range(3):
            self.a.node.registry_desk.sync(pay=True)
        desk.revoke(self.chart, str(told["consent"]))
        granted = desk.grant(
            self.chart,
            to="amara",
            lanes=["care"],
            rights="read",
            given_by="patient",
            how="signed",
            until=None,
            history=False,
        )
        desk.revoke(self.chart, str(granted["consent"]))

    def consents(self) -> list[tuple[ConsentRecord, list[bytes]]]:
        """Each consent, and what was sent of it."""
        store = self.a.node.context.store
        chart = parse_chart_text(self.chart)
        sent = [
            kept.intent.calldata
            for kept in store.outbox.all()
            if kept.intent.kind in ("consent", "consent-end")
        ]
        records = [parse_consent(kept.record) for kept in store.consents.of_chart(chart)]
        return [
            (record, [calldata for calldata in sent if record.commitment(chart) in calldata])
            for record in records
        ]

    def secrets(self) -> list[bytes]:
        """Whatever names the patient, their chart, or what was written in it."""
        found = [BORN.encode(), BORN.replace("-", "").encode(), b"national-id-4471", b"Penicillin"]
        found += [name.encode() for name in NAMES]
        identity = self.own.node.context.identity
        found += [self.own.did.encode(), self.own.organisation.encode(), identity.organisation]
        found += [identity.device, identity.owner.public]
        found += [identity.secrets.root.signing, identity.secrets.root.sealing]
        found += [identity.checkpoint_signer.public, identity.sealing_key]
        for record, _ in self.consents():
            found += [record.id.encode(), record.policy_id, record.encoded(), record.terms()]
            found += [record.seed, record.salt, record.owner_secret]
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
    assert kinds == {
        *("decide", "issue", "revoke"),
        *("consent", "consent-end", "break-glass", "anchor"),
    }
    content = joined(story.content)
    assert sorted(len(sent) for _, sent in story.consents()) == [1, 2, 2]
    for _, sent in story.consents():
        assert all(calldata in content for calldata in sent)  # it holds what was sent


def test_nothing_on_the_chain_names_a_patient_or_a_chart_in_any_form(story: Story) -> None:
    assert len(story.secrets()) > 25
    assert leaks(joined(story.content), story.secrets()) == []


def test_two_consents_of_one_patient_share_no_word(story: Story) -> None:
    chart = parse_chart_text(story.chart)
    told = [
        {commitment_id(record.owner, record.commitment(chart)), record.owner}.union(
            *(telling(calldata) for calldata in sent)
        )
        for record, sent in story.consents()
    ]
    assert len(told) == 3
    for one, other in itertools.combinations(told, 2):
        assert one
        assert not one & other
    for record, _ in story.consents():
        assert record.owner not in story.secrets()


def telling(calldata: bytes) -> set[bytes]:
    """Its words, but those of a single byte: v is 27 or 28, and what is not there is zero."""
    return {word for word in words_of(calldata) if any(word[:-1])}


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
