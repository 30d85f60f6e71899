"""The command line's own manners, without a node: options, usage errors, what help loads."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import click
import pytest

from node.command import main, shape
from node.command.shape import Shared, command, shared_of
from node.command.telling import clean, fit, width
from node.exits import ExitCode

HEAVY = {"aiohttp", "hypercorn", "libp2p", "sqlcipher3", "starlette", "trio", "web3"}


def loaded_by(code: str) -> set[str]:
    """The top-level modules that a fresh interpreter has after running some code."""
    ended = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.partition(".")[0] for name in ended.stderr.split()}


@pytest.mark.parametrize(
    "arguments", [["--help"], ["grant", "-h"], ["serve", "--help"], ["chart", "show", "-h"]]
)
def test_help_loads_no_event_loop_no_libp2p_and_no_web3(arguments: list[str]) -> None:
    loaded = loaded_by(f"from node.command.main import run\nrun({arguments!r})")

    assert "click" in loaded
    assert loaded & HEAVY == set()


def test_the_client_loads_no_store_no_libp2p_and_no_event_loop_of_the_node() -> None:
    loaded = loaded_by("import node.client")

    assert "httpx" in loaded
    assert loaded & {"libp2p", "sqlcipher3", "sqlite_utils", "trio", "hypercorn", "nacl"} == set()


def test_shared_options_count_before_and_after_the_name_and_the_later_wins(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Shared] = []

    @command("probe", example="satchel probe")
    @click.pass_context
    def probe(context: click.Context) -> None:
        """Look."""
        seen.append(shared_of(context))

    monkeypatch.setattr(main.satchel, "commands", {"probe": probe})

    assert main.run(["--home", "a", "--json", "probe"]) == 0
    assert main.run(["probe", "--home", "b", "--passphrase-file", "p"]) == 0
    assert main.run(["--home", "a", "probe", "--home", "b"]) == 0
    assert seen == [
        Shared(Path("a"), None, json=True),
        Shared(Path("b"), Path("p")),
        Shared(Path("b")),
    ]


@pytest.mark.parametrize(
    ("arguments", "message", "hint"),
    [
        (["nonsense"], "no such command 'nonsense'", "see `satchel -h`"),
        (["chart"], "missing command", "see `satchel chart -h`"),
        (["chart", "show", "a", "b"], "too many arguments", "see `satchel chart show -h`"),
        (["grant", "--to", "x", "--lanes", "care"], "name a chart", "see `satchel grant -h`"),
        (["export", "--all", "--chart", "x"], "--chart and --all", "see `satchel export -h`"),
        (
            ["conflicts", "resolve", "x"],
            "give one of --choose",
            "see `satchel conflicts resolve -h`",
        ),
    ],
)
def test_a_usage_error_is_told_in_our_form_with_code_two(
    arguments: list[str], message: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.run(arguments) == ExitCode.USAGE
    plain = capsys.readouterr()
    assert main.run([*arguments, "--json"]) == ExitCode.USAGE
    told = json.loads(capsys.readouterr().err)["error"]

    assert plain.out == ""
    assert plain.err.startswith(f"satchel: error: {message}")
    assert plain.err.endswith(f"satchel: hint: {hint}\n")
    assert "Quillon" not in plain.err
    assert (told["message"][: len(message)], told["exit_code"]) == (message, 2)


def test_an_unexpected_error_is_told_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @command("probe", example="satchel probe")
    def probe() -> None:
        """Fail."""
        raise KeyError("Amara Quillonbury")

    monkeypatch.setattr(main.satchel, "commands", {"probe": probe})

    assert main.run(["probe"]) == ExitCode.FAILED
    told = capsys.readouterr().err
    assert "something unexpected failed: KeyError at " in told
    assert "Amara" not in told


def test_commands_of_other_packages_are_named_without_being_loaded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = EntryPoint("elsewhere", "no_such_package.module:command", shape.ENTRY_POINT_GROUP)
    monkeypatch.setattr(shape, "entry_points", lambda group: [other])

    assert main.run(["-h"]) == 0
    assert "elsewhere" in capsys.readouterr().out
    assert main.run(["elsewhere"]) == ExitCode.FAILED
    assert "ModuleNotFoundError" in capsys.readouterr().err


def test_what_comes_from_records_cannot_steer_a_terminal() -> None:
    assert clean("Amara\x1b[2J\u202e\x07 Quil\nlon") == "Amara[2J Quil lon"


def test_cells_are_cut_by_the_columns_that_they_take() -> None:
    assert width("مريم") == 4
    assert width("王小明") == 6
    assert width("ประเสริฐ") == 7
    assert fit("王小明", 5) == "王小…"
    assert fit("王小明", 4) == "王… "
    assert fit("abc", 5) == "abc  "
