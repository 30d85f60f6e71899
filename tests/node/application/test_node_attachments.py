"""Resources too large for an entry: written, synced, carried, cut, exported, never half shown."""

import base64
import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Resource,
    Three,
    Two,
    allergy,
    as_file,
    drive,
    level,
    observation,
    patient,
    synced,
)

from node.application.errors import BadRequest
from node.application.syncing.shelf import StoredShelf
from node.errors import StorageFailed
from node.store.attachments import Totals
from sync.attachment import Piece
from sync.attachment_manifest import sign_manifest
from sync.digest import Place
from sync.signing import Signer

MIB = 1024 * 1024
TESTDATA = Path(__file__).parents[4] / "shared" / "testdata" / "fhir"


def letter(identity: str, subject: str, size_bytes: int, seed: int = 1) -> Resource:
    """A scanned letter of about this size: base64 of bytes that do not compress."""
    scan = random.Random(seed).randbytes(size_bytes * 3 // 4)
    return {
        "resourceType": "DocumentReference",
        "id": identity,
        "status": "current",
        "type": {"text": "Discharge letter"},
        "subject": {"reference": f"Patient/{subject}"},
        "content": [{"attachment": {"data": base64.b64encode(scan).decode()}}],
    }


@dataclass
class Exported:
    """An export's lines, and what it says of itself."""

    clinic: Clinic
    history: bool = False
    lines: list[bytes] = field(default_factory=list)
    said: Resource = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lines += self._pieces()

    def _pieces(self) -> Iterator[bytes]:
        self.said = yield from self.clinic.node.export(None, form="ndjson", history=self.history)

    def of(self, kind: str) -> list[Resource]:
        found = [json.loads(line) for line in self.lines]
        return [one for one in found if one["resourceType"] == kind]


def totals(clinic: Clinic) -> Totals:
    return clinic.node.context.store.attachments.totals()


def shown(clinic: Clinic, kind: str) -> dict[str, object]:
    (chart,) = clinic.charts()
    resources = clinic.node.chart_show(chart)["resources"]
    assert isinstance(resources, list)
    (found,) = [one for one in resources if one["type"] == kind]
    assert isinstance(found, dict)
    return found


def granted(a: Clinic, *others: Clinic) -> None:
    for other in others:
        a.node.grant("all", to=other.name, lanes=ALL_LANES, history=True)


def cut_when(one: Clinic, other: Clinic, is_time: Callable[[], bool]) -> None:
    """Begin a session, and lose the link at a moment."""
    mine = one.node.session(other.device, initiator=True)
    theirs = other.node.session(one.device, initiator=False)
    for _ in drive(mine, theirs):
        if is_time():
            break
    else:
        raise AssertionError("the session ended before it was cut")
    one.node.settle()
    other.node.settle()


@pytest.mark.parametrize("size_bytes", [60_000, 1_300_000, 20 * MIB])
def test_a_large_resource_comes_back_in_its_own_bytes_at_both_ends(
    two: Two, size_bytes: int
) -> None:
    a, b = two
    original = letter("l1", "p1", size_bytes)
    a.take(patient("p1"))
    assert a.take(original)["rejected"] == []
    granted(a, b)
    mine, _ = synced(b, a)
    assert mine.pieces_received == totals(a).pieces > 0
    assert mine.level
    for clinic in two:
        exported = Exported(clinic)
        assert exported.of("DocumentReference") == [original]
        assert (exported.said["not_here"], exported.said["missing"]) == (0, [])
        assert totals(clinic).missing == 0
        assert clinic.audit_ok()
    assert synced(a, b)[0].round_trips == 1


def test_what_is_exported_has_its_numbers_and_names_as_they_were_written(two: Two) -> None:
    a, b = two
    long = "x" * 100_000
    written = (
        '{"resourceType":"Observation","id":"o1","status":"final","code":{"text":"ECG"},'
        '"subject":{"reference":"Patient/p1"},"note":[{"text":"' + long + '"}],'
        '"valueQuantity":{"value":1.500,"unit":"\\u006dV"}}'
    )
    a.take(patient("p1"))
    a.node.import_file("ecg.json", written.encode())
    granted(a, b)
    synced(b, a)
    for clinic in two:
        assert written.encode() + b"\n" in Exported(clinic).lines


def test_the_same_again_is_nothing_new_and_an_edit_touches_its_own_element_only(two: Two) -> None:
    a, b = two
    first = letter("l1", "p1", 300_000)
    a.take(patient("p1"))
    a.take(first)
    assert a.take(first)["unchanged"] == 1
    granted(a, b)
    cut_when(b, a, lambda: totals(b).missing > 0)
    assert totals(b).missing > 0
    (chart,) = b.charts()
    b.add(chart, {**first, "description": "checked"})  # as somebody who has it on paper
    synced(b, a)
    change = str(a.node.chart_history(chart)[-1]["changes"])
    assert "'elements': ['description']" in change
    for clinic in two:
        assert Exported(clinic).of("DocumentReference") == [{**first, "description": "checked"}]
        assert len(Exported(clinic, history=True).of("DocumentReference")) == 2


def test_a_cut_link_loses_no_finished_piece_and_what_is_not_here_says_so(two: Two) -> None:
    a, b = two
    original = letter("l1", "p1", 3 * MIB)
    a.take(patient("p1"), observation("o1", "p1"))
    a.take(original)
    granted(a, b)
    whole = totals(a).pieces

    def held() -> int:
        return totals(b).pieces - totals(b).missing

    cut_when(b, a, lambda: held() == 4)
    b.restart()
    assert held() == 4
    # It is in the chart, without its large elements, and never passes for whole.
    page = shown(b, "DocumentReference")
    assert page["attachment"] == {"here": 4, "pieces": whole, "size_bytes": len_of(original)}
    assert f"content not here yet (4 of {whole} pieces)" in str(page["labels"])
    assert "data" not in str(page["document"])
    assert "Discharge letter" in str(page["document"])
    exported = Exported(b)
    assert exported.of("DocumentReference") == []
    assert len(exported.of("Observation")) == 1
    assert exported.said["not_here"] == 1
    assert [one["resource"] for one in exported.said["missing"]] == ["DocumentReference/l1"]
    assert any(f"{whole - 4} of {whole} pieces" in line for line in findings(b))
    assert b.audit_ok()
    # The next session brings the rest, and that alone.
    mine, _ = synced(b, a)
    assert (mine.ops_received, mine.pieces_received) == (0, whole - 4)
    assert Exported(b).of("DocumentReference") == [original]
    assert "content not here yet" not in str(shown(b, "DocumentReference")["labels"])
    assert findings(b) == findings(a)


def test_a_relay_carries_pieces_that_it_cannot_read_in_portions_too(carried: Three) -> None:
    a, b, relay = carried
    original = letter("l1", "p1", 2 * MIB)
    a.take(patient("p1"))
    a.take(original)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    a.node.grant("all", to="R", lanes=ALL_LANES, rights="relay")
    cut_when(relay, a, lambda: totals(relay).pieces - totals(relay).missing == 3)
    synced(b, relay)
    assert totals(b).pieces - totals(b).missing == 3
    assert Exported(b).of("DocumentReference") == []
    level(relay, a)
    mine, _ = synced(b, relay)
    assert mine.pieces_received == totals(a).pieces - 3
    assert Exported(b).of("DocumentReference") == [original]
    assert Exported(relay).lines == []
    scan = original["content"][0]["attachment"]["data"].encode()
    store = relay.node.context.store
    for (content,) in store.database.rows("SELECT content FROM attachment_contents"):
        assert scan[:64] not in content
        assert scan[1000:1064] not in content
    store.checkpoint()
    for path in relay.path.rglob("*"):
        if path.is_file():
            assert scan[1000:1064] not in path.read_bytes()
            assert b"Discharge letter" not in path.read_bytes()


def test_pieces_are_not_served_to_who_was_removed_nor_opened_with_its_keys(three: Three) -> None:
    a, b, c = three
    a.take(patient("p1"))
    granted(a, b, c)
    level(a, b, c)
    a.node.revoke("all", from_="C")
    level(a, b, c)
    a.take(letter("l1", "p1", 200_000))
    synced(b, a)
    synced(c, a)
    synced(c, b)
    assert totals(b).pieces == totals(a).pieces > 0
    assert totals(c).pieces == 0
    (chart,) = a.charts()
    held = set(c.replica(chart).keyring.held)
    documents = [
        operation
        for operation in a.replica(chart).operations.values()
        if (entry := a.replica(chart).entry(operation))
        and any(change.attachment for change in entry.changes)
    ]
    assert documents
    assert all(operation.prefix.epoch not in held for operation in documents)


def test_corrections_apart_conflict_alike_whether_their_pieces_are_here_or_not(two: Two) -> None:
    a, b = two
    first = letter("l1", "p1", 200_000)
    a.take(patient("p1"))
    a.take(first)
    granted(a, b)
    synced(b, a)
    (chart,) = a.charts()
    a.add(chart, letter("l1", "p1", 200_000, seed=2))
    b.add(chart, letter("l1", "p1", 200_000, seed=3))
    cut_when(b, a, lambda: totals(b).missing > 0)
    apart = b.conflicts()
    assert totals(b).missing > 0
    level(a, b)
    assert a.conflicts() == b.conflicts() == apart != []
    with pytest.raises(BadRequest):
        a.node.conflict_resolve(apart[0], choose=3)
    a.node.conflict_resolve(apart[0], choose=1)
    level(a, b)
    assert a.conflicts() == b.conflicts() == []
    assert Exported(a).lines == Exported(b).lines
    assert Exported(a).of("DocumentReference")[0]["content"] in (
        letter("l1", "p1", 200_000, seed=2)["content"],
        letter("l1", "p1", 200_000, seed=3)["content"],
    )


def test_the_same_large_value_written_apart_is_no_conflict(two: Two) -> None:
    a, b = two
    first = letter("l1", "p1", 200_000)
    a.take(patient("p1"))
    a.take(first)
    granted(a, b)
    synced(b, a)
    (chart,) = a.charts()
    second = letter("l1", "p1", 200_000, seed=2)
    a.add(chart, second)
    b.add(chart, second)
    level(a, b)
    assert a.conflicts() == b.conflicts() == []
    assert Exported(a).of("DocumentReference") == [second]


def test_a_choice_waits_until_what_is_chosen_among_is_here(two: Two) -> None:
    a, b = two
    a.take(patient("p1"))
    a.take(letter("l1", "p1", 200_000))
    granted(a, b)
    synced(b, a)
    (chart,) = a.charts()
    a.add(chart, letter("l1", "p1", 200_000, seed=2))
    b.add(chart, letter("l1", "p1", 200_000, seed=3))
    cut_when(b, a, lambda: totals(b).missing > 0)
    for choice in (1, 2):
        with pytest.raises(BadRequest, match="not all here yet"):
            b.node.conflict_resolve(b.conflicts()[0], choose=choice)
    assert len(b.conflicts()) == 1


def test_a_lost_process_leaves_a_large_resource_whole_or_absent(two: Two) -> None:
    a, _ = two
    a.take(patient("p1"))
    original = letter("l1", "p1", 700_000)
    fails_at = 0
    while not taken_with_a_disk_that_fills(a, original, fails_at := fails_at + 1):
        a.restart()
        assert totals(a) == Totals(0, 0, 0)
        assert Exported(a).of("DocumentReference") == []
    assert fails_at > 4
    assert Exported(a).of("DocumentReference") == [original]


def taken_with_a_disk_that_fills(a: Clinic, original: Resource, fails_at: int) -> bool:
    """Import a resource; the disk is full at one of the rows of attachments."""
    database = a.node.context.store.database
    execute, left = database._execute, fails_at

    def failing(statement: str, parameters: Sequence[object] = ()) -> object:
        nonlocal left
        left -= statement.startswith("INSERT INTO attachment")
        if left == 0:
            raise StorageFailed(database.path, "the disk is full")
        return execute(statement, parameters)

    database._execute = failing  # type: ignore[method-assign]
    try:
        return bool(a.take(original)["accepted"])
    except StorageFailed:
        return False
    finally:
        database._execute = execute  # type: ignore[method-assign]


def len_of(resource: Resource) -> int:
    return len(as_file(resource))


def findings(clinic: Clinic) -> list[str]:
    found = clinic.node.doctor()["findings"]
    assert isinstance(found, list)
    return [str(one["what"]) for one in found if "piece" in str(one["what"])]


def test_a_patient_summary_has_a_large_allergy_whole_or_says_that_it_is_not(two: Two) -> None:
    a, b = two
    note = "".join(chr(97 + number % 26) for number in random.Random(1).randbytes(200_000))
    a.take(patient("p1"))
    a.take({**allergy("a1", "p1"), "note": [{"text": note}]})
    granted(a, b)
    cut_when(b, a, lambda: totals(b).missing > 0)

    def summary(clinic: Clinic) -> str:
        (chart,) = clinic.charts()
        return b"".join(clinic.node.export(chart, form="ips", history=False)).decode()

    assert note in summary(a)
    assert note not in summary(b)
    assert "Penicillin" in summary(b)
    assert "content not here yet" in summary(b)
    synced(b, a)
    assert note in summary(b)
    assert "content not here yet" not in summary(b)


def test_an_audit_names_a_piece_and_a_list_that_are_not_what_they_were(two: Two) -> None:
    a, _ = two
    a.take(patient("p1"))
    a.take(letter("l1", "p1", 100_000))
    assert a.audit_ok()
    database = a.node.context.store.database
    database.write("UPDATE attachment_contents SET content = x'00'")
    (finding,) = audited(a)
    assert "piece" in finding
    assert Exported(a).of("DocumentReference") == []
    ((encoded,),) = database.rows("SELECT encoded FROM attachment_manifests")
    forged = encoded[:-1] + bytes([encoded[-1] ^ 1])
    database.write("UPDATE attachment_manifests SET encoded = ?", (forged,))
    assert len(audited(a)) == 2


def audited(clinic: Clinic) -> list[str]:
    found = clinic.node.audit_verify()["findings"]
    assert isinstance(found, list)
    return [str(one) for one in found]


def test_a_shelf_takes_lists_of_held_operations_by_their_own_device_and_no_flood(two: Two) -> None:
    a, b = two
    a.take(patient("p1"))
    a.take(letter("l1", "p1", 100_000))
    granted(a, b)
    cut_when(b, a, lambda: totals(b).missing > 0)
    (chart,) = a.charts()
    operation = next(
        one
        for one in a.replica(chart).operations.values()
        if (entry := a.replica(chart).entry(one)) and any(c.attachment for c in entry.changes)
    )
    place = Place(operation.prefix.chart, operation.prefix.lane)
    store = b.node.context.store
    store.attachments.destroy(place.chart, place.lane)
    assert totals(b) == Totals(0, 0, 0)

    def taken(signer: Signer, number: int) -> bool:
        pieces = (Piece(number.to_bytes(32, "big"), 300),)
        manifest = sign_manifest(operation, pieces, signer)
        shelf = StoredShelf(b.node.context, lambda _: True)
        return not shelf.take_manifests(a.device, place, [manifest.encoded])

    own = a.node.context.identity.signer
    assert not taken(b.node.context.identity.signer, 1)
    kept = [taken(own, number) for number in range(1, 20)]
    assert kept == [True] * 8 + [False] * 11
    assert taken(own, 3)  # it is held already
    shelf = StoredShelf(b.node.context, lambda _: True)
    assert not shelf.take_piece(a.device, place, b"named by no list")
    closed = StoredShelf(b.node.context, lambda _: False)
    assert closed.manifests(place) == ()
    assert closed.take_manifests(a.device, place, [b"x"]) == 1
    # Where the body was destroyed nothing comes back.
    store.attachments.destroy(place.chart)
    store.operations.destroy_bodies(place.chart, [operation.id])
    assert not taken(own, 1)
    assert totals(b) == Totals(0, 0, 0)


def test_what_one_operation_lost_another_may_keep(two: Two) -> None:
    a, _ = two
    a.take(patient("p1"))
    a.take(letter("l1", "p1", 100_000))
    a.take(letter("l2", "p1", 100_000, seed=2))
    (chart,) = a.charts()
    (first, second) = [
        one.id
        for one in a.replica(chart).operations.values()
        if (entry := a.replica(chart).entry(one)) and any(c.attachment for c in entry.changes)
    ]
    store = a.node.context.store
    chart_id = a.replica(chart).chart
    before = totals(a).pieces
    store.attachments.destroy_of(chart_id, [first])
    assert totals(a).pieces == before // 2
    assert [one["id"] for one in Exported(a).of("DocumentReference")] == ["l2"]
    store.attachments.destroy_of(chart_id, [second])
    assert totals(a) == Totals(0, 0, 0)
    assert store.attachments.places() == set()


@pytest.mark.skipif(not TESTDATA.is_dir(), reason="no ../shared/testdata here")
def test_large_examples_of_others_come_back_whole(two: Two) -> None:
    a, b = two
    files = [file for file in (TESTDATA / "us-core").glob("*.json") if file.stat().st_size > 48_000]
    sources = [json.loads(file.read_bytes()) for file in files]
    for file in files:
        a.node.import_file(file.name, file.read_bytes())
    granted(a, b)
    synced(b, a)
    for clinic in two:
        held = [json.loads(line) for line in Exported(clinic).lines]
        large = [one for one in sources if one in held]
        assert "DocumentReference" in {one["resourceType"] for one in large}
        assert len(large) >= len(sources) - 1  # one may be refused by the official schema
    assert totals(b).pieces == totals(a).pieces > 3
