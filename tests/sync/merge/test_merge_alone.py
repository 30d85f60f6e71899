"""A resource of one version is shown by a shorter way, which gives what the long one gives."""

import json
from typing import Any

import pytest
from chart_story import Story, concept

from sync.merge.composition import choose, chosen_alone, shown_document
from sync.merge.policy_table import POLICIES
from sync.merge.resource_view import Label

ELEMENTS: dict[str, Any] = {
    "status": "entered-in-error",
    "verificationStatus": concept("refuted"),
    "code": concept("a"),
    "identifier": [{"value": "1"}, {"value": "2"}, {"value": "1"}],
    "target": [{"reference": "Patient/p"}],
    "valueQuantity": {"value": 1},
    "_birthDate": {"id": "x"},
    "meta": {"versionId": "1"},
    "text": {"status": "generated", "div": "x"},
}
CONTENTS = (None, b"[1]", b'{"resourceType":"Flag"', b'{"resourceType":"%b","a":1.50, "a":2}')


@pytest.mark.parametrize("kind", [*POLICIES, "Basic"])
@pytest.mark.parametrize("touched", [None, (), ("code", "gone")])
@pytest.mark.parametrize("content", CONTENTS)
@pytest.mark.parametrize("upon_absent", [False, True])
def test_one_version_shows_the_same_by_the_short_way_and_by_the_long_one(
    kind: str, touched: tuple[str, ...] | None, content: bytes | None, upon_absent: bool
) -> None:
    story = Story(kind)
    seen = [story.put(code=concept("absent"))] if upon_absent else []
    one = story.put(*seen, said=ELEMENTS, touched=touched, content=content, doubtful=True)
    view = story.view(one)

    long_way = choose(view.policy, view.versions, frozenset())

    assert chosen_alone(view.versions) == long_way
    assert view.shown == shown_document(view.policy, view.versions, long_way)
    assert not {Label.SET_ASIDE, Label.CARRIES_OTHERS} & set(view.labels)
    assert not any(each.carried or each.set_aside for each in view.elements.values())
    assert (Label.CLOCK_DOUBTFUL in view.labels) == bool(view.heads)
    if content is None:
        assert view.shown == one.change.content
        assert json.loads(one.change.content)["resourceType"] == kind
