"""What a fold is computed from: a charter, operations, and the opened access entries.

Made by the replica for every fold; nothing here judges (AUTHORITY section (a)).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from typing import NamedTuple, TypeVar, cast

from sync.acts import Act, Deed, Notice
from sync.charter import ACCESS, Charter
from sync.identifiers import ActId, ChartId, OperationId, act_id, root_standing
from sync.operation import Operation

A = TypeVar("A", bound=Act)


class Written(NamedTuple):
    """One act with its id, its place, and the operation that holds it."""

    id: ActId
    operation: Operation
    place: int
    act: Act


class Evidence:
    """A chart's charter and operations, each once, whatever order and number they came in.

    `operations` are access and content ones, with or without bodies. `deeds` are the access
    operations' bodies, opened; one that is missing counts as without acts. `notice_valid` says
    from the charter's network fingerprint and a notice's own bytes whether its proof holds: it
    must be a function of these alone (AUTHORITY rule 4), and must not raise.
    """

    def __init__(
        self,
        charter: Charter,
        operations: Iterable[Operation],
        deeds: Mapping[OperationId, Deed],
        notice_valid: Callable[[bytes | None, Notice], bool],
    ) -> None:
        self.charter = charter
        self.chart = charter.chart
        self.root = root_standing(self.chart)
        self.access = charter.lane(ACCESS)
        self.notice_valid = notice_valid
        self.operations: dict[OperationId, Operation] = {
            operation.id: operation
            for operation in operations
            if is_of_chart(operation, self.chart)
        }
        self.deeds = deeds
        self._acts: dict[type[object], list[Written]] = defaultdict(list)
        for operation in self.operations.values():
            if operation.prefix.lane == self.access and operation.id in deeds:
                for place, act in enumerate(deeds[operation.id].acts):
                    written = Written(act_id(operation.id, place), operation, place, act)
                    self._acts[type(act)].append(written)

    def with_content(self, operations: Iterable[Operation]) -> "Evidence":
        """The same and more operations of content lanes, which bring no acts."""
        more = copy(self)
        more.operations = dict(self.operations)
        more.operations.update((operation.id, operation) for operation in operations)
        return more

    def acts(self, kind: type[A]) -> list[tuple[Written, A]]:
        """All acts of a kind, with where they were written."""
        return [(written, cast("A", written.act)) for written in self._acts.get(kind, ())]


def is_of_chart(operation: Operation, chart: ChartId) -> bool:
    """Rule 0: an operation names the chart, and with it the charter, that it belongs to."""
    return operation.prefix.chart == chart
