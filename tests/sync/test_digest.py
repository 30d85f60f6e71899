"""Lane digests and the shared root."""

import random

from sync.digest import LogSummary, PlaceDigest, lane_digest, shared_root
from sync.identifiers import ChartId, InstanceId, LaneId, operation_id

LOGS = [
    LogSummary(InstanceId(bytes([number]) * 16), number + 1, (operation_id(bytes([number])),))
    for number in range(4)
]


def test_order_of_logs_and_heads_does_not_matter() -> None:
    heads = tuple(operation_id(bytes([number])) for number in range(3))
    forked = LogSummary(InstanceId(b"f" * 16), 9, heads)
    turned = forked._replace(heads=heads[::-1])
    shuffled = [*LOGS, turned]
    random.Random(1).shuffle(shuffled)
    assert lane_digest([*LOGS, forked]) == lane_digest(shuffled)


def test_every_part_of_a_log_counts() -> None:
    log = LOGS[1]
    others = [
        log._replace(instance=InstanceId(b"x" * 16)),
        log._replace(length=7),
        log._replace(heads=(operation_id(b"other"),)),
        log._replace(heads=(*log.heads, operation_id(b"other"))),
    ]
    digests = {lane_digest([]), lane_digest([log]), *(lane_digest([other]) for other in others)}
    assert len(digests) == 6


def test_root_is_of_the_set_of_places() -> None:
    places = [
        PlaceDigest(ChartId(bytes([chart]) * 32), LaneId(bytes([lane]) * 8), bytes([chart]) * 32)
        for chart in range(3)
        for lane in range(2)
    ]
    assert shared_root(places) == shared_root(reversed(places))
    assert shared_root(places) != shared_root(places[1:])
    assert shared_root(places) != shared_root([places[0]._replace(digest=b"?" * 32), *places[1:]])
