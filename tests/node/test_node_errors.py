"""Every error of a node tells a person what failed, in one plain line, and ends as documented."""

import re
from collections.abc import Iterator

import pytest

import node.errors
from node.errors import NodeError
from node.exits import ExitCode


def tree(kind: type[NodeError]) -> Iterator[type[NodeError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from tree(below)


CLASSES = [kind for kind in tree(NodeError) if kind.__module__ == "node.errors"]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_docstring_is_one_plain_sentence(kind: type[NodeError]) -> None:
    sentence = kind.__doc__ or ""
    assert sentence
    assert "\n" not in sentence
    assert not sentence[0].isupper()
    assert not sentence.endswith(".")
    assert kind.__doc__ is not NodeError.__doc__ or kind is NodeError
    assert isinstance(kind.exit_code, ExitCode)


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_the_tree_at_the_top_of_the_file_lists_it(kind: type[NodeError]) -> None:
    assert re.search(rf"\b{kind.__name__}\b", node.errors.__doc__ or "")


def test_facts_are_filled_in_and_never_read_as_a_pattern() -> None:
    error = node.errors.PassphraseUnreadable("{source}", "it is {0}")
    assert str(error) == "the passphrase from {source} cannot be used: it is {0}"


def test_every_exit_code_has_its_own_number_and_line() -> None:
    assert [code.value for code in ExitCode] == list(range(12))
    assert len({code.meaning for code in ExitCode}) == 12
    assert int(ExitCode.LOCKED) == 5
