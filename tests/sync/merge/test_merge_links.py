"""Links between charts: what they call the charts, which Linkages are links, and what they hide."""

import json
from typing import Any

import pytest
from chart_story import CHART, Story
from hypothesis import given
from hypothesis import strategies as st

from sync.identifiers import ChartId, chart_text
from sync.merge.linkage import (
    LINK_SOURCE,
    chart_links,
    link_content,
    link_id,
    link_tag,
)

OTHER = ChartId(b"o" * 32)
CHARTS = st.binary(min_size=32, max_size=32).map(ChartId)


@given(CHARTS, CHARTS)
def test_a_link_reads_alike_whoever_writes_it_and_names_no_chart(
    one: ChartId, other: ChartId
) -> None:
    content = link_content(one, other, active=True)

    assert content == link_content(other, one, active=True)
    assert link_id(link_tag(one), link_tag(other)) == link_id(link_tag(other), link_tag(one))
    assert chart_text(one) not in content.decode()
    assert chart_text(other) not in content.decode()
    assert len(json.loads(content)["id"]) <= 64
    assert (link_tag(one) == link_tag(other)) == (one == other)


def linkage(content: bytes, source: str = LINK_SOURCE) -> Story:
    """A story of one Linkage with this content, under the id that it says."""
    story = Story("Linkage", json.loads(content)["id"])
    story.key = story.key._replace(source=source)
    story.put(content=content, touched=("active", "item"))
    return story


def with_items(*references: str) -> bytes:
    """A Linkage of these references, under the id of the first two."""
    tags = [each.removeprefix("urn:satchel:linked-chart:") for each in (*references, "", "")]
    items = [{"type": "source", "resource": {"reference": each}} for each in references]
    made: dict[str, Any] = {"resourceType": "Linkage", "id": link_id(*tags[:2]), "active": True}
    return json.dumps({**made, "item": items}).encode()


def test_a_link_of_a_chart_stands_there_and_in_no_other() -> None:
    own = link_content(CHART, OTHER, active=True)
    foreign = link_content(OTHER, ChartId(b"x" * 32), active=True)

    assert len(chart_links(linkage(own).lane())) == 1
    assert chart_links(linkage(foreign).lane()) == ()
    assert chart_links(linkage(link_content(CHART, OTHER, active=False)).lane()) == ()


@pytest.mark.parametrize(
    "content",
    [
        with_items(),
        with_items("urn:satchel:linked-chart:" + link_tag(CHART)),
        with_items(*["urn:satchel:linked-chart:" + link_tag(CHART)] * 2),
        with_items("Patient/1", "Patient/2"),
        with_items(*("urn:satchel:linked-chart:" + link_tag(each) for each in (CHART, OTHER)), "x"),
        link_content(CHART, OTHER, active=True).replace(
            link_id(link_tag(CHART), link_tag(OTHER)).encode(), b"another-id"
        ),
    ],
)
def test_a_linkage_of_another_form_links_no_charts(content: bytes) -> None:
    assert chart_links(linkage(content).lane()) == ()


def test_a_linkage_that_a_system_named_itself_links_no_charts() -> None:
    content = link_content(CHART, OTHER, active=True)

    assert chart_links(linkage(content, "clinic-a").lane()) == ()


@pytest.mark.parametrize("unlinked_first", [True, False])
def test_a_link_shows_apart_while_a_concurrent_unlink_disputes_it(unlinked_first: bool) -> None:
    linked = link_content(CHART, OTHER, active=True)
    unlinked = link_content(CHART, OTHER, active=False)
    story = linkage(linked)
    base = story.written[0]
    contents = [unlinked, linked] if unlinked_first else [linked, unlinked]
    a, b = (story.put(base, content=each, touched=("active", "item")) for each in contents)

    assert chart_links(story.lane()) == ()
    assert len(story.view().conflicts) == 1
    story.put(a, b, content=linked, touched=("active", "item"))
    [link] = chart_links(story.lane())
    assert not link.is_disputed
