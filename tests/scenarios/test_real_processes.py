"""The same scenario file with real processes over libp2p, through a proxy that shapes."""

import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from node.keystore.secrets import NodeKind
from scenarios.engine.clock import MemberClock
from scenarios.engine.member import Member
from scenarios.network.link import Link
from scenarios.plan.reading import parse_scenario
from scenarios.real.hands import Hands, give
from scenarios.real.proxy import ShapedProxy
from scenarios.real.running import left_out, run_really
from sync.identifiers import DeviceKey
from sync.session.session import Session

SMALL = """
[scenario]
title = "Two clinics, one of them killed in a write"
introduction = "-"
fault = "a process that is killed"
must_hold = ["nothing is lost"]
starts = 2026-03-01T06:00:00Z
lasts = "1d"
rest = "2h"
[[place]]
name = "hill"
at = [0, 0]
meet_every = "8h"
link = "wifi"
[[node]]
name = "one"
place = "hill"
shares_with = ["other"]
[[node]]
name = "other"
place = "hill"
clock_offset = "-2h"
shares_with = ["one"]
[[care]]
at = ["clinic"]
patients = 3
returns = 1.0
return_between = ["1h", "8h"]
elsewhere = 0.5
[[fault]]
what = "power-lost"
who = ["one"]
at = "6h"
lasts = "1h"
in_act = true
[[fault]]
what = "power-lost"
who = ["other"]
at = "12h"
lasts = "1h"
"""


def test_real_processes_pass_the_same_checks_after_being_killed() -> None:
    scenario = parse_scenario(SMALL, "small.toml")
    run = run_really(scenario, 1)
    assert run.passed, run.checks
    events = run.world.history.events
    assert len([event for event in events if event["kind"] == "act"]) > 10
    assert [event["node"] for event in events if event["kind"] == "power-lost"][-1] == "other"
    assert any(event["kind"] == "met" and event["ended"] == "done" for event in events)
    assert run.figures["left_out"] == left_out(scenario) == []
    written = {event["node"] for event in events if event["kind"] == "act"}
    assert written == {"one", "other"}


HOSTILE = """
[[place]]
name = "river"
at = [9, 0]
[[node]]
name = "truck"
kind = "relay"
place = "hill"
hostile = ["forge", "poison"]
[[mule]]
node = "truck"
route = ["hill", "river"]
travel = "1h"
stop = "1h"
[[incident]]
what = "stolen"
about = "other"
at = "13h"
[[incident]]
what = "revoke"
by = "one"
about = "other"
at = "15h"
"""


def test_real_processes_survive_hostile_hands() -> None:
    text = SMALL.replace('shares_with = ["', 'shares_with = ["truck", "')
    text = text.replace('place = "hill"\nclock_offset', 'place = "river"\nclock_offset')
    text = text.replace('lasts = "1d"', 'lasts = "18h"')
    run = run_really(parse_scenario(text + HOSTILE, "hostile.toml"), 1)
    assert run.passed, run.checks
    assert run.world.ledger.hostile == {"truck", "other"}
    assert run.figures["left_out"] == []


def test_a_process_is_in_hostile_hands_from_when_its_file_names_them(tmp_path: Path) -> None:
    clock = MemberClock(lambda: 1_772_344_800_000)
    member = Member("truck", "hill", NodeKind.RELAY, tmp_path / "home", clock, random.Random(1))
    member.create(None)
    node, file, peer = member.running, tmp_path / "hands", DeviceKey(bytes(32))
    Hands(node, file)
    kinds = [type(node.session(peer, initiator=True))]
    give(file, "forge+poison", "1")
    session = node.session(peer, initiator=True)
    kinds.append(type(session))
    assert [kind is Session for kind in kinds] == [True, False]
    assert session.next_frame() is not None
    node.count_received(session)
    assert session.outcome.resources_received == 0
    member.stop()


@pytest.fixture
def echo_port() -> Iterator[int]:
    """A server that sends back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                end, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(end,), daemon=True).start()

    def answer(end: socket.socket) -> None:
        with end:
            while chunk := end.recv(65536):
                end.sendall(chunk)

    threading.Thread(target=serve, daemon=True).start()
    yield int(server.getsockname()[1])
    server.close()


def echoed(port: int, data: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as end:
        threading.Thread(target=end.sendall, args=(data,), daemon=True).start()
        found = b""
        while len(found) < len(data) and (chunk := end.recv(65536)):
            found += chunk
        return found


def test_a_proxy_passes_everything_on_in_order(echo_port: int) -> None:
    data = random.Random(1).randbytes(300_000)
    with ShapedProxy(echo_port, Link("good"), random.Random(2)) as proxy:
        assert echoed(proxy.port, data) == data


def test_a_slow_link_is_slower_than_a_fast_one(echo_port: int) -> None:
    seconds = []
    for link in (Link("fast"), Link("slow", bytes_per_second=100_000, delay_milliseconds=50)):
        with ShapedProxy(echo_port, link, random.Random(2)) as proxy:
            began = time.monotonic()
            assert len(echoed(proxy.port, b"x" * 60_000)) == 60_000
            seconds.append(time.monotonic() - began)
    assert seconds[1] > 0.6 + 0.1 - 0.05  # what the rate and the delay alone take
    assert seconds[0] < seconds[1]


def test_a_link_that_cuts_breaks_connections_and_takes_new_ones(echo_port: int) -> None:
    with ShapedProxy(echo_port, Link("bad", cut=0.3), random.Random(3)) as proxy:
        found = []
        for _ in range(8):
            try:
                found.append(len(echoed(proxy.port, b"x" * 40_000)))
            except OSError:
                found.append(-1)
        assert min(found) < 40_000
    with pytest.raises(OSError):  # noqa: PT011 -- whichever the system says
        echoed(proxy.port, b"x")
