"""What a machine must have is checked first, and what is missing is named in one line."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tracked import PROJECT

TOOLS = ["cc", "make", "sh"]


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder for PATH that holds this Python, a compiler and make, and nothing else."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, f"the tests need {tool}"
        (tools / tool).symlink_to(found)
    script(tools / "python3", f'exec "{sys.executable}" "$@"')
    return tools


def prerequisites(
    machine: Path, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("HOME", "CPATH") if name in os.environ}
    return subprocess.run(
        [PROJECT / ".ci/prerequisites", *arguments],
        env={**kept, "PATH": str(machine), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def script(tool: Path, body: str) -> None:
    tool.write_text(f"#!/bin/sh\n{body}\n")
    tool.chmod(0o755)


def replace(tool: Path, body: str) -> None:
    tool.unlink()
    script(tool, body)


def test_a_complete_machine_is_told_which_python_is_used(machine: Path) -> None:
    outcome = prerequisites(machine)

    assert (outcome.returncode, outcome.stderr) == (0, "")
    assert outcome.stdout == f"{machine}/python3\n"
    assert prerequisites(machine, "--packages").stdout == "\n"


def test_everything_that_is_missing_is_named_in_one_line_with_its_package(machine: Path) -> None:
    (machine / "make").unlink()
    replace(machine / "cc", "exit 1")
    replace(machine / "python3", "exit 127")

    outcome = prerequisites(machine)

    assert outcome.returncode == 1
    assert outcome.stdout == ""
    assert outcome.stderr == (
        "satchel: error: this machine lacks Python 3.11, 3.12 or 3.13, its venv module, "
        "its headers, make, libgmp's headers (gmp.h); on Debian or Ubuntu: "
        "apt-get install python3 python3-venv python3-dev make libgmp-dev\n"
    )
    assert prerequisites(machine, "--packages").stdout == (
        "python3 python3-venv python3-dev make libgmp-dev\n"
    )


def test_a_missing_compiler_is_named(machine: Path) -> None:
    (machine / "cc").unlink()

    outcome = prerequisites(machine)

    assert outcome.returncode == 1
    assert "lacks a C compiler; " in outcome.stderr
    assert outcome.stderr.endswith("apt-get install build-essential\n")


@pytest.mark.parametrize(
    ("lacking", "named", "package"),
    [
        ("ensurepip", "python3's venv module", "python3-venv"),
        ("Python.h", "python3's headers (Python.h)", "python3-dev"),
    ],
)
def test_a_python_without_one_of_its_parts_is_named(
    machine: Path, lacking: str, named: str, package: str
) -> None:
    body = f'case "$*" in *{lacking}*) exit 1;; esac\nexec "{sys.executable}" "$@"'
    replace(machine / "python3", body)

    outcome = prerequisites(machine)

    assert f"this machine lacks {named}; " in outcome.stderr
    assert outcome.stderr.endswith(f"apt-get install {package}\n")


def test_a_complete_python_of_another_name_is_found(machine: Path) -> None:
    (machine / "python3").rename(machine / "python3.12")
    (machine / "python3").symlink_to("/bin/false")

    assert prerequisites(machine).stdout == f"{machine}/python3.12\n"


def test_a_python_that_was_named_is_the_only_one_considered(machine: Path) -> None:
    named = prerequisites(machine, PYTHON=sys.executable)
    absent = prerequisites(machine, PYTHON="python9")

    assert named.stdout == f"{sys.executable}\n"
    assert "(PYTHON=python9 is not one)" in absent.stderr


def test_ci_installs_what_is_missing_then_tests_then_lints(machine: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    compiler = (machine / "cc").readlink()
    (machine / "cc").unlink()
    (machine / "dirname").symlink_to(shutil.which("dirname") or "")
    script(machine / "id", "echo 0")
    install = f'case $1 in install) /bin/ln -s "{compiler}" "{machine}/cc" ;; esac'
    script(machine / "apt-get", f'echo "apt-get $*" >> "{log}"; {install}')
    (machine / "make").unlink()
    script(machine / "make", f'echo "make $*" >> "{log}"')

    outcome = subprocess.run(
        [PROJECT / ".ci/run"], env={"PATH": str(machine)}, capture_output=True, check=False
    )

    assert outcome.returncode == 0, outcome.stderr
    assert log.read_text().splitlines() == [
        "apt-get update",
        "apt-get install --yes --no-install-recommends build-essential",
        "make test",
        "make lint",
    ]


def test_ci_without_the_right_to_install_says_what_is_missing(machine: Path) -> None:
    (machine / "cc").unlink()
    (machine / "dirname").symlink_to(shutil.which("dirname") or "")

    outcome = subprocess.run(
        [PROJECT / ".ci/run"], env={"PATH": str(machine)}, capture_output=True, check=False
    )

    assert outcome.returncode == 1
    assert b"this machine lacks a C compiler" in outcome.stderr
