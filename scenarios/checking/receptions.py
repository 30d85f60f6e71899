"""How many operations came to nodes from others, and how many of them a person there can read.

A clinical reception is an operation of a content lane that another device wrote, which a node
checked, stored, opened and merged: its lists note the versions that were read out of it. All else
that came is structural: access lanes, covers, and what a relay carries. Figures of runs use it.
"""

import random
from collections import defaultdict
from typing import Final

from node.application.node import Node
from scenarios.world.world import World
from sync.body import open_body
from sync.change import parse_entry
from sync.identifiers import ChartId
from sync.operation import read_operation

_OPENED_AGAIN_MAX: Final = 1_000
"""Of a run's clinical receptions so many are opened once more, to show that they can be."""


def receptions(world: World) -> dict[str, int]:
    """Operations that were received, by what they are; each counted once at each node."""
    clinical = structural = opened = 0
    share = _OPENED_AGAIN_MAX // max(1, len(world.members))
    for name, member in world.members.items():
        readable, others = _of_node(member.running)
        clinical += sum(len(rows) for rows in readable.values())
        structural += others - sum(len(rows) for rows in readable.values())
        opened += _opened_again(member.running, readable, share, name)
    return {
        "received_clinical": clinical,
        "received_structural": structural,
        "clinical_opened_again": opened,
    }


def _of_node(node: Node) -> tuple[dict[ChartId, list[int]], int]:
    """Rows of others' operations that were read, by chart, and how many others' there are."""
    database = node.context.store.database
    own = {bytes(each) for each in node.context.store.own_instances.all()}
    numbers = [
        number
        for number, instance in database.rows("SELECT instance, id FROM instances")
        if bytes(instance) not in own
    ]
    marks = ",".join("?" * len(numbers))
    readable: dict[ChartId, list[int]] = defaultdict(list)
    for chart, row in database.rows(
        "SELECT c.chart, o.row FROM operations o JOIN charts c USING (n)"  # noqa: S608 (question marks)
        f" WHERE o.instance IN ({marks})"
        " AND EXISTS (SELECT 1 FROM versions v WHERE v.n = o.n AND v.row = o.row) ORDER BY o.row",
        numbers,
    ):
        readable[ChartId(chart)].append(row)
    others = database.value(
        f"SELECT count(*) FROM operations WHERE instance IN ({marks})",  # noqa: S608 (question marks)
        numbers,
    )
    return readable, int(others)


def _opened_again(node: Node, readable: dict[ChartId, list[int]], share: int, name: str) -> int:
    """Check the signatures of some that were received, and open them with the keys held here."""
    listed = [(chart, row) for chart, rows in readable.items() for row in rows]
    chosen = random.Random(name).sample(listed, min(share, len(listed)))
    for chart, row in chosen:
        ((_, stored),) = node.context.store.operations.of_rows(chart, [row])
        operation = read_operation(stored.header, stored.signature, stored.body)
        keys = {held.epoch: held.key for held in node.context.store.epoch_keys.of_chart(chart)}
        assert operation.body is not None, "an operation that lists took versions from has no body"
        key = keys[operation.prefix.epoch]
        entry = parse_entry(open_body(operation.body, key, operation.associated))
        assert entry.changes, "a cover passed for a clinical operation"
    return len(chosen)
