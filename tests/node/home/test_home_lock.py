"""The lock: one process at a time, named while it lives, forgotten when it dies."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from node.errors import HomeInUse, HomeUnsafe
from node.home.layout import Home
from node.home.lock import Holder, read_holder, take_lock, wait_for_lock

HOLDER = """
import pathlib, sys, time
from node.home.layout import Home
from node.home.lock import take_lock
lock = take_lock(Home(pathlib.Path(sys.argv[1])))
print("held", flush=True)
sys.stdin.read()
"""


class StillClock:
    """A clock that only pausing moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds

    def pause(self, seconds: float) -> None:
        self.seconds += seconds


def test_the_second_to_come_learns_who_has_it(home: Home) -> None:
    with take_lock(home), pytest.raises(HomeInUse) as caught:
        take_lock(home)
    assert caught.value.pid == os.getpid()
    assert str(caught.value) == f"the home {home.path} is in use by process {os.getpid()}"


def test_a_closed_lock_is_free_and_names_nobody(home: Home) -> None:
    lock = take_lock(home)
    lock.close()
    lock.close()
    assert read_holder(home) == Holder(None, None)
    with pytest.raises(ValueError, match="closed"):
        lock.announce(home.socket)
    take_lock(home).close()


def test_a_stale_pid_locks_nobody_out(home: Home) -> None:
    home.lock.write_text("1\n/run/gone.sock\n")
    with take_lock(home):
        assert read_holder(home) == Holder(os.getpid(), None)


def test_a_killed_process_lets_go(home: Home) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(HomeInUse) as caught:
            take_lock(home)
        assert caught.value.pid == holder.pid
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        assert read_holder(home).pid == holder.pid, "the text is stale, the lock is not"
        take_lock(home).close()


def test_waiting_ends_after_ten_seconds_with_the_pid(home: Home) -> None:
    clock = StillClock()
    with take_lock(home), pytest.raises(HomeInUse) as caught:
        wait_for_lock(home, clock=clock, pause=clock.pause)
    assert caught.value.pid == os.getpid()
    assert 10 <= clock.seconds < 10.1


def test_waiting_gets_the_lock_once_its_holder_ends(home: Home) -> None:
    held = take_lock(home)
    lock = wait_for_lock(home, pause=lambda _: held.close())
    assert lock is not None
    lock.close()


def test_a_holder_that_can_be_joined_is_not_waited_for(home: Home, tmp_path: Path) -> None:
    clock = StillClock()
    socket = tmp_path / "a socket\nwith a line end"
    with take_lock(home) as held:

        def pause(seconds: float) -> None:
            clock.pause(seconds)
            held.announce(socket)

        joined = wait_for_lock(
            home, clock=clock, pause=pause, joinable=lambda holder: holder.socket == socket
        )
    assert joined is None
    assert clock.seconds < 1


@pytest.mark.parametrize(
    "text", [b"", b"\xff\xfe\x00", b"-1\n\n", b"pid\n", "\u0663\n".encode(), b"1" * 5000]
)
def test_a_lock_file_of_nonsense_names_nobody(home: Home, text: bytes) -> None:
    home.lock.write_bytes(text)
    assert read_holder(home).pid is None


def test_a_home_without_a_lock_file_is_held_by_nobody(tmp_path: Path) -> None:
    assert read_holder(Home(tmp_path)) == Holder(None, None)


def test_a_lock_that_is_a_link_is_not_followed(home: Home) -> None:
    victim = home.path.with_name("victim")
    victim.write_text("kept")
    home.lock.unlink()
    home.lock.symlink_to(victim)
    with pytest.raises(HomeUnsafe):
        take_lock(home)
    assert victim.read_text() == "kept"
