"""Two charts of one person: linked and taken apart, at one node and at three that sync."""

import json
from typing import Any

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Make,
    Three,
    Two,
    allergy,
    exported,
    level,
    observation,
    patient,
    synced,
)

from node.application.errors import BadRequest, LinkMissing, NoStanding
from sync.merge.linkage import LINKAGE_TYPE, link_tag

Page = dict[str, Any]


def chart_of(clinic: Clinic, name: str) -> str:
    """The chart that shows a name."""
    (found,) = [str(line["chart"]) for line in clinic.node.charts() if line["name"] == name]
    return found


def with_two_charts(clinic: Clinic) -> tuple[str, str]:
    """Amara, who was registered twice: with an allergy here, an observation there."""
    clinic.take(patient("p1", "Amara Okafor"), allergy("a1", "p1", "Penicillin"))
    clinic.take(patient("p2", "Amara Okaofr"), observation("o2", "p2"))
    return chart_of(clinic, "Amara Okafor"), chart_of(clinic, "Amara Okaofr")


def page(clinic: Clinic, chart: str, *, linked: bool = False) -> Page:
    """What `chart show` gives."""
    return clinic.node.chart_show(chart, linked=linked)


def shown(clinic: Clinic, chart: str) -> Page:
    """What `chart show` gives, without what tells of links having been: versions of Linkages."""
    whole = page(clinic, chart, linked=True)
    kept = [one for one in whole["resources"] if one["type"] not in (LINKAGE_TYPE, "Provenance")]
    return {**whole, "resources": kept}


def linked_with(clinic: Clinic, chart: str) -> set[str | None]:
    return {one["chart"] for one in page(clinic, chart)["linked"]}


def test_linked_charts_show_each_other_s_allergies_and_nothing_moves(clinic: Make) -> None:
    hill = clinic("hill")
    one, other = with_two_charts(hill)
    done = hill.node.people.link(one, other, reason="same ration card")

    assert done["changed"]
    [beside] = page(hill, other)["linked"]
    assert beside["chart"] == one
    assert [line["substance"] for line in beside["allergies"]] == ["Penicillin"]
    assert "resources" not in beside
    [whole] = page(hill, other, linked=True)["linked"]
    assert {each["id"] for each in whole["resources"]} >= {"p1", "a1"}
    assert {each["id"] for each in page(hill, other)["resources"]} >= {"p2", "o2"}
    assert "a1" not in {each["id"] for each in page(hill, other)["resources"]}
    assert [line["linked"] for line in hill.node.charts()] == [True, True]


def test_a_link_is_a_resource_of_both_charts_like_any_other(clinic: Make) -> None:
    hill = clinic("hill")
    one, other = with_two_charts(hill)
    hill.node.people.link(one, other, reason="same ration card")

    for chart in (one, other):
        [found] = [each for each in hill.resources(chart) if each["resourceType"] == "Linkage"]
        assert found["active"] is True
        [told] = [each for each in hill.resources(chart) if each["resourceType"] == "Provenance"]
        assert told["reason"] == [{"text": "same ration card"}]
        assert told["target"] == [{"reference": f"Linkage/{found['id']}"}]
        ids = json.dumps([found, told])
        assert one not in ids
        assert other not in ids


def test_unlinking_restores_exactly_what_was_shown_before(clinic: Make) -> None:
    hill = clinic("hill")
    one, other = with_two_charts(hill)
    before = [shown(hill, one), shown(hill, other)]
    listed = hill.node.charts()
    hill.node.people.link(one, other)
    assert [shown(hill, one), shown(hill, other)] != before
    hill.node.people.unlink(other, one)

    assert [shown(hill, one), shown(hill, other)] == before
    assert [{**line, "resources": 0} for line in hill.node.charts()] == [
        {**line, "resources": 0} for line in listed
    ]


