"""The command reference is what the commands say, and every command has an example."""

import click
import pytest
from tracked import PROJECT

from node.command.reference import RESULT_KEYS, all_commands, reference

COMMANDS = dict(all_commands())


def test_the_command_reference_is_what_the_commands_say() -> None:
    written = (PROJECT / "docs/COMMANDS.md").read_text()

    assert written == reference(), "run `make docs`"


def test_every_command_says_what_it_prints_as_json() -> None:
    assert {path.removeprefix("satchel ") for path in COMMANDS} == set(RESULT_KEYS)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_has_help_for_all_its_options_and_an_example_of_itself(path: str) -> None:
    command = COMMANDS[path]

    assert command.help
    assert all(line.startswith("satchel ") for line in command.example.splitlines())
    assert path in command.example
    options = [one for one in command.params if isinstance(one, click.Option)]
    assert [one.name for one in options if not one.help] == []


def test_lines_of_a_help_text_that_belong_apart_stay_apart() -> None:
    assert "\nsuspend ORG\nadd-member ORG " in reference()
