"""Roots of the audit on a chain: what they prove, and what of a rewritten log they show."""

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chained import Registered
from clinics import Clinic, HandClock, made_clinic

from contracts.loader import Name
from contracts.slots import anchor_slot
from contracts.typed_data import chained
from node.application.registry.anchoring import DEADLINE_SECONDS, publisher_of
from node.registry.development_signer import development_signer
from node.registry.errors import AnchorsUnproven, NoNetwork
from node.registry.signers import SignerSet
from node.store.audit import Audit
from node.store.outbox import Stage

Result = dict[str, Any]
HOUR = 3600 * 1000
URL = "http://127.0.0.1:8545"


@pytest.fixture(scope="module")
def whole() -> Registered:
    return Registered(signers=SignerSet((development_signer().public,), 1))


@pytest.fixture
def registered(whole: Registered) -> Iterator[Registered]:
    with whole.rolled_back():
        yield whole


def joined(clinic: Clinic, registered: Registered) -> Clinic:
    clinic.node.registry_desk.opened = lambda _url: registered.chain
    clinic.node.registry_desk.sleep = lambda _seconds: None
    return clinic


def made(path: Path, registered: Registered, number: int = 3) -> Clinic:
    now = int(registered.clock.seconds) * 1000
    return joined(
        made_clinic(path, path.name, number, clock=now, network=registered.network), registered
    )


@pytest.fixture
def clinic(tmp_path: Path, registered: Registered) -> Iterator[Clinic]:
    found = made(tmp_path / "home", registered)
    yield found
    found.crash()


def read(clinic: Clinic, times: int = 1) -> None:
    """Acts of people that the audit has an entry of, each."""
    for _ in range(times):
        clinic.clock.milliseconds += 1000
        clinic.node.search("nobody")


def sync(clinic: Clinic, times: int = 2) -> Result:
    for _ in range(times):
        told = clinic.node.registry_desk.sync(pay=True)
    return told


def anchored(clinic: Clinic, entries: int = 3) -> None:
    """A log of some more entries, all anchored and proven."""
    read(clinic, entries)
    clinic.node.audit_desk.anchor()
    sync(clinic)


def proof(clinic: Clinic, url: str | None = None) -> Result:
    return clinic.node.audit_desk.prove(url)


def on_chain(registered: Registered, clinic: Clinic) -> bytes:
    address = registered.network.contracts[Name.CONSENT].address
    slot = anchor_slot(publisher_of(clinic.node.context))
    word = registered.ask("eth_getStorageAt", "0x" + address.hex(), "0x" + slot.hex(), "latest")
    return bytes.fromhex(str(word).removeprefix("0x"))


def write(clinic: Clinic, sql: str, *parameters: object) -> None:
    clinic.node.context.store.database.write(sql, parameters)


def test_one_anchor_covers_all_since_the_last_and_its_proof_says_up_to_where(
    clinic: Clinic, registered: Registered
) -> None:
    read(clinic, 5)
    told = clinic.node.audit_desk.anchor()
    assert (told["anchored"], told["entry"], told["waits"]) == (True, 5, True)
    assert clinic.node.audit_desk.anchor()["anchored"] is False
    sync(clinic)
    assert on_chain(registered, clinic) != bytes(32)
    read(clinic, 2)
    for url in (None, URL):
        found = proof(clinic, url)
        assert found["ok"], found
        assert (found["proven_entry"], found["newest_entry"], found["not_anchored"]) == (5, 7, 2)
        assert found["anchors"] == 1
        assert found["as_of_block"] <= registered.development.head.block_number
    assert proof(clinic, URL)["chain"] == registered.chain.name


