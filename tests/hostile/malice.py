"""What a node that was changed by its owner writes: any act, any header, well signed."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from clinics import ALL_LANES, Clinic, observation, patient, synced

from sync.access import epochs
from sync.acts import Act
from sync.chart.author import Author
from sync.identifiers import ActId
from sync.operation import Operation


def granted(a: Clinic, *others: Clinic, rights: str = "append") -> str:
    """A's chart of p1 with the observation o1, given to others whole and synced."""
    a.take(patient("p1"), observation("o1", "p1"))
    for other in others:
        a.node.grant("all", to=other.name, lanes=ALL_LANES, rights=rights, history=True)
        synced(other, a)
    (chart,) = a.charts()
    return chart


def author_of(clinic: Clinic, chart: str, **pen: Any) -> Author:
    """An author of this clinic in a chart; `pen` replaces parts of what it writes with."""
    author = clinic._charts.author(clinic._charts.find(chart))
    author.pen = dataclasses.replace(author.pen, certificate=None, **pen)
    return author


def write_acts(
    clinic: Clinic, chart: str, acts: Sequence[Act], under: ActId | None = None, **pen: Any
) -> Operation:
    """Write acts under the newest access epoch that is held, whatever the rules say."""
    author = author_of(clinic, chart, **pen)
    replica = author.replica
    lane = replica.access_lane
    held = set(replica.keyring.of_lane(lane))
    epoch = epochs.newest_openable_epoch(replica.fold, lane, held)
    assert epoch is not None
    if under is None:
        under = own_grant(clinic, chart)
    operation = author._write_deed(acts, under, epoch.epoch, personal=False)
    keep(clinic, author)
    return operation


def keep(clinic: Clinic, author: Author) -> None:
    """Store what was written; nothing else."""
    store = clinic.node.context.store
    with store.transaction():
        for lane, epoch, key in author.made:
            store.epoch_keys.add(author.replica.chart, lane, epoch, key, own=True)
        store.operations.append(author.written)
    author.made.clear()
    author.written.clear()


def own_grant(clinic: Clinic, chart: str) -> ActId:
    """A grant to this clinic's device, live or not."""
    replica = clinic.replica(chart)
    held = replica.fold._held_by(clinic.device)
    return held[0].id