def test_linking_again_writes_nothing_and_taking_apart_what_is_apart_is_refused(
    clinic: Make,
) -> None:
    hill = clinic("hill")
    one, other = with_two_charts(hill)
    with pytest.raises(LinkMissing):
        hill.node.people.unlink(one, other)
    hill.node.people.link(one, other)
    written = hill.everything_written()

    assert hill.node.people.link(other, one)["changed"] is False
    assert hill.everything_written() == written


@pytest.mark.parametrize("reason", ["x" * 201, "two\nlines", "\x1b[2J"])
def test_a_reason_that_no_line_can_show_is_refused(clinic: Make, reason: str) -> None:
    hill = clinic("hill")
    one, other = with_two_charts(hill)
    with pytest.raises(BadRequest):
        hill.node.people.link(one, other, reason=reason)


def test_a_chart_is_linked_with_no_directory_and_not_with_itself(clinic: Make) -> None:
    hill = clinic("hill")
    one, _ = with_two_charts(hill)
    hill.take({"resourceType": "Location", "id": "ward"})
    for other in (one, chart_of(hill, "(directory)")):
        with pytest.raises(BadRequest):
            hill.node.people.link(one, other)


def test_a_chain_of_links_is_followed_once_round_and_parts_where_one_is_taken_out(
    clinic: Make,
) -> None:
    hill = clinic("hill")
    names = ["Ann Bo", "Ben Cole", "Cy Dee"]
    for place, name in enumerate(names):
        hill.take(patient(f"p{place}", name))
    a, b, c = (chart_of(hill, name) for name in names)
    for pair in ((a, b), (b, c), (c, a)):
        hill.node.people.link(*pair)

    assert linked_with(hill, a) == {b, c}
    hill.node.people.unlink(c, a)
    assert linked_with(hill, a) == {b, c}
    hill.node.people.unlink(b, c)
    assert linked_with(hill, a) == {b}
    assert linked_with(hill, c) == set()


def test_a_link_is_in_both_charts_or_in_neither(two: Two) -> None:
    a, b = two
    _, other = with_two_charts(a)
    a.node.grant(other, to="B", lanes=ALL_LANES, rights="read", history=True)
    b.take(patient("p3", "Amara Okafor", "1980-01-01"))
    own = chart_of(b, "Amara Okafor")
    level(a, b)
    written = b.everything_written()

    with pytest.raises(NoStanding):
        b.node.people.link(own, other)
    assert b.everything_written() == written
    assert linked_with(b, own) == set()
    assert b.audit_ok()


def test_a_reader_of_one_chart_learns_of_a_link_and_nothing_of_the_other(two: Two) -> None:
    a, b = two
    one, other = with_two_charts(a)
    a.node.grant(one, to="B", lanes=ALL_LANES, history=True)
    a.node.people.link(one, other, reason="same ration card")
    level(a, b)

    assert linked_with(b, one) == {None}
    assert b.chart_ids() == [one]
    everything = b"".join(exported(b, history=True)).decode() + json.dumps(page(b, one))
    assert link_tag(a.replica(other).chart) in everything
    for secret in (other, "Okaofr", '"o2"', "Body temperature"):
        assert secret not in everything


def test_late_arrivals_for_either_chart_show_beside_the_other(two: Two) -> None:
    a, b = two
    one, other = with_two_charts(a)
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    a.node.people.link(one, other)
    level(a, b)
    b.add(other, allergy("late", "p2", "Latex"))
    level(a, b)

    [beside] = page(a, one)["linked"]
    assert [line["substance"] for line in beside["allergies"]] == ["Latex"]


def test_a_link_to_a_chart_that_comes_later_shows_when_it_has_come(two: Two) -> None:
    a, b = two
    one, other = with_two_charts(a)
    a.node.grant(one, to="B", lanes=ALL_LANES, history=True)
    a.node.people.link(one, other)
    level(a, b)
    assert linked_with(b, one) == {None}
    a.node.grant(other, to="B", lanes=ALL_LANES, history=True)
    level(a, b)

    assert linked_with(b, one) == {other}
    assert linked_with(b, other) == {one}