def test_a_sync_anchors_by_itself_once_an_hour_and_spends_nothing_unasked(
    clinic: Clinic, registered: Registered
) -> None:
    read(clinic)
    told: Result = clinic.node.registry_desk.sync()
    assert [one["kind"] for one in told["plan"]["transactions"]] == ["anchor"]
    assert on_chain(registered, clinic) == bytes(32)
    sync(clinic)
    read(clinic)
    sync(clinic)
    assert len(clinic.node.context.store.anchors.all()) == 1
    clinic.clock.milliseconds += HOUR
    sync(clinic)
    assert len(clinic.node.context.store.anchors.all()) == 2
    clinic.clock.milliseconds += HOUR
    sync(clinic)  # nothing is new
    assert len(clinic.node.context.store.anchors.all()) == 2
    assert proof(clinic)["proven_entry"] == 2


def test_roots_written_offline_go_in_order_and_once(clinic: Clinic, registered: Registered) -> None:
    expected = bytes(32)
    for _ in range(3):
        read(clinic, 2)
        clinic.node.audit_desk.anchor()
    for anchor in clinic.node.context.store.anchors.all():
        expected = chained(expected, anchor.root)
    sync(clinic, 3)
    assert on_chain(registered, clinic) == expected
    stages = {kept.stage for kept in clinic.node.context.store.outbox.all()}
    assert stages == {Stage.DONE}
    found = proof(clinic)
    assert (found["proven_entry"], found["anchors"]) == (6, 3)


def test_a_root_that_came_too_late_is_signed_anew_for_all_that_is_there(
    clinic: Clinic, registered: Registered
) -> None:
    for _ in range(2):
        read(clinic)
        clinic.node.audit_desk.anchor()
    late = DEADLINE_SECONDS + 60
    clinic.clock.milliseconds += late * 1000
    registered.clock.seconds += late
    registered.ask("evm_mine")
    sync(clinic, 3)
    assert proof(clinic)["ok"]
    assert proof(clinic)["proven_entry"] == 2
    assert on_chain(registered, clinic) == clinic.node.context.store.anchors.all()[-1].head


def change_an_entry(clinic: Clinic) -> None:
    write(clinic, "UPDATE audit SET kind = 'export' WHERE number = 2")


def drop_the_last(clinic: Clinic) -> None:
    write(clinic, "DELETE FROM audit WHERE number = (SELECT max(number) FROM audit)")


def rewritten(clinic: Clinic, without: int) -> None:
    """Leave an entry out, number the others anew, and make every hash anew."""
    database = clinic.node.context.store.database
    audit = Audit(database)
    kept = [entry for entry in audit.entries() if entry.number != without]
    write(clinic, "DELETE FROM audit")
    for entry in kept:
        audit.append(entry.kind, entry.chart, entry.practitioner, entry.at_milliseconds)


def drop_the_middle(clinic: Clinic) -> None:
    rewritten(clinic, 2)


def drop_the_middle_and_add_another(clinic: Clinic) -> None:
    rewritten(clinic, 2)
    read(clinic)


def delete_the_log(clinic: Clinic) -> None:
    write(clinic, "DELETE FROM audit")


def delete_the_log_and_its_anchors(clinic: Clinic) -> None:
    write(clinic, "DELETE FROM audit")
    write(clinic, "DELETE FROM anchors")


def delete_the_anchors(clinic: Clinic) -> None:
    write(clinic, "DELETE FROM anchors")


def hide_the_newest_anchor(clinic: Clinic) -> None:
    write(clinic, "DELETE FROM anchors WHERE id = (SELECT max(id) FROM anchors)")


def hide_the_first_anchor(clinic: Clinic) -> None:
    write(clinic, "DELETE FROM anchors WHERE id = (SELECT min(id) FROM anchors)")


def move_an_anchor_back(clinic: Clinic) -> None:
    write(clinic, "UPDATE anchors SET entry = entry - 1 WHERE id = (SELECT max(id) FROM anchors)")


def swap_salts(clinic: Clinic) -> None:
    write(clinic, "UPDATE anchors SET salt = randomblob(32)")


