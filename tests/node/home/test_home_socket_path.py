"""Where the socket goes when the home's own path is too long for one."""

import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.errors import SocketPathTooLong
from node.home.layout import Home
from node.home.socket_path import choose_socket_path


@pytest.fixture
def runtime() -> Iterator[Path]:
    """A short path, as /run/user/1000 is: pytest's own are long."""
    with tempfile.TemporaryDirectory(prefix="s") as folder:
        yield Path(folder)


@pytest.fixture
def fallback(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Another short one, in the place of the system's folder for temporary files."""
    with tempfile.TemporaryDirectory(prefix="t") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_a_short_home_has_its_socket_inside() -> None:
    home = Home(Path("/var/lib/satchel"))
    assert choose_socket_path(home, {}) == home.path / "node.sock"


def test_a_long_home_has_a_socket_that_can_be_bound(tmp_path: Path, runtime: Path) -> None:
    home = Home(tmp_path / ("long" * 40))
    path = choose_socket_path(home, {"XDG_RUNTIME_DIR": str(runtime)})
    assert path.parent == runtime / "satchel"
    assert path.parent.stat().st_mode & 0o777 == 0o700
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
    assert choose_socket_path(home, {"XDG_RUNTIME_DIR": str(runtime)}) == path, "it stays"


def test_bytes_count_not_characters(runtime: Path) -> None:
    name = "é" * 45
    home = Home(Path("/") / name)
    assert len(str(home.socket)) < 100 < len(os.fsencode(home.socket))
    assert choose_socket_path(home, {"XDG_RUNTIME_DIR": str(runtime)}).is_relative_to(runtime)


def test_two_long_homes_have_two_sockets(runtime: Path) -> None:
    paths = {
        choose_socket_path(Home(Path("/" + letter * 120)), {"XDG_RUNTIME_DIR": str(runtime)})
        for letter in "ab"
    }
    assert len(paths) == 2


def test_a_runtime_folder_that_others_may_enter_is_not_used(runtime: Path, fallback: Path) -> None:
    open_folder = runtime / "satchel"
    open_folder.mkdir(mode=0o755)
    path = choose_socket_path(Home(Path("/" + "a" * 120)), {"XDG_RUNTIME_DIR": str(runtime)})
    assert path.parent == fallback / f"satchel-{os.geteuid()}"


def test_a_runtime_folder_that_is_a_link_is_not_used(runtime: Path, fallback: Path) -> None:
    private = runtime / "private"
    private.mkdir(mode=0o700)
    (runtime / "satchel").symlink_to(private)
    path = choose_socket_path(Home(Path("/" + "a" * 120)), {"XDG_RUNTIME_DIR": str(runtime)})
    assert path.is_relative_to(fallback)


def test_no_short_folder_is_a_clear_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("node.home.socket_path.socket_path_size_bytes_max", 10)
    with pytest.raises(SocketPathTooLong) as caught:
        choose_socket_path(Home(Path("/" + "a" * 120)), {"XDG_RUNTIME_DIR": "relative"})
    assert "XDG_RUNTIME_DIR" in str(caught.value.hint)


def test_a_relative_runtime_folder_is_not_used(
    runtime: Path, fallback: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(runtime)
    (runtime / "relative").mkdir()
    path = choose_socket_path(Home(Path("/" + "a" * 120)), {"XDG_RUNTIME_DIR": "relative"})
    assert path.is_relative_to(fallback)
