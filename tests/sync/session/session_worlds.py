"""Hypothesis strategies: worlds of operations with forks, and replicas that hold parts of them."""

from dataclasses import dataclass

from hypothesis import strategies as st
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    SUMMARY_LANE,
    Device,
    MemoryReplica,
    Rights,
    chart_of,
)

from sync.digest import Place
from sync.identifiers import ChartId, InstanceId, LaneId
from sync.operation import Operation

DEVICES = [Device(number) for number in range(1, 4)]
CHARTS = [chart_of(number) for number in range(3)]
LANES = [ACCESS_LANE, SUMMARY_LANE, CARE_LANE]


@dataclass(frozen=True)
class Step:
    """One write: whose, where, and how far behind the log's end it goes on (0: no fork)."""

    device: int
    chart: int
    lane: int
    behind: int


steps = st.builds(
    Step,
    st.integers(0, 2),
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from([0, 0, 0, 0, 0, 1, 2, 3]),
)


def write_world(script: list[Step]) -> list[Operation]:
    """Write all operations: first each chart's opening access operation, then the steps."""
    world: list[Operation] = []
    logs: dict[tuple[Place, InstanceId], list[Operation]] = {}

    def write(device: Device, chart: ChartId, lane: LaneId, behind: int) -> None:
        place = Place(chart, lane)
        log = logs.setdefault((place, device.instance()), [])
        parent = log[-1 - behind] if len(log) > behind else (log[-1] if log else None)
        sequence = 0 if parent is None else parent.prefix.sequence + 1
        body = f"sealed {len(world)}".encode()
        written = device.write(place, sequence, parent.id if parent else None, body)
        log.append(written)
        world.append(written)

    for chart in CHARTS:
        write(DEVICES[0], chart, ACCESS_LANE, 0)
    for step in script:
        write(DEVICES[step.device], CHARTS[step.chart], LANES[step.lane], step.behind)
    return world


def share(replica: MemoryReplica, world: list[Operation], chosen: int) -> None:
    """Give a replica the operations whose bit is set, with all that they follow from."""
    by_id = {operation.id: operation for operation in world}
    opening = {operation.prefix.chart: operation for operation in world[: len(CHARTS)]}
    for place, operation in enumerate(world):
        if not chosen >> place & 1:
            continue
        chain = [operation]
        while chain[-1].prefix.previous is not None:
            chain.append(by_id[chain[-1].prefix.previous])
        assert replica.keep(opening[operation.prefix.chart])
        for link in reversed(chain):
            assert replica.keep(link)


@st.composite
def worlds(draw: st.DrawFn, replicas: int) -> tuple[list[Operation], list[MemoryReplica]]:
    """A world, and replicas that each hold a part of it; all are live in every chart."""
    world = write_world(draw(st.lists(steps, max_size=25)))
    rights = Rights()
    for chart in CHARTS:
        rights.live[chart] = {device.key for device in DEVICES}
    held = []
    for device in DEVICES[:replicas]:
        replica = MemoryReplica(device, rights)
        share(replica, world, draw(st.integers(0, (1 << len(world)) - 1)))
        held.append(replica)
    return world, held