def give_the_anchors_another_root(clinic: Clinic) -> None:
    """Rewrite the log, and the anchors so that they are of the rewritten one."""
    from node.application.registry.anchoring import anchored_root

    rewritten(clinic, 2)
    read(clinic)
    store = clinic.node.context.store
    previous = bytes(32)
    for place, anchor in enumerate(store.anchors.all(), 1):
        root = anchored_root(anchor.number, store.audit.hash_at(anchor.number) or b"", anchor.salt)
        head = chained(previous, root)
        write(
            clinic,
            "UPDATE anchors SET root = ?, previous = ?, head = ? WHERE id = ?",
            *(root, previous, head, place),
        )
        previous = head


def rewrite_and_anchor_again(clinic: Clinic) -> None:
    """What somebody does who has the node's keys: the chain keeps what it was given before."""
    rewritten(clinic, 2)
    write(clinic, "DELETE FROM anchors")
    anchored(clinic, 5)


@pytest.mark.parametrize(
    "tamper",
    [
        change_an_entry,
        drop_the_last,
        drop_the_middle,
        drop_the_middle_and_add_another,
        delete_the_log,
        delete_the_log_and_its_anchors,
        delete_the_anchors,
        hide_the_newest_anchor,
        hide_the_first_anchor,
        move_an_anchor_back,
        swap_salts,
        give_the_anchors_another_root,
        rewrite_and_anchor_again,
    ],
)
def test_a_log_that_was_rewritten_no_longer_leads_to_the_chain(
    clinic: Clinic, tamper: Callable[[Clinic], None]
) -> None:
    anchored(clinic)
    anchored(clinic)
    assert proof(clinic)["ok"]
    tamper(clinic)
    for url in (None, URL):
        found = proof(clinic, url)
        assert found["ok"] is False
        assert found["findings"]
        assert found["proven_entry"] == 0


def test_an_older_copy_of_the_home_is_told_by_the_chain_and_stays_told(
    clinic: Clinic, registered: Registered, tmp_path: Path
) -> None:
    anchored(clinic)
    clinic.close()
    shutil.copytree(clinic.path, tmp_path / "copy")
    joined(clinic.open(), registered)
    anchored(clinic)
    draw = random.Random("another machine's").randbytes
    hand = HandClock(clinic.clock.milliseconds)
    older = joined(Clinic("home", tmp_path / "copy", hand, draw).open(), registered)
    try:
        assert proof(older)["ok"]  # by the proof that was copied with it
        assert "older copy" in proof(older, URL)["findings"][0]
        anchored(older)
        assert "older copy" in proof(older)["findings"][0]
        anchored(older)
        assert proof(older)["ok"] is False
        assert on_chain(registered, older) == older.node.context.store.anchors.all()[-1].head
    finally:
        older.crash()


def test_roots_of_the_same_log_share_nothing_and_tell_no_count(
    tmp_path: Path, clinic: Clinic
) -> None:
    anchored(clinic, 1)
    anchored(clinic, 1)
    first, second = clinic.node.context.store.anchors.all()
    entries = clinic.node.context.store.audit.entries()
    assert len({first.root, second.root, first.salt, second.salt}) == 4
    calls = [bytes(kept.intent.calldata) for kept in clinic.node.context.store.outbox.all()]
    for call in calls:
        assert first.salt not in call
        assert second.salt not in call
        assert not any(entry.hash in call for entry in entries)
        assert call.count(clinic.node.context.identity.organisation) == 0
        assert call.count(clinic.node.context.identity.device) == 0
    assert len({len(call) for call in calls}) == 1


def test_without_a_registry_or_a_proof_nothing_is_called_proven(
    tmp_path: Path, registered: Registered
) -> None:
    plain = made_clinic(tmp_path / "plain", "plain", 5)
    try:
        with pytest.raises(NoNetwork):
            plain.node.audit_desk.anchor()
        with pytest.raises(NoNetwork):
            plain.node.audit_desk.prove()
    finally:
        plain.crash()
    fresh = made(tmp_path / "fresh", registered)
    try:
        with pytest.raises(AnchorsUnproven):
            fresh.node.audit_desk.prove()
        found = proof(fresh, URL)
        assert (found["ok"], found["proven_entry"]) == (True, 0)
    finally:
        fresh.crash()
