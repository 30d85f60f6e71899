"""Thieves, insiders, carriers and strangers: what they get, and what becomes of what they write."""

from collections.abc import Callable

import pytest
from clinics import level, observation
from hostile_ward import Ward

from node.keystore.secrets import NodeKind
from scenarios.malice.eavesdropping import Eavesdrop, Haul
from scenarios.malice.insiders import INSIDERS
from scenarios.malice.stolen import Stolen
from sync.operation import Operation

Make = Callable[..., Ward]


def content(ward: Ward) -> list[Operation]:
    """Every operation with content that an honest node holds."""
    return [
        operation
        for one in ward.honest
        for chart in one._charts.ids()
        for operation in one._charts.replica(chart).operations.values()
        if operation.prefix.lane != one._charts.replica(chart).access_lane
    ]


def of_thief(ward: Ward, stolen: Stolen) -> set[str]:
    """The ids of what the thief wrote that honest nodes show as merged."""
    written = {one.id for held in stolen.drafts.by_place.values() for one in held}
    merged = {
        one.id
        for clinic in ward.honest
        for chart in clinic._charts.ids()
        for one in clinic._charts.replica(chart).operations.values()
        if one.id in clinic._charts.replica(chart).fold.merged
    }
    return {each.hex() for each in written & merged}


@pytest.mark.parametrize("trick", [None, "set back"])
@pytest.mark.parametrize("lost", [True, False])
def test_a_stolen_device_gets_nothing_new_and_what_it_writes_waits(
    ward: Make, trick: str | None, lost: bool
) -> None:
    here = ward()
    before = {one.id for one in content(here)}
    for one in here.honest:
        one.node.revoke("all", from_="H", lost=lost)
    level(here.a, here.b)
    for one in here.honest:
        here.take(one, observation(f"secret-{one.name}", f"p-{one.name}"))
    level(here.a, here.b)
    stolen = here.turn("stolen", trick)
    assert isinstance(stolen, Stolen)
    here.meet_all(rounds=3)
    here.assert_unharmed()
    assert stolen.drafts.count > 0
    assert of_thief(here, stolen) == set()
    stolen.haul.add_node(here.h.node, own=True)
    for one in here.honest:
        stolen.haul.add_node(one.node)
    opened = stolen.haul.opened(content(here))
    assert opened
    assert opened - before <= {
        one.id for one in content(here) if one.prefix.device == here.h.device
    }


def test_a_theft_that_only_one_has_heard_of_ends_alike_everywhere(ward: Make) -> None:
    here = ward()
    stolen = here.turn("stolen")
    assert isinstance(stolen, Stolen)
    here.a.node.revoke("all", from_="H", lost=True)
    here.meet(here.b, initiator=True)  # B has not heard
    assert of_thief(here, stolen)
    here.meet(here.a, initiator=False)
    level(here.a, here.b)
    here.meet_all()
    here.assert_unharmed()
    for one in here.honest:
        chart = one._charts.find(
            next(
                c
                for c in one.charts()
                if one.charter(c).custodian == here.a.node.context.identity.organisation
            )
        )
        replica = one._charts.replica(chart)
        written = {
            each.id
            for held in stolen.drafts.by_place.values()
            for each in held
            if each.prefix.chart == chart
        }
        assert not written & replica.fold.merged


@pytest.mark.parametrize("trick", INSIDERS)
def test_an_insider_hides_nothing_that_others_wrote(ward: Make, trick: str) -> None:
    here = ward()
    doses = {
        str(one["id"]): one["dosageInstruction"]
        for one in here.a.resources()
        if one["resourceType"] == "MedicationRequest"
    }
    rogue = here.turn("rogue", trick)
    here.meet_all()
    here.assert_unharmed()
    history = here.a.resources(history=True)
    for identity, dose in doses.items():
        assert dose in [one.get("dosageInstruction") for one in history if one["id"] == identity]
    assert rogue.kind == "rogue"


@pytest.mark.parametrize("carrier", [True, False])
def test_a_carrier_or_a_stranger_does_no_harm(ward: Make, carrier: bool) -> None:
    here = ward(kind=NodeKind.RELAY, rights="relay" if carrier else "none")
    operations = {one.id for one in content(here)}
    kinds = ("forge", "withhold", "flood", "poison", "replay", "fork", "backdate")
    for place, kind in enumerate(kinds):
        here.turn(kind)
        here.meet_all(name=f"{place}")
    here.assert_unharmed()
    foreign = {one.id for one in content(here) if one.prefix.device == here.h.device}
    assert not foreign
    assert operations <= {one.id for one in content(here)}


def test_a_carrier_opens_nothing_of_all_that_it_carries(ward: Make) -> None:
    here = ward(kind=NodeKind.RELAY, rights="relay")
    carrier = here.turn("eavesdrop")
    assert isinstance(carrier, Eavesdrop)
    here.take(here.a, observation("carried", "p-A"))
    here.meet(here.a, initiator=True)
    here.meet(here.b, initiator=False)
    assert "carried" in {one["id"] for one in here.b.resources()}
    haul = carrier.gathered()
    assert haul.frames
    assert haul.bodies
    assert haul.opened(content(here)) == set()
    for word in (b"Okafor", b"Penicillin", b"Amlodipine", b"carried"):
        assert not any(word in frame for frame in haul.frames)


def test_a_stranger_learns_of_no_chart(ward: Make) -> None:
    here = ward(rights="none")
    here.turn("eavesdrop")
    met = here.meet_all()
    assert {one.error for one in met} == {None}
    assert here.h.node.charts() == []
    assert max(one.bytes_out for one in met) < 1000


def test_a_haul_with_the_right_key_opens_what_it_should(ward: Make) -> None:
    here = ward()
    haul = Haul(here.h.node.context.openers)
    assert haul.opened(content(here)) == set()
    haul.add_node(here.h.node)
    assert {one.id for one in content(here)} == haul.opened(content(here))
