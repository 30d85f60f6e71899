"""What stands beside the documents: order, labels, links, banner, what a writer lists, speed."""

import time

import pytest
from chart_story import CHART, LANE, SOURCE, Story, concept, document

from sync.change import ChangeKind
from sync.identifiers import LaneId
from sync.merge.account import Standing, account
from sync.merge.banner import Warned, banner
from sync.merge.lane_view import merge_lane
from sync.merge.linkage import standing_links
from sync.merge.merged_change import ResourceKey
from sync.merge.resource_view import Label

YEAR_2000_MS = 946_684_800_000
YEAR_2028_MS = 1_830_000_000_000


def test_wrong_clocks_do_not_break_causal_order_and_are_labelled() -> None:
    story = Story("Condition")
    fast = story.put(code=concept("a"), at=YEAR_2028_MS, doubtful=True)
    slow = story.put(fast, code=concept("b"), at=YEAR_2000_MS)
    last = story.put(slow, code=concept("c"), at=YEAR_2000_MS, doubtful=True)

    view = story.view()

    assert view.history == (fast, slow, last)
    assert view.shown == last.change.content
    assert view.labels == (Label.CLOCK_DOUBTFUL,)


def test_a_clock_in_doubt_labels_but_decides_nothing() -> None:
    story, other = Story("Condition"), Story("Condition")
    for each, doubtful in ((story, True), (other, False)):
        first = each.put(code=concept("a"))
        each.put(first, note="b", doubtful=doubtful)
        each.put(first, note="c")

    assert story.view().shown == other.view().shown
    assert story.view().conflicts == other.view().conflicts


def test_a_writer_lists_the_heads_of_the_resource_and_of_what_it_touches() -> None:
    story = Story("Condition")
    first = story.put(code=concept("a"))
    a = story.put(first, note="a")
    b = story.put(first, note="b")
    later = story.put(a, b, code=concept("c"))

    view = story.view()

    assert view.supersedes_for(["subject"]) == (later.ref,)
    assert view.supersedes_for(["note"]) == tuple(sorted([a.ref, b.ref, later.ref]))


def test_what_is_absent_hides_nothing_and_is_named() -> None:
    story = Story("Condition")
    first = story.put(code=concept("a"))
    middle = story.put(first, code=concept("b"))
    last = story.put(middle, code=concept("c"))

    view = story.view(first, last)

    assert set(view.heads) == {first.ref, last.ref}
    assert view.unmerged == (middle.ref,)
    assert Label.INCOMPLETE in view.labels
    assert len(view.conflicts) == 1
    assert story.view().conflicts == ()


def test_a_version_whose_first_is_absent_shows_whole() -> None:
    story = Story("Condition")
    first = story.put(code=concept("a"), subject="s")
    last = story.put(first, note="n")

    assert story.view(last).shown == last.change.content


def test_supersedes_of_another_resource_order_nothing() -> None:
    one, other = Story("Condition", "r1"), Story("Condition", "r2")
    first = one.put(code=concept("a"))
    other.put(first, code=concept("b"))

    lane = merge_lane(CHART, LANE, [*one.written, *other.written])

    assert lane.resources[one.key].heads == (first.ref,)


def test_other_lanes_and_repeats_are_passed_over() -> None:
    story = Story("Condition")
    first = story.put(code=concept("a"))

    assert list(merge_lane(CHART, LANE, [first, first]).changes()) == [first]
    assert not merge_lane(CHART, LaneId(bytes(8)), [first]).resources


def test_history_of_a_resource_that_is_not_here_is_empty() -> None:
    story = Story("Condition")
    first = story.put(code=concept("a"))

    assert story.lane().history(story.key) == (first,)
    assert story.lane().history(ResourceKey(LANE, SOURCE, "Patient", "?")) == ()


@pytest.mark.parametrize(
    ("resource_type", "elements", "why"),
    [
        ("AllergyIntolerance", {"code": concept("latex")}, Warned.ALLERGY),
        (
            "AllergyIntolerance",
            {"verificationStatus": concept("refuted")},
            Warned.REFUTATION,
        ),
        ("Flag", {"status": "active"}, Warned.FLAG),
        ("MedicationRequest", {"status": "stopped"}, Warned.STOP),
        ("MedicationStatement", {"status": "not-taken"}, Warned.STOP),
        ("Condition", {"verificationStatus": concept("refuted")}, Warned.REFUTATION),
        ("Observation", {"status": "entered-in-error"}, Warned.REFUTATION),
        ("Observation", {"status": "final"}, None),
        ("MedicationRequest", {"status": "active"}, None),
        ("Condition", {"verificationStatus": concept("confirmed")}, None),
    ],
)
def test_the_banner_shows_what_quarantine_must_not_hide(
    resource_type: str, elements: dict[str, object], why: Warned | None
) -> None:
    story = Story(resource_type)
    waiting = story.put(said=elements)

    lines = banner([waiting, waiting])

    assert [(line.why, line.ref) for line in lines] == ([(why, waiting.ref)] if why else [])


