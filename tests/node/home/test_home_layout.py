"""Where a home is, and which ones are refused as unsafe."""

import os
from collections.abc import Callable
from pathlib import Path

import platformdirs
import pytest

from node.errors import HomeMissing, HomeUnsafe
from node.home.creation import begin_home, open_home
from node.home.guard import check_entries
from node.home.layout import Home, locate_home


def test_the_option_wins_over_the_environment_over_the_platform(tmp_path: Path) -> None:
    environment = {"SATCHEL_HOME": str(tmp_path / "b")}
    assert locate_home(tmp_path / "a", environment) == tmp_path / "a"
    assert locate_home(None, environment) == tmp_path / "b"
    assert locate_home(None, {"SATCHEL_HOME": ""}) == platformdirs.user_data_path("satchel", False)


def test_a_relative_home_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/nurse")
    assert locate_home(Path("x/../tablet"), {}) == tmp_path / "tablet"
    assert locate_home(Path("~/tablet"), {}) == Path("/home/nurse/tablet")


def test_a_finished_home_opens(home: Home) -> None:
    assert open_home(home.path) == home


def test_a_home_that_is_not_there_is_missing(tmp_path: Path) -> None:
    with pytest.raises(HomeMissing, match="no satchel home at"):
        open_home(tmp_path / "nowhere")
    with pytest.raises(HomeMissing):
        open_home(tmp_path)


def test_a_file_is_no_home(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("kept")
    for path in (file, file / "below"):
        with pytest.raises(HomeUnsafe):
            begin_home(path)
    with pytest.raises(HomeUnsafe, match="is not a folder"):
        open_home(file)
    assert file.read_text() == "kept"


@pytest.mark.parametrize("mode", [0o770, 0o702, 0o777])
def test_a_home_that_others_can_write_is_refused(home: Home, mode: int) -> None:
    home.path.chmod(mode)
    with pytest.raises(HomeUnsafe, match="chmod 700"):
        open_home(home.path)


def test_a_home_of_another_user_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: home.path.stat().st_uid + 1)
    with pytest.raises(HomeUnsafe, match="belongs to another user"):
        open_home(home.path)
    theirs = home.path.with_name("theirs")
    theirs.mkdir(mode=0o755)
    with pytest.raises(HomeUnsafe, match="belongs to another user"):
        begin_home(theirs)
    assert theirs.stat().st_mode & 0o777 == 0o755


def test_a_file_of_another_user_is_refused(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: home.path.stat().st_uid + 1)
    with pytest.raises(HomeUnsafe, match=r"keystore\.satchel belongs to another user"):
        check_entries(home)


def test_a_home_that_cannot_be_written_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Replaced, because root (who runs tests in containers) may write anywhere.
    monkeypatch.setattr("os.access", lambda path, mode: not mode & os.W_OK)
    with pytest.raises(HomeUnsafe, match="cannot be written"):
        open_home(home.path)


def test_what_the_system_refuses_on_the_way_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, mode: int = 0, parents: bool = False, exist_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(HomeUnsafe, match=r"cannot be used \(permission denied\)"):
        begin_home(tmp_path / "home")


def test_a_link_of_ones_own_to_a_home_is_followed(home: Home) -> None:
    link = home.path.with_name("link")
    link.symlink_to(home.path)
    assert open_home(link) == home


def test_a_link_that_another_user_made_is_refused(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = home.path.with_name("link")
    link.symlink_to(home.path)
    os.lchown(link, 12345, -1) if os.geteuid() == 0 else monkeypatch.setattr(
        "os.geteuid", lambda: 12345
    )
    with pytest.raises(HomeUnsafe, match="another user"):
        open_home(link)


@pytest.mark.parametrize("target", ["nowhere", "link"])
def test_a_link_that_leads_nowhere_is_refused(tmp_path: Path, target: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(tmp_path / target)
    for use in (open_home, begin_home):
        with pytest.raises(HomeUnsafe):
            use(link)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    "entry",
    [
        lambda home: home.keystore,
        lambda home: home.store,
        lambda home: home.store_companions[0],
        lambda home: home.instance_token,
        lambda home: home.lock,
        lambda home: home.unfinished,
    ],
)
def test_no_file_of_a_home_may_be_a_link(home: Home, entry: Callable[[Home], Path]) -> None:
    victim = home.path.with_name("victim")
    victim.write_text("kept")
    entry(home).unlink(missing_ok=True)
    entry(home).symlink_to(victim)
    with pytest.raises(HomeUnsafe, match="is a link"):
        open_home(home.path)
    assert victim.read_text() == "kept"


def test_a_folder_or_a_shared_file_in_a_files_place_is_refused(home: Home) -> None:
    home.keystore.chmod(0o666)
    with pytest.raises(HomeUnsafe, match="chmod 600"):
        open_home(home.path)
    home.keystore.chmod(0o600)
    home.store.mkdir()
    with pytest.raises(HomeUnsafe, match="is not a file"):
        open_home(home.path)
