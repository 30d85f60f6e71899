"""Documents fail when they go stale: links, paths, commands and references."""

import importlib.util
import re
from pathlib import Path

import pytest
from tracked import PROJECT, name_of, tracked_files

from node.command.reference import reference

DOCUMENTS = sorted(path for path in tracked_files() if path.suffix == ".md")
LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]+)?\)")
OUR_PATH = re.compile(r"`((?:sync|node|tui|contracts|scenarios|tests|docs|\.ci)/[\w./-]+)`")
MAKE_TARGET = re.compile(r"`make ([a-z]+)`|^make ([a-z]+)", re.MULTILINE)

document = pytest.mark.parametrize("document", DOCUMENTS, ids=name_of)


@document
def test_links_lead_to_files(document: Path) -> None:
    targets = [target for target, _ in LINK.findall(document.read_text()) if ":" not in target]

    assert [target for target in targets if not (document.parent / target).exists()] == []


@document
def test_links_within_a_document_lead_to_headings(document: Path) -> None:
    text = document.read_text()
    headings = {
        re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    }

    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= headings


@document
def test_files_that_are_named_exist(document: Path) -> None:
    named = OUR_PATH.findall(document.read_text())

    assert [path for path in named if not (PROJECT / path).exists()] == []


@document
def test_make_targets_that_are_named_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE))
    named = {first or second for first, second in MAKE_TARGET.findall(document.read_text())}

    assert named <= targets


def test_every_decision_is_in_the_index_and_says_what_would_change_it() -> None:
    folder = PROJECT / "docs/decisions"
    index = (folder / "README.md").read_text()
    pages = [path for path in DOCUMENTS if path.parent == folder and path.name != "README.md"]

    assert [page.name for page in pages if f"({page.name})" not in index] == []
    for page in pages:
        text = page.read_text()
        title = text.splitlines()[0].removeprefix("# ").partition(". ")[2]
        assert f"[{title}]({page.name})" in index
        for heading in ("Chosen", "Not chosen", "Because", "What would change it"):
            assert f"**{heading}.**" in text, f"{page.name} lacks {heading}"


def test_the_command_reference_is_what_the_commands_say() -> None:
    written = (PROJECT / "docs/COMMANDS.md").read_text()

    assert written == reference(), "run `make docs`"


def test_the_error_reference_is_what_the_code_says() -> None:
    written = (PROJECT / "docs/ERRORS.md").read_text()

    assert written == _made("error_reference"), "run `make docs`"


def test_the_scenario_reference_is_what_the_files_and_the_models_say() -> None:
    written = (PROJECT / "docs/SCENARIOS.md").read_text()

    assert written == _made("scenario_reference"), "run `make docs`"


def test_every_error_has_a_message_in_the_form_that_people_see() -> None:
    messages = re.findall(r"^\| `(\w+)` \| (.*?) \|", _made("error_reference"), re.MULTILINE)

    assert len(messages) > 20
    assert [name for name, message in messages if not message or message.endswith(".")] == []
    assert [name for name, message in messages if message[0].isupper()] == []


def _made(name: str) -> str:
    spec = importlib.util.spec_from_file_location(name, PROJECT / f"docs/{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    text = module.reference()
    assert isinstance(text, str)
    return text
