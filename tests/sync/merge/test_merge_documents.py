"""Documents are read without altering them, and hostile ones do no harm."""

import json

import pytest
from chart_story import Story, concept, document

from sync.limits import content_depth_max
from sync.merge.document import parse_document
from sync.merge.register import register_of
from sync.merge.resource_view import Label

DEEP = b'{"resourceType":"Basic","x":' + b"[" * 99 + b"1" + b"]" * 99 + b"}"
TOO_DEEP = b'{"resourceType":"Basic","x":' + b"[" * 100 + b"1" + b"]" * 100 + b"}"
BOTTOMLESS = b'{"resourceType":"Basic","x":' + b"[" * 40_000

UNREADABLE = [
    b"",
    b"null",
    b"[]",
    b"{",
    b'{"resourceType":"Basic"',
    b'{"resourceType":"Basic"} x',
    b'{"resourceType":"Basic",}',
    b'{"resourceType":"Basic" "id":"1"}',
    b'{resourceType:"Basic"}',
    b'{"resourceType":"Patient"}',
    b'{"resourceType":1}',
    b'{"id":"1"}',
    b'{"resourceType":"Basic","resourceType":"Basic"}',
    b'{"resourceType":"Basic","x":{"a":1,"a":2}}',
    b'{"resourceType":"Basic","x":NaN}',
    b'{"resourceType":"Basic","x":-Infinity}',
    b'{"resourceType":"Basic","\\ud800":1}',
    b'{"resourceType":"Basic","x":"\xff"}',
    b'\xef\xbb\xbf{"resourceType":"Basic"}',
    TOO_DEEP,
    BOTTOMLESS,
]


@pytest.mark.parametrize("content", UNREADABLE)
def test_unreadable_content_stays_in_history_and_hides_nothing(content: bytes) -> None:
    story = Story("Basic")
    first = story.put(code=concept("a"))
    hostile = story.put(first, content=content, touched=["code", "note"])

    view = story.view()

    assert view.shown == first.change.content
    assert view.unreadable == (hostile.ref,)
    assert Label.UNREADABLE in view.labels
    assert view.history == (first, hostile)
    assert view.heads == (hostile.ref,), "the next writer lists it, and so closes it"


@pytest.mark.parametrize("content", UNREADABLE)
def test_a_resource_of_unreadable_content_alone_shows_no_document(content: bytes) -> None:
    story = Story("Basic")
    story.put(content=content)

    view = story.view()

    assert view.shown is None
    assert view.conflicts == ()
    assert view.labels == (Label.UNREADABLE,)


def test_a_depth_at_the_limit_is_read() -> None:
    assert content_depth_max == 100
    assert parse_document(DEEP, "Basic") is not None


def test_brackets_within_text_are_not_depth() -> None:
    content = b'{"resourceType":"Basic","x":"' + b'[{\\"' * 400 + b'"}'

    assert parse_document(content, "Basic") is not None


def test_a_huge_number_is_characters_and_nothing_else() -> None:
    digits = b"9" * 10_000
    found = parse_document(b'{"resourceType":"Basic","x":' + digits + b"}", "Basic")

    assert found is not None
    assert found.value("x").json == b'{"x":' + digits + b"}"


def test_a_composed_document_keeps_members_as_written_and_their_order() -> None:
    story = Story("Condition")
    first = story.put(
        content=b'{"resourceType":"Condition","id":"r1","code":{"text":"a"},"x":1.50,"note":[]}'
    )
    story.put(
        first,
        content=b'{"resourceType":"Condition", "id":"r1","x": 1.500,"code":{"text":"a"},"note":[]}',
        touched=["x"],
    )
    story.put(
        first,
        content=b'{"resourceType":"Condition","id":"r1","code":{"text":"a"},"x":1.50,'
        b'"note":[ {"text":"\\u00e9 \xc3\xa9"} ]}',
        touched=["note"],
    )

    assert story.view().shown == (
        b'{"resourceType":"Condition","id":"r1","code":{"text":"a"},"x":1.500,'
        b'"note":[ {"text":"\\u00e9 \xc3\xa9"} ]}'
    )


def test_an_element_that_one_removes_is_gone_from_what_both_make() -> None:
    story = Story("Condition")
    first = story.put(code=concept("a"), note="n")
    story.put(first, note=None)
    story.put(first, subject="s")

    assert "note" not in document(story.view())


def test_what_a_version_carries_without_touching_it_is_not_lost() -> None:
    story = Story("AllergyIntolerance")
    first = story.put(verificationStatus=concept("confirmed"))
    sly = story.put(first, touched=["note"], verificationStatus=concept("refuted"), note="x")

    view = story.view()
    element = view.elements["verificationStatus"]

    assert not view.is_withdrawn, "a refutation must say that it is one"
    assert [value.ref for value in element.carried] == [sly.ref]
    assert Label.CARRIES_OTHERS in view.labels


def test_a_new_resource_touches_all_that_it_contains() -> None:
    story = Story("Observation")
    story.put(touched=[], status="entered-in-error")

    assert story.view().is_entered_in_error


@pytest.mark.parametrize(
    ("member", "register"),
    [
        ("status", "status"),
        ("_status", "status"),
        ("valueQuantity", "value[x]"),
        ("_valueString", "value[x]"),
        ("value[x]", "value[x]"),
        ("valueSet", "valueSet"),
        ("reasonCode", "reasonCode"),
        ("reasonReference", "reasonReference"),
        ("onsetAge", "onset[x]"),
        ("startDate", "start[x]"),
        ("start", "start"),
        ("", ""),
    ],
)
def test_a_member_belongs_to_its_element(member: str, register: str) -> None:
    assert register_of(member) == register


def test_a_new_version_that_a_server_stamped_shows_its_own_bytes() -> None:
    story = Story("Condition")
    first = story.put(code=concept("a"), meta={"versionId": "1"}, text={"status": "generated"})
    later = story.put(
        first,
        touched=["code"],
        code=concept("b"),
        meta={"versionId": "2"},
        text={"status": "generated", "div": "b"},
    )

    view = story.view()

    assert view.shown == later.change.content
    assert view.labels == ()


def test_no_repr_shows_content() -> None:
    story = Story("Patient")
    first = story.put(name="Canary Diallo", telecom=["Canary"])
    story.put(first, name="Canary Bah")
    story.put(first, name="Canary Sow")
    view = story.view()

    said = repr(
        [view, story.lane(), view.elements, view.conflicts, view.history, view.versions.document(0)]
    )

    assert "Canary" not in said
    assert json.loads(view.shown or b"")["name"] == "Canary Sow"
