"""Tags of broken glass reach a chain: once, in order, and only who holds the chart knows them."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from chained import Registered
from clinics import Clinic, allergy, made_clinic, pair, patient, synced

from contracts.loader import Name
from contracts.slots import glass_slot
from contracts.typed_data import chained
from node.application.patients.glass_tagging import KIND
from node.registry.development_signer import development_signer
from node.registry.signers import SignerSet
from node.store.outbox import Stage

SEEDS = itertools.count(1)
"""Each test has organisations of its own: they share a chain."""


@pytest.fixture(scope="module")
def registered() -> Registered:
    return Registered(signers=SignerSet((development_signer().public,), 1))


@pytest.fixture
def two(tmp_path: Path, registered: Registered) -> Iterator[tuple[Clinic, Clinic]]:
    now = int(registered.clock.seconds) * 1000
    made = [
        made_clinic(tmp_path / name, name, next(SEEDS), clock=now, network=registered.network)
        for name in "AB"
    ]
    pair(*made)
    for one in made:
        one.node.registry_desk.opened = lambda _url: registered.chain
        one.node.registry_desk.sleep = lambda _seconds: None
    yield made[0], made[1]
    for one in made:
        one.crash()


def head(registered: Registered, clinic: Clinic) -> bytes:
    address = registered.network.contracts[Name.CONSENT].address
    slot = glass_slot(clinic.node.context.identity.organisation)
    word = registered.ask("eth_getStorageAt", "0x" + address.hex(), "0x" + slot.hex(), "latest")
    return bytes.fromhex(str(word).removeprefix("0x"))


def tag(a: Clinic, chart: str) -> bytes:
    (line,) = a.node.patients.glass_list(chart)
    return bytes.fromhex(str(line["tag"]))


def test_tags_reach_the_chain_once_and_in_order(
    two: tuple[Clinic, Clinic], registered: Registered
) -> None:
    a, b = two
    for number in range(2):
        a.take(patient(f"p{number}", f"Amara{number} Okafor"), allergy(f"a{number}", f"p{number}"))
    charts = a.charts()
    assert head(registered, b) == bytes(32)
    expected = bytes(32)
    for chart in charts:
        b.node.patients.break_glass(chart, reason="an emergency", seconds=(), holders=())
        for _ in range(4):
            synced(b, a)
        for _ in range(3):
            b.node.registry_desk.sync(pay=True)
        expected = chained(expected, tag(a, chart))
        assert head(registered, b) == expected
    tags = [kept for kept in b.node.context.store.outbox.all() if kept.intent.kind == KIND]
    stages = [kept.stage for kept in tags]
    assert set(stages) <= {Stage.SEEN, Stage.DONE}
    assert len(stages) == 2
    written = "".join(
        str(transaction)
        for number in range(registered.development.head.block_number + 1)
        for transaction in registered.ask("eth_getBlockByNumber", hex(number), True)["transactions"]
    )
    for held in a._charts.ids():
        assert held.hex() not in written
    assert b.device.hex() not in written


def test_a_batch_that_failed_holds_up_none_of_those_after_it(
    two: tuple[Clinic, Clinic], registered: Registered
) -> None:
    a, b = two
    a.take(patient("p1", "Amara Okafor"), allergy("a1", "p1"))
    (chart,) = a.charts()
    before = head(registered, b)
    b.node.registry_desk.sync()
    b.node.patients.break_glass(chart, reason="an emergency", seconds=(), holders=())
    for _ in range(4):
        synced(b, a)
    outbox = b.node.context.store.outbox
    (first,) = [kept for kept in outbox.waiting() if kept.intent.kind == KIND]
    outbox.note_stage(first.number, Stage.FAILED, "too late")
    b.clock.milliseconds += 60_000
    b.node.settle()
    (again,) = [kept for kept in outbox.waiting() if kept.intent.kind == KIND]
    assert again.intent.order != first.intent.order
    b.node.registry_desk.sync(pay=True)
    assert head(registered, b) == chained(before, tag(a, chart))
