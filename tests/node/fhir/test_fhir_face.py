"""What lists show of a Patient, whatever its shape."""

import json

from hypothesis import given
from hypothesis import strategies as st

from node.fhir.face import patient_face, shown

shapes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6) | st.just("phone"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["name", "text", "given", "family", "use", "value", "system", "telecom"]
            ),
            inner,
            max_size=4,
        )
    ),
)
documents = st.dictionaries(
    st.sampled_from(["name", "birthDate", "gender", "identifier", "telecom"]), shapes
)


def test_a_face_shows_the_official_name_and_keeps_the_others() -> None:
    face = patient_face(
        {
            "name": [
                {"use": "old", "family": "Before", "given": ["Ana"]},
                {"use": "official", "family": "Ncube", "given": ["Ana", "Thandi"]},
                {"text": "安娜"},
            ],
            "birthDate": "1990-02",
            "gender": "female",
            "identifier": [{"system": "urn:x", "value": "17"}, {"value": "18"}, {"system": "y"}],
            "telecom": [
                {"system": "phone", "value": "+263 77 000"},
                {"system": "email", "value": "a@example.org"},
                {"system": "phone", "use": "old", "value": "1"},
            ],
        }
    )
    assert face.name == "Ana Thandi Ncube"
    assert face.names == ("Ana Thandi Ncube", "安娜", "Ana Before")
    assert (face.birth_date, face.gender) == ("1990-02", "female")
    assert face.identifiers == (("urn:x", "17"), ("", "18"))
    assert face.phones == ("+263 77 000",)
    assert "Ncube" not in repr(face)


def test_escapes_and_direction_changes_are_stripped_and_joiners_kept() -> None:
    assert shown("A\x1b[31m\u202eb\x00\ud800\u2028c\n d") == "A[31mbc d"
    assert shown("\u0645\u06cc\u200c\u062e") == "\u0645\u06cc\u200c\u062e"
    assert len(shown("x" * 10_000)) == 200


@given(documents)
def test_no_shape_of_document_raises(document: dict[str, object]) -> None:
    face = patient_face(document)
    assert json.dumps(face.names)
    assert face.name in ("", *face.names)


@given(st.text(max_size=40))
def test_what_is_shown_is_one_printable_line(text: str) -> None:
    line = shown(text)
    assert line == line.strip()
    assert line.replace("\u200c", "").replace("\u200d", "").isprintable()
    line.encode()


def test_a_birth_date_that_is_none_is_not_shown() -> None:
    for wrong in ("1990-13", "yesterday", "1990-02-31x", "\x1b[2J", 1990, None):
        assert patient_face({"birthDate": wrong}).birth_date == ""
