"""The arrows between packages hold, in the static graph and in a running interpreter."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tracked import PROJECT

PARTS_OF_NODE = [
    *("api", "application", "client", "command", "fhir", "keystore", "matching", "replicator"),
    *("search", "store", "transport"),
]
PACKAGES = ["contracts", "node", "scenarios", "sync", "tui"]
PACKAGES += [f"node/{part}" for part in PARTS_OF_NODE]

HEAVY = {"coincurve", "libp2p", "nacl", "sqlcipher3", "sqlite3", "sqlite_utils", "web3"}

EVENT_LOOPS_AND_IO = {"anyio", "asyncio", "socket", "sqlcipher3", "sqlite3", "sqlite_utils", "trio"}

IMPORT_ALL_OF_SYNC = """
import importlib, pkgutil, sys
import sync
for module in pkgutil.walk_packages(sync.__path__, "sync."):
    importlib.import_module(module.name)
print(*sorted(sys.modules))
"""


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    lint = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [lint, "--no-cache"], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def small_house(tmp_path: Path) -> Path:
    """Our packages, empty, under our contracts."""
    shutil.copy(PROJECT / "pyproject.toml", tmp_path)
    for package in PACKAGES:
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "__init__.py").touch()
    return tmp_path


def test_the_arrows_between_our_packages_hold() -> None:
    outcome = lint_imports(PROJECT)

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("contracts/a.py", "import sync"),
        ("node/a.py", "import scenarios"),
        ("node/client/a.py", "import node.store"),
        ("node/matching/a.py", "import node.store"),
        ("node/matching/a.py", "def later():\n    import sqlcipher3"),
        ("node/client/a.py", "def later():\n    import nacl"),
        ("node/a.py", "def later():\n    import tui"),
        ("scenarios/a.py", "import tui"),
        ("sync/a.py", "import node.store"),
        ("sync/a.py", "import contracts"),
        ("sync/a.py", "import socket"),
        ("sync/a.py", "from time import time"),
        ("sync/a.py", "import trio"),
        ("sync/a.py", "from os import urandom"),
        ("tui/a.py", "import sync"),
        ("tui/a.py", "import node.store"),
        ("tui/a.py", "import scenarios"),
    ],
)
def test_an_import_against_the_arrows_is_found(
    small_house: Path, module: str, imported: str
) -> None:
    (small_house / module).write_text(imported + "\n")

    outcome = lint_imports(small_house)

    assert outcome.returncode == 1
    assert "BROKEN" in outcome.stdout


def test_imports_along_the_arrows_are_allowed(small_house: Path) -> None:
    (small_house / "node/a.py").write_text("import contracts\nimport sync\nimport trio\n")
    (small_house / "scenarios/a.py").write_text("import contracts\nimport node\nimport sync\n")
    (small_house / "tui/a.py").write_text("import asyncio\nimport node.client\n")

    outcome = lint_imports(small_house)

    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_importing_all_of_sync_loads_no_event_loop_and_no_database() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", IMPORT_ALL_OF_SYNC],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "sync.operation" in loaded
    assert EVENT_LOOPS_AND_IO & set(loaded) == set()


def test_a_client_of_a_node_loads_no_cryptography_no_database_and_no_libp2p() -> None:
    loaded = subprocess.run(
        [sys.executable, "-c", "import node.client, sys; print(*sys.modules)"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert "node.client" in loaded
    assert HEAVY & set(loaded) == set()
