"""Nothing is tracked that belongs to one machine, to one registry, or to nobody."""

import re
import tomllib

import pytest
from tracked import PROJECT, name_of, tracked_files

FILE_SIZE_BYTES_MAX = 512 * 1024

# Written in pieces, or this file would find itself.
MACHINE_PATH = re.compile(r"(?<![\w.~}])/" + r"(?:root|work|tmp|opt)/[\w.-]")
REGISTRY_WORDS = [
    "python" + "hosted",
    "pypi" + r"\.(?:org|python)",
    "dev" + "pi",
    "arti" + "factory",
    "index-" + "url",
    "registry" + r"\.npmjs",
]
REGISTRY = re.compile("|".join(REGISTRY_WORDS), re.IGNORECASE)
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")


def lines_matching(pattern: re.Pattern[str]) -> list[str]:
    """Places in tracked text files where `pattern` is found."""
    found = []
    for path in tracked_files():
        try:
            lines = path.read_text().splitlines()
        except UnicodeDecodeError:
            continue
        found += [f"{name_of(path)}:{n}" for n, line in enumerate(lines, 1) if pattern.search(line)]
    return found


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    assert lines_matching(MACHINE_PATH) == []


def test_no_tracked_file_names_a_package_registry() -> None:
    assert lines_matching(REGISTRY) == []


def test_nothing_is_left_marked_unfinished() -> None:
    assert lines_matching(UNFINISHED) == []


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        (MACHINE_PATH, "open('/" + "tmp/chart.db')", True),
        (MACHINE_PATH, "/" + "work/satchel", True),
        (MACHINE_PATH, "tests/" + "tmp/chart.db", False),
        (REGISTRY, "--index-" + "url https://example.org", True),
        (UNFINISHED, "# TO" + "DO: later", True),
        (UNFINISHED, "todos", False),
    ],
)
def test_what_is_searched_for_would_be_found(
    pattern: re.Pattern[str], text: str, is_found: bool
) -> None:
    assert bool(pattern.search(text)) is is_found


def test_no_tracked_file_is_large() -> None:
    large = {name_of(path): path.stat().st_size for path in tracked_files()}

    assert {name: size for name, size in large.items() if size > FILE_SIZE_BYTES_MAX} == {}


def test_every_runtime_dependency_gives_its_reason() -> None:
    text = (PROJECT / "pyproject.toml").read_text()
    block = text.split("\ndependencies = [\n")[1].split("\n]\n")[0].splitlines()
    unreasoned = [
        line.strip()
        for before, line in zip(["", *block], block, strict=False)
        if line.strip().startswith('"') and not before.strip().startswith("#")
    ]

    assert unreasoned == []


def test_constraints_are_plain_versions_and_cover_every_dependency() -> None:
    lines = (PROJECT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = project["dependencies"] + extras["dev"] + extras["simulate"]
    ours = {project["name"]}  # `dev` contains another extra by naming it
    plain = re.compile(r'[\w.-]+==[\w.]+(?: ; python_version [<>=]+ "3\.\d+")?')

    assert [pin for pin in pins if not plain.fullmatch(pin)] == []
    assert {normal(name) for name in wanted} - ours <= {normal(pin) for pin in pins}


def normal(requirement: str) -> str:
    """A requirement's name, as registries compare names."""
    name = re.split(r"[<>=!~;\[ ]", requirement, maxsplit=1)[0]
    return re.sub(r"[-_.]+", "-", name).lower()


def test_the_packages_that_overwrite_py_multiformats_are_never_installed() -> None:
    text = (PROJECT / "constraints.txt").read_text()
    names = {normal(line) for line in text.splitlines() if not line.startswith("#")}

    assert {"multiformats", "dag-cbor"} & names == set()
