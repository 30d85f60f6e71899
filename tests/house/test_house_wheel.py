"""What a person installs: the wheel's packages, command and licence."""

import subprocess
import sys
import zipfile
from configparser import ConfigParser
from pathlib import Path

import pytest
from tracked import PROJECT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel, built by hatchling itself, so that nothing is fetched."""
    folder: Path = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", folder],
        cwd=PROJECT,
        capture_output=True,
        check=True,
    )
    (built,) = folder.glob("*.whl")
    return zipfile.ZipFile(built)


def test_the_wheel_holds_our_packages_and_nothing_beside_them(wheel: zipfile.ZipFile) -> None:
    top_level = {name.split("/")[0] for name in wheel.namelist()}

    assert top_level == {
        "contracts",
        "node",
        "scenarios",
        "sync",
        "tui",
        "satchel-0.1.0.dist-info",
    }


def test_the_wheel_brings_every_module(wheel: zipfile.ZipFile) -> None:
    packages = ["contracts", "node", "scenarios", "sync", "tui"]
    modules = {
        path.relative_to(PROJECT).as_posix()
        for package in packages
        for path in (PROJECT / package).rglob("*.py")
    }

    assert modules <= set(wheel.namelist())


def test_the_wheel_brings_the_contracts_with_their_artifacts(wheel: zipfile.ZipFile) -> None:
    names = ("DIDRegistry", "Accreditation", "ConsentRegistry")
    wanted = {f"contracts/{name}.vy" for name in names}
    wanted |= {f"contracts/artifacts/{name}.json" for name in names}

    assert wanted | {"contracts/gas.json"} <= set(wheel.namelist())


def test_the_wheel_names_its_command_its_plug_ins_and_its_licence(wheel: zipfile.ZipFile) -> None:
    entry_points = ConfigParser()
    entry_points.read_string(wheel.read("satchel-0.1.0.dist-info/entry_points.txt").decode())

    assert dict(entry_points["console_scripts"]) == {"satchel": "node.command.main:main"}
    assert dict(entry_points["satchel.commands"]) == {
        "demo": "scenarios.demo.command:demo",
        "simulate": "scenarios.simulate.command:simulate",
    }
    assert b"Apache License" in wheel.read("satchel-0.1.0.dist-info/licenses/LICENSE")