def test_who_may_write_one_chart_alone_cannot_show_it_beside_another(two: Two) -> None:
    """B copies the link of its own chart's pair into it; the other chart does not say it."""
    a, b = two
    one, other = with_two_charts(a)
    a.node.grant(one, to="B", lanes=ALL_LANES, history=True)
    a.node.people.link(one, other)
    a.node.people.unlink(one, other)
    level(a, b)
    [linkage] = [each for each in b.resources(one) if each["resourceType"] == "Linkage"]
    b.add(one, {**linkage, "active": True})
    level(a, b)

    assert linked_with(b, one) == {None}
    assert linked_with(a, one) == {None}
    assert linked_with(a, other) == set()
    assert [line["linked"] for line in a.node.charts()] == [False, False]


def shared_by_three(three: Three) -> tuple[str, str]:
    a, b, c = three
    one, other = with_two_charts(a)
    for peer in ("B", "C"):
        a.node.grant("all", to=peer, lanes=ALL_LANES, history=True)
    level(a, b, c)
    return one, other


def test_concurrent_links_of_three_nodes_are_one_link(three: Three) -> None:
    one, other = shared_by_three(three)
    for place, node in enumerate(three):
        node.node.people.link(one, other, reason=f"reason {place}")
    level(*three)

    for node in three:
        [beside] = page(node, one)["linked"]
        assert (beside["chart"], beside["disputed"]) == (other, False)
        assert node.conflicts() == []


def test_a_link_and_an_unlink_written_apart_show_apart_until_a_person_decides(
    three: Three,
) -> None:
    a, b, c = three
    one, other = shared_by_three(three)
    a.node.people.link(one, other)
    level(*three)
    b.node.people.unlink(one, other)
    c.add(one, observation("late", "p1"))
    c.node.people.unlink(other, one)
    c.node.people.link(one, other)
    level(*three)

    for node in three:
        assert linked_with(node, one) == set()
        assert len(node.conflicts()) == 2
        assert "late" in {each["id"] for each in page(node, one)["resources"]}
    a.node.people.link(one, other)
    level(*three)
    for node in three:
        assert linked_with(node, one) == {other}
        assert node.conflicts() == []
    assert len({tuple(exported(node, history=True)) for node in three}) == 1


def test_a_link_holds_after_a_restart_and_after_lists_are_made_anew(clinic: Make) -> None:
    hill = clinic("hill")
    one, other = with_two_charts(hill)
    hill.node.people.link(one, other)
    hill.restart()

    assert linked_with(hill, one) == {other}
    hill.node.context.store.links.clear()
    for chart in (one, other):
        hill.node._contents.refresh(hill.replica(chart).chart)
    assert linked_with(hill, one) == {other}


def test_reading_a_linked_chart_is_audited_as_reading_it(clinic: Make) -> None:
    hill = clinic("hill")
    one, other = with_two_charts(hill)
    hill.node.people.link(one, other)
    before = hill.node.context.store.audit.root().number
    page(hill, one)

    assert hill.node.context.store.audit.root().number == before + 2


def test_a_crash_between_the_two_halves_leaves_neither(
    clinic: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    hill = clinic("hill")
    one, other = with_two_charts(hill)
    written = hill.everything_written()
    refresh, calls = hill.node._contents.refresh, []

    def failing(chart: Any) -> None:
        calls.append(chart)
        if len(calls) == 2:
            raise OSError("the disk is gone")
        refresh(chart)

    monkeypatch.setattr(hill.node._contents, "refresh", failing)
    with pytest.raises(OSError, match="the disk is gone"):
        hill.node.people.link(one, other)

    hill.restart()
    assert hill.everything_written() == written
    assert linked_with(hill, one) == set()
    synced(hill, clinic("other"))
    assert hill.audit_ok()
