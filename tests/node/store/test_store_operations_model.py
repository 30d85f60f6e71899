"""The store's operations and logs beside a model in memory: forks, rollbacks, reopening."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from stored_charts import KEY, NOW_MILLISECONDS, Author, make_charter, seeded_randomness

from node.errors import LogGap
from node.store.store import create_store, open_store
from sync.clock import stamp_of
from sync.digest import LogSummary
from sync.identifiers import ChartId, InstanceId, LaneId, OperationId
from sync.operation import Operation

CHARTERS = [make_charter("one"), make_charter("two")]
AUTHORS = [Author("a"), Author("b")]
LANES = ["summary", "care"]

Place = tuple[ChartId, LaneId, InstanceId]


class Undone(Exception):
    """Ends a transaction on purpose."""


class StoredOperations(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "store.db"
        self.stored: dict[OperationId, Operation] = {}
        self.merged: set[OperationId] = set()
        self.written: list[Operation] = []

    @initialize()
    def make(self) -> None:
        self.store = create_store(self.path, KEY, seeded_randomness())
        for charter in CHARTERS:
            self.store.charts.add(charter, NOW_MILLISECONDS)

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @rule(data=st.data())
    def write(self, data: st.DataObject) -> None:
        """Somebody writes, as a log's first operation or after any one of it."""
        charter = data.draw(st.sampled_from(CHARTERS))
        author = data.draw(st.sampled_from(AUTHORS))
        lane = charter.lane(data.draw(st.sampled_from(LANES)))
        place = (charter.chart, lane, author.instance)
        before = [None, *(one for one in self.written if place_of(one) == place)]
        after = data.draw(st.sampled_from(before[-4:]))
        milliseconds = data.draw(st.sampled_from([0, NOW_MILLISECONDS, (1 << 48) - 1]))
        self.written.append(author.sign(charter, lane, "x", after, stamp_of(milliseconds)))

    @rule(data=st.data(), undone=st.booleans())
    def append(self, data: st.DataObject, undone: bool) -> None:
        """Any of what was written arrives, in the order it was written or any other."""
        if not self.written:
            return
        indexes = data.draw(st.lists(st.integers(0, len(self.written) - 1), max_size=12))
        batch = [self.written[index] for index in indexes]
        if data.draw(st.booleans()):
            batch.sort(key=self.written.index)
        expected = self.accepted(batch)
        if expected is None:
            with pytest.raises(LogGap):
                self.store.operations.append(batch)
        elif undone:
            with pytest.raises(Undone):
                self.append_and_undo(batch, expected)
        else:
            assert self.store.operations.append(batch) == expected
            self.stored.update((one.id, one) for one in expected)

    def append_and_undo(self, batch: list[Operation], expected: list[Operation]) -> None:
        with self.store.transaction():
            assert self.store.operations.append(batch) == expected
            raise Undone

    def accepted(self, batch: Iterable[Operation]) -> list[Operation] | None:
        """The operations of a batch that are new, or None where one has no predecessor."""
        known = dict(self.stored)
        fresh = []
        for one in batch:
            if one.id in known:
                continue
            if one.prefix.previous is not None and one.prefix.previous not in known:
                return None
            known[one.id] = one
            fresh.append(one)
        return fresh

    @rule(data=st.data())
    def mark_merged(self, data: st.DataObject) -> None:
        if self.stored:
            one = data.draw(st.sampled_from(list(self.stored.values())))
            self.store.operations.mark_merged(one.prefix.chart, [one.id])
            self.merged.add(one.id)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = open_store(self.path, KEY)

    @invariant()
    def the_store_says_what_the_model_says(self) -> None:
        operations, logs = self.store.operations, self.store.logs
        assert operations.count() == len(self.stored)
        for charter in CHARTERS:
            chart = charter.chart
            model = [one for one in self.stored.values() if one.prefix.chart == chart]
            assert operations.of_chart(chart) == model
            assert operations.ever_merged(chart) == self.merged & {one.id for one in model}
            assert self.store.charts.clock(chart) == max(
                (one.prefix.stamp for one in model), default=0
            )
            for lane in map(charter.lane, LANES):
                assert logs.of_lane(chart, lane) == model_logs(model, lane)

    @invariant()
    def a_log_ascends(self) -> None:
        for chart, lane, instance in {place_of(one) for one in self.stored.values()}:
            log = self.store.operations.of_log(chart, lane, instance)
            assert [one.prefix.sequence for one in log] == sorted(
                one.prefix.sequence
                for one in self.stored.values()
                if place_of(one) == (chart, lane, instance)
            )


def place_of(one: Operation) -> Place:
    return one.prefix.chart, one.prefix.lane, one.prefix.instance


def model_logs(model: list[Operation], lane: LaneId) -> list[LogSummary]:
    found = []
    for instance in sorted({one.prefix.instance for one in model if one.prefix.lane == lane}):
        log = [one for one in model if (one.prefix.lane, one.prefix.instance) == (lane, instance)]
        followed = {one.prefix.previous for one in log}
        heads = sorted(one.id for one in log if one.id not in followed)
        length = max(one.prefix.sequence for one in log) + 1
        found.append(LogSummary(instance, length, tuple(heads)))
    return found


TestStoredOperations = StoredOperations.TestCase
TestStoredOperations.settings = settings(max_examples=40, stateful_step_count=30)