def test_a_quarantined_allergy_that_cannot_be_read_is_still_on_the_banner() -> None:
    story = Story("AllergyIntolerance")
    waiting = story.put(content=b"?")

    assert [line.why for line in banner([waiting])] == [Warned.ALLERGY]


def test_a_quarantined_change_hides_nothing_and_is_accounted_for() -> None:
    story = Story("AllergyIntolerance")
    first = story.put(verificationStatus=concept("confirmed"))
    waiting = story.put(first, verificationStatus=concept("refuted"))
    lane = story.lane(first)

    assert not lane.resources[story.key].is_withdrawn
    assert account(lane, [waiting])[waiting.ref].standing == (("", Standing.QUARANTINED),)


def test_the_account_says_where_each_change_is() -> None:
    story = Story("Condition")
    first = story.put(touched=["code"], code=concept("a"))
    a = story.put(first, note="a", subject="s")
    b = story.put(first, note="b")
    empty = story.put(a, b, touched=[])
    broken = story.put(empty, content=b"?", touched=["code"])

    found = {ref: dict(each.standing) for ref, each in account(story.lane(), []).items()}

    assert found == {
        first.ref: {"code": Standing.SHOWN, "id": Standing.SHOWN},
        a.ref: {"note": Standing.IN_CONFLICT, "subject": Standing.SHOWN},
        b.ref: {"note": Standing.IN_CONFLICT},
        empty.ref: {"": Standing.CARRIED},
        broken.ref: {"": Standing.UNREADABLE},
    }


def test_a_link_stands_until_it_is_unlinked_and_both_stay_in_history() -> None:
    story = Story("Linkage")
    items = [
        {"type": "source", "resource": {"reference": "Patient/1"}},
        {"type": "alternate", "resource": {"reference": "Patient/2"}},
    ]
    linked = story.put(active=True, item=items)

    [link] = standing_links(story.lane())
    story.put(linked, active=False)

    assert link.references == ("Patient/1", "Patient/2")
    assert standing_links(story.lane()) == ()
    assert len(story.view().history) == 2


@pytest.mark.parametrize("item", [None, 1, [1], [{"resource": 1}], [{"resource": {}}]])
def test_a_malformed_link_joins_nothing(item: object) -> None:
    story = Story("Linkage")
    story.put(active=True, item=item)

    assert standing_links(story.lane()) == ()


def test_an_unlink_that_is_resolved_back_links_again() -> None:
    story = Story("Linkage")
    item = [{"resource": {"reference": "Patient/2"}}]
    first = story.put(active=True, item=item)
    a = story.put(first, active=False)
    b = story.put(first, active=True, note="x")
    story.put(a, b, active=True, kind=ChangeKind.RESOLVE)

    assert len(standing_links(story.lane())) == 1


def seconds_to_see(story: Story) -> float:
    """How long everything that a person may ask of a resource takes."""
    begun = time.process_time()
    view = story.view()
    assert view.shown is not None
    assert len(view.history) == len(story.written)
    view.supersedes_for(["status", "note"])
    account(story.lane(), [])
    assert view.labels is not None
    return time.process_time() - begun


@pytest.mark.parametrize("resource_type", ["MedicationRequest", "Patient", "Observation"])
@pytest.mark.parametrize("shape", ["chain", "fan", "braid"])
def test_long_and_wide_histories_cost_in_proportion(resource_type: str, shape: str) -> None:
    def grown(count: int) -> Story:
        story = Story(resource_type)
        first = last = other = story.put(status="active")
        for number in range(count):
            if shape == "chain":
                last = story.put(last, note=str(number))
            elif shape == "fan":
                story.put(first, note=str(number), telecom=[str(number)])
            else:
                last, other = other, story.put(last, other, status="active", note=str(number % 7))
        return story

    seconds_to_see(grown(50))
    small, large = seconds_to_see(grown(1_000)), seconds_to_see(grown(4_000))

    # Four times as many: quadratic work would take sixteen times as long.
    assert large < 10 * small + 0.2


def test_a_chain_of_ten_thousand_versions_is_followed_without_recursion() -> None:
    story = Story("MedicationRequest")
    last = story.put(status="active")
    for number in range(10_000):
        last = story.put(last, note=str(number))

    view = story.view()

    assert view.heads == (last.ref,)
    assert document(view)["note"] == "9999"
    assert view.conflicts == ()
