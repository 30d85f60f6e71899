"""`make` sets up what is due and nothing else, wherever the folder is."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from tracked import PROJECT

FAKE_PYTHON = """#!/bin/sh
echo "$*" >> "$LOG"
case "$*" in
    "-m venv --clear .venv") rm -rf .venv; mkdir -p .venv/bin; cp "$0" .venv/bin/python ;;
    "-m venv .venv/compiler") mkdir -p .venv/compiler/bin; cp "$0" .venv/compiler/bin/python ;;
    "-m pip "*) exit "${PIP_OUTCOME:-0}" ;;
esac
"""

VENV = "-m venv --clear .venv"
PIP = "-m pip install --quiet --constraint constraints.txt --editable .[dev]"
COMPILER = ["-m venv .venv/compiler", "-m pip install --quiet vyper==0.4.3"]
PYTEST = "-m pytest -n 2 --dist worksteal"


class Checkout:
    """A folder with our Makefile and a Python that writes down what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder.parent / "log"
        (folder / ".ci").mkdir(parents=True)
        shutil.copy(PROJECT / "Makefile", folder)
        for name in ("pyproject.toml", "constraints.txt"):
            self.touch(name, seconds=1_000_000_000)
        self.script(folder.parent / "python", FAKE_PYTHON)
        self.script(folder / ".ci/prerequisites", f'#!/bin/sh\necho "{folder.parent}/python"\n')

    def script(self, path: Path, text: str) -> None:
        path.write_text(text)
        path.chmod(0o755)

    def touch(self, name: str, seconds: int) -> None:
        (self.folder / name).touch()
        os.utime(self.folder / name, (seconds, seconds))

    def make(self, *arguments: str, pip_outcome: int = 0) -> list[str]:
        """Run make; return what Python was asked, leaving out a failing make's output."""
        self.log.write_text("")
        environment = {**os.environ, "LOG": str(self.log), "PIP_OUTCOME": str(pip_outcome)}
        for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):
            environment.pop(name, None)
        subprocess.run(
            ["make", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            check=pip_outcome == 0,
        )
        return self.log.read_text().splitlines()


@pytest.fixture(params=["satchel", "nurse's (old) laptop, copy"])
def checkout(tmp_path: Path, request: pytest.FixtureRequest) -> Checkout:
    return Checkout(tmp_path / str(request.param))


def test_the_first_make_installs_and_the_second_does_not(checkout: Checkout) -> None:
    assert checkout.make("test") == [VENV, PIP, *COMPILER, PYTEST]
    assert checkout.make("test") == [PYTEST]
    assert checkout.make("install") == []


def test_changed_dependencies_are_installed_into_the_same_environment(checkout: Checkout) -> None:
    checkout.make("install")
    checkout.touch("constraints.txt", seconds=4_000_000_000)

    assert checkout.make("install") == [PIP, *COMPILER]


def test_an_installation_that_failed_is_tried_again(checkout: Checkout) -> None:
    assert checkout.make("test", pip_outcome=1) == [VENV, PIP]
    assert checkout.make("test") == [PIP, *COMPILER, PYTEST]


def test_a_moved_folder_gets_a_new_environment(checkout: Checkout) -> None:
    checkout.make("install")
    checkout.folder = checkout.folder.rename(checkout.folder.with_name("moved here"))

    assert checkout.make("install") == [VENV, PIP, *COMPILER]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Checkout) -> None:
    checkout.make("install")
    (checkout.folder / ".venv/bin/python").unlink()
    (checkout.folder / ".venv/bin/python").symlink_to("gone")

    assert checkout.make("install") == [VENV, PIP, *COMPILER]


def test_a_machine_that_lacks_something_installs_nothing(checkout: Checkout) -> None:
    checkout.script(checkout.folder / ".ci/prerequisites", "#!/bin/sh\nexit 1\n")

    with pytest.raises(subprocess.CalledProcessError):
        checkout.make("test")

    assert checkout.log.read_text() == ""
    assert not (checkout.folder / ".venv").exists()
