"""What a hostile organisation's roster says of strangers' keys bars nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import ALL_LANES, Clinic, level, observation, pair, patient, synced
from registered_clinics import Chain, peer_verdict, registered, revoked

from node.registry.verdict import State
from sync.acts import RosterAct
from sync.grantee import Right
from sync.identifiers import DeviceKey
from sync.roster import Roster, sign_roster

Ward = tuple[Chain, Clinic, Clinic, Clinic]


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    chain = Chain()
    with registered(tmp_path, "A", "tablet", "hostile") as (a, tablet, hostile):
        pair(a, tablet, hostile)
        chain.enlist(a, tablet, hostile)
        chain.seen_by(a)
        a.take(patient("p1"), observation("one", "p1"))
        (chart,) = a.charts()
        for to in (tablet, hostile):
            a.node.grant(chart, to=to.organisation, lanes=ALL_LANES, rights="append", history=True)
        level(a, tablet, hostile)
        yield chain, a, tablet, hostile


def claiming(hostile: Clinic, *stolen: DeviceKey) -> Roster:
    """A roster of the hostile organisation that calls strangers' keys its practitioners."""
    context = hostile.node.context
    own = context.roster
    return sign_roster(
        context.identity.secrets.organisation_secret,
        own.number + 1,
        own.hash,
        own.devices,
        own.groups,
        (*own.practitioners, *stolen),
        own.pledges,
    )


def carried(hostile: Clinic, roster: Roster) -> None:
    """Write it into the chart that the hostile organisation was let into."""
    charts = hostile.node._charts
    (chart,) = charts.ids()
    author = charts.author(chart)
    author.act([RosterAct(roster.encoded())], author.standing(Right.APPEND, None), personal=False)
    with hostile.node.context.store.transaction():
        charts.keep(author)


def test_a_device_that_strangers_list_as_their_practitioner_is_not_barred_by_them(
    ward: Ward,
) -> None:
    chain, a, tablet, hostile = ward
    assert peer_verdict(a, tablet).state is State.ALLOW
    carried(hostile, claiming(hostile, tablet.device))
    chain.credential(hostile.node.context.identity.organisation, tablet.device, revoked())
    synced(hostile, a)
    chain.seen_by(a)

    assert peer_verdict(a, tablet).state is State.ALLOW
    synced(a, tablet)
