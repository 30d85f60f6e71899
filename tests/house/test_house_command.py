"""The command starts light, explains itself everywhere, and documents name only what it has."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from tracked import PROJECT, name_of, tracked_files

from node.command.main import COMMANDS, satchel

HEAVY = {"asyncio", "libp2p", "sqlcipher3", "textual", "trio", "web3"}

CHAIN = {"web3", "eth", "eth_abi", "eth_utils", "py_ecc", "trie"}

HELP = """
import sys
from node.command.main import main
try:
    main({arguments!r})
except SystemExit as end:
    print(end.code, *sys.modules, file=sys.stderr)
"""

DOCUMENTS = sorted(path for path in tracked_files() if path.suffix == ".md")
SHARED_WITH_VALUE = {"--home", "--passphrase-file"}
SHARED = SHARED_WITH_VALUE | {"--json", "--help", "-h"}


def commands(
    group: click.Group = satchel, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command of node's own, with the words that call it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        if not path and name not in COMMANDS:
            continue
        command = group.get_command(context, name)
        assert command, f"{name} is listed and missing"
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))


def named_commands(text: str) -> list[str]:
    """Every `satchel …` of a document: in code spans, and at the start of lines in code blocks."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    prose = re.sub(r"^```\w*\n.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    spans = re.findall(r"`([^`]+)`", prose)
    return [each for each in lines + spans if re.match(r"satchel( |$)", each)]


def unknown_in(line: str) -> str | None:
    """What of a `satchel …` line the command does not have, or None."""
    words = shlex.split(line, comments=True)[1:]
    command: click.Command = satchel
    while words:
        word = words.pop(0)
        if word in SHARED_WITH_VALUE:
            words = words[1:]
        elif word.startswith("-"):
            known = {option for each in command.params for option in each.opts}
            if word.partition("=")[0] not in known | SHARED:
                return word
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z-]+", word):
            if word not in command.list_commands(click.Context(command)):
                return word
            if command is satchel and word not in COMMANDS:
                return None
            found = command.get_command(click.Context(command), word)
            assert found
            command = found
    return None


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], [], ["sync", "-h"], ["grant", "--help"]])
def test_help_loads_no_event_loop_no_database_no_libp2p_and_no_web3(arguments: list[str]) -> None:
    outcome = subprocess.run(
        [sys.executable, "-c", HELP.format(arguments=arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    code, *loaded = outcome.stderr.split()

    assert code == "0"
    assert "satchel" in outcome.stdout
    assert "node.command.main" in loaded
    assert HEAVY & set(loaded) == set()


@pytest.mark.parametrize("command", [" ".join(path) for path, _ in commands()])
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    outcome = CliRunner().invoke(satchel, [*command.split(), "-h"], prog_name="satchel")

    assert outcome.exit_code == 0, outcome.output
    assert f"Usage: satchel {command}" in outcome.stdout
    assert f"satchel {command.split()[0]}" in outcome.stdout.partition("Example:")[2]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)
def test_documents_name_only_commands_and_options_that_there_are(
    document: Path,
) -> None:
    found = {
        line: unknown_in(line) for line in named_commands(document.read_text().replace("\\\n", " "))
    }

    assert {line: word for line, word in found.items() if word} == {}


@pytest.mark.parametrize(
    ("line", "unknown"),
    [
        ("satchel --home a init --name 'Clinic A'  # words", None),
        ("satchel peer add CARD", None),
        ("satchel peer befriend CARD", "befriend"),
        ("satchel chart list --colour", "--colour"),
        ("satchel", None),
    ],
)
def test_an_unknown_command_or_option_would_be_found(line: str, unknown: str | None) -> None:
    assert unknown_in(line) == unknown


def test_a_node_that_meets_no_chain_loads_none_of_what_speaks_to_one() -> None:
    """Each command would pay for it: half a second of imports, and more memory than the rest."""
    loaded = subprocess.run(
        [sys.executable, "-c", "import sys, node.application.node; print(*sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert "node.application.organisation.governance_desk" in loaded
    assert not CHAIN & {name.partition(".")[0] for name in loaded}
