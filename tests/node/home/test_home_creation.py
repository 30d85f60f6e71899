"""A home is made whole or not at all, and never over anything that a person may want."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from node.errors import (
    HomeExists,
    HomeInUse,
    HomeMissing,
    HomeNotEmpty,
    HomeUnfinished,
    KeystoreMissing,
)
from node.home.creation import begin_home, open_home
from node.home.layout import Home
from node.home.lock import HomeLock, take_lock

STEPS = ("marked", "store", "token", "keystore", "finished")
MAKER = textwrap.dedent(
    """
    import os, pathlib, signal, sys
    from node.home.creation import begin_home
    from node.home.instance_token import renew_instance_token
    from node.home.replace import replace_file

    home, last = pathlib.Path(sys.argv[1]), sys.argv[2]

    def reached(step):
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)

    with begin_home(home) as creation:
        reached("marked")
        creation.home.store.touch(mode=0o600)
        creation.home.store_companions[0].touch(mode=0o600)
        reached("store")
        renew_instance_token(creation.home, os.urandom)
        reached("token")
        replace_file(creation.home.keystore, b"sealed")
        reached("keystore")
        creation.finish()
        reached("finished")
    """
)


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


@pytest.mark.parametrize("step", STEPS)
def test_a_home_whose_making_is_killed_is_whole_or_starts_over(tmp_path: Path, step: str) -> None:
    path = tmp_path / "home"
    killed = subprocess.run([sys.executable, "-c", MAKER, str(path), step], check=False)
    assert killed.returncode == -signal.SIGKILL
    if step == "finished":
        assert open_home(path).keystore.read_bytes() == b"sealed"
        return
    with pytest.raises(HomeUnfinished):
        open_home(path)
    with begin_home(path) as creation:
        assert names(path) == {"node.lock", "init.unfinished"}, "debris is cleared"
        creation.home.keystore.touch(mode=0o600)
        creation.finish()
    assert open_home(path) == creation.home


def test_leaving_before_the_end_removes_what_was_made(tmp_path: Path) -> None:
    def fail() -> None:
        with begin_home(tmp_path / "home") as creation:
            creation.home.keystore.touch(mode=0o600)
            creation.home.store.touch(mode=0o600)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert names(tmp_path / "home") == {"node.lock"}
    with pytest.raises(HomeMissing):
        open_home(tmp_path / "home")


def test_a_store_without_its_keystore_is_never_touched(home: Home) -> None:
    home.store.write_bytes(b"records")
    home.keystore.unlink()
    with pytest.raises(KeystoreMissing):
        open_home(home.path)
    with pytest.raises(KeystoreMissing):
        begin_home(home.path)
    assert home.store.read_bytes() == b"records"


def test_a_finished_home_is_never_made_again_even_while_it_runs(home: Home) -> None:
    before = time.monotonic()
    with take_lock(home), pytest.raises(HomeExists):
        begin_home(home.path)
    assert time.monotonic() - before < 5, "it does not wait for the node to end"


def test_two_makings_at_once_cannot_be(tmp_path: Path) -> None:
    with begin_home(tmp_path / "home"), pytest.raises(HomeInUse) as caught:
        begin_home(tmp_path / "home", wait_seconds=0)
    assert caught.value.pid == os.getpid()


def test_a_home_that_another_making_finished_meanwhile_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keystore = tmp_path / "home" / "keystore.satchel"

    def outrun(home: Home, wait_seconds: float) -> HomeLock:
        keystore.write_bytes(b"sealed")
        return take_lock(home)

    monkeypatch.setattr("node.home.creation.wait_for_lock", outrun)
    with pytest.raises(HomeExists):
        begin_home(tmp_path / "home")
    assert names(tmp_path / "home") == {"node.lock", "keystore.satchel"}
    take_lock(Home(tmp_path / "home")).close()


def test_a_folder_of_other_things_is_left_as_it_was(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(HomeNotEmpty):
        begin_home(tmp_path)
    assert names(tmp_path) == {"thesis.txt"}
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_fresh_disk_will_do_and_is_closed_to_others(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "lost+found").mkdir()
    with begin_home(tmp_path) as creation:
        assert creation.home.path == tmp_path.resolve()
    assert tmp_path.stat().st_mode & 0o777 == 0o700


def test_a_new_home_is_this_users_alone_under_any_umask(tmp_path: Path) -> None:
    umask = os.umask(0)
    try:
        with begin_home(tmp_path / "deep" / "home") as creation:
            creation.home.keystore.touch(mode=0o600)
            creation.finish()
    finally:
        os.umask(umask)
    assert creation.home.path.stat().st_mode & 0o777 == 0o700
    assert creation.home.lock.stat().st_mode & 0o777 == 0o600
