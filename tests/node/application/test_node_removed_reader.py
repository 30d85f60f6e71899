"""A removed reader, with every key that it ever held or can be sent, against real ciphertexts.

AUTHORITY section (c): it opens nothing written by an author who held the revocation, whatever was
written and re-keyed at the same time elsewhere.
"""

import random
from dataclasses import dataclass, field

import pytest
from clinics import ALL_LANES, Clinic, Make, level, observation, pair, patient, synced

from sync.acts import Box, Keys, Rekey
from sync.body import open_body
from sync.errors import AuthorityError, BodyError, EpochKeyError, LetterError
from sync.identifiers import EpochKey, OperationId
from sync.letter import open_letter
from sync.operation import Operation


def keys_within_reach(removed: Clinic, chart: str, others: list[Clinic]) -> set[bytes]:
    """All keys that a device holds, and all that it could open of anything that anybody holds."""
    openers = {opener.public: opener for opener in removed.node.context.openers}
    keys = {bytes(key) for _, key in removed.replica(chart).keyring.held.values()}
    store = removed.node.context.store
    keys |= {bytes(held.key) for held in store.epoch_keys.of_chart(removed.replica(chart).chart)}
    for one in [removed, *others]:
        boxes: list[Box] = []
        for deed in one.replica(chart).deeds.values():
            for act in deed.acts:
                boxes += act.boxes if isinstance(act, Rekey) else ()
                boxes += [act.box] if isinstance(act, Keys) else []
        for box in boxes:
            if box.to in openers:
                try:
                    keys.add(openers[box.to].open(box.sealed))
                except EpochKeyError:
                    continue
        for letter in one.node.context.store.letters.of_chart(one.replica(chart).chart):
            if letter.to in openers:
                try:
                    keys |= {bytes(key) for key in open_letter(letter, openers[letter.to]).keys}
                except LetterError:
                    continue
    return keys


def opened(operations: list[Operation], keys: set[bytes]) -> set[OperationId]:
    """Which operations any of the keys opens: each is tried on each."""
    found = set()
    for operation in operations:
        assert operation.body is not None
        for key in keys:
            try:
                open_body(operation.body, EpochKey(key), operation.prefix.encoded())
            except BodyError:
                continue
            found.add(operation.id)
            break
    return found


@dataclass
class Watch:
    """Which operations were written by somebody who held a revocation of the removed reader."""

    chart: str
    removed: Clinic
    knowing: set[OperationId] = field(default_factory=set)
    seen: set[OperationId] = field(default_factory=set)

    def look(self, writer: Clinic) -> None:
        """After each act of a writer: what it wrote that nobody had written before."""
        replica = writer.replica(self.chart)
        for operation in replica.operations.values():
            if operation.id in self.seen:
                continue
            self.seen.add(operation.id)
            if operation.prefix.device != writer.device:
                continue
            if not replica.fold.entitled_lanes(self.removed.device):
                self.knowing.add(operation.id)


def ends_the_old_key(clinic: Clinic, chart: str, operation: OperationId) -> bool:
    """Rule 15: a revoke is written under the old key of the access lane, so that it is learnt.

    So is the re-key that follows it, or nobody else could open the boxes of the new key. It holds
    those boxes and nothing else.
    """
    replica = clinic.replica(chart)
    deed = replica.deeds.get(operation)
    if any(one.operation.id == operation for one in replica.fold.revoked.values()):
        return True
    return deed is not None and all(
        isinstance(act, Rekey) and act.lane == replica.access_lane for act in deed.acts
    )


def test_brute_force_opens_what_was_given_and_nothing_after(clinic: Make) -> None:
    a, b, c = clinic("A"), clinic("B"), clinic("C")
    pair(a, b, c)
    a.take(patient("p1"), observation("before", "p1"))
    for name in ("B", "C"):
        a.node.grant("all", to=name, lanes=ALL_LANES, history=True)
    level(a, b, c)
    (chart,) = a.charts()
    care = a.charter(chart).lane("care")
    before = [o for o in a.replica(chart).operations.values() if o.prefix.lane == care]
    assert opened(before, keys_within_reach(b, chart, [a, c])) == {one.id for one in before}
    a.node.revoke("all", from_="B")
    c.add(chart, observation("c-unknowing", "p1"))
    a.add(chart, observation("a-after", "p1"))
    level(a, c)
    c.add(chart, observation("c-after", "p1"))
    level(a, c)
    for one in (a, c):
        synced(b, one)
    after = {
        operation.id
        for operation in a.replica(chart).operations.values()
        if operation.prefix.lane == care and operation not in before
    }
    assert len(after) == 3
    every = list(a.replica(chart).operations.values())
    readable = opened(every, keys_within_reach(b, chart, [a, c])) & after
    entries = {
        change.id
        for operation in every
        if operation.id in readable
        for change in getattr(a.replica(chart).entry(operation), "changes", ())
    }
    assert entries == {"c-unknowing"}


@pytest.mark.parametrize("seed", range(10))
def test_no_history_of_concurrent_writing_lets_a_removed_reader_in(clinic: Make, seed: int) -> None:
    draw = random.Random(seed)
    a, b, c, d = clinic("A"), clinic("B"), clinic("C"), clinic("D")
    pair(a, b, c, d)
    a.take(patient("p1"), observation("o", "p1"))
    (chart,) = a.charts()
    for one, rights in ((b, "append"), (c, "admin"), (d, draw.choice(["append", "admin"]))):
        a.node.grant(chart, to=one.name, lanes=ALL_LANES, rights=rights, history=True)
    level(a, b, c, d)
    writers = [a, c, d]
    watch = Watch(chart, b)
    for writer in writers:
        watch.look(writer)
    revoker = draw.choice([a, c]) if seed % 2 else a
    revoke_at = draw.randrange(3, 9)
    for step in range(26):
        writer = draw.choice([*writers, b])
        if step == revoke_at:
            writer = a
            a.node.revoke(chart, from_="B", lost=draw.random() < 0.3)
        elif step == revoke_at + 6 and revoker is not a:
            # Somebody else's grant ends too, and all lanes are re-keyed once more, apart.
            writer = c
            c.node.grant(chart, to="D", lanes=ALL_LANES, rights="read", history=True)
        elif draw.random() < 0.55:
            lane = draw.choice(ALL_LANES)
            content = f'{{"resourceType":"Condition","id":"s{step}"}}'.encode()
            writer.node.record_add(chart, "s", content, lane=lane)
        else:
            other = draw.choice([one for one in (a, b, c, d) if one is not writer])
            synced(writer, other)
            watch.look(other) if other is not b else None
        if writer is not b:
            watch.look(writer)
    level(*writers)
    for writer in writers:
        watch.look(writer)
    for writer in writers:
        writer.add(chart, observation(f"last-{writer.name}", "p1"))
        watch.look(writer)
    level(*writers)
    for one in writers:
        synced(b, one)
    every = {
        operation.id: operation
        for one in (*writers, b)
        for operation in one.replica(chart).operations.values()
    }
    knowing = [
        every[operation] for operation in watch.knowing if not ends_the_old_key(a, chart, operation)
    ]
    keys = keys_within_reach(b, chart, writers)
    assert len(keys) > 3
    assert len(knowing) >= len(writers)
    assert opened(knowing, keys) == set()
    everything = list(every.values())
    assert opened(everything, keys)
    with pytest.raises(AuthorityError):
        b._charts.author(b._charts.find(chart)).cover(b.charter(chart).lane("care"))
