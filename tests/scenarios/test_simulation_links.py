"""Links: what frames meet on their way, and sessions that survive it or end."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from node.keystore.secrets import NodeKind
from scenarios.engine.clock import MemberClock
from scenarios.engine.draws import Draws
from scenarios.engine.history import History
from scenarios.engine.member import Member
from scenarios.engine.timeline import Timeline
from scenarios.network.link import PRESETS, Channel, Link
from scenarios.network.meeting import Meeting
from scenarios.world.entries import as_lines, make_entry, make_patient


@given(st.lists(st.integers(1, 5000), min_size=1, max_size=30), st.integers(0, 2**32))
def test_a_good_link_keeps_order_and_is_as_fast_as_it_says(sizes: list[int], seed: int) -> None:
    link = Link("test", bytes_per_second=1000, delay_milliseconds=50, jitter_milliseconds=40)
    channel = Channel(link, random.Random(seed), 0)
    arrivals = [channel.send(0, size).arrivals[0] for size in sizes]
    assert arrivals == sorted(arrivals)
    assert sum(sizes) + 50 - 1 <= arrivals[-1] <= sum(sizes) + 90


@given(st.integers(0, 2**32))
def test_every_fault_of_a_link_comes_at_about_its_share(seed: int) -> None:
    link = Link("bad", duplicate=0.1, reorder=0.1, corrupt=0.1, cut=0.1)
    channel, told = Channel(link, random.Random(seed), 0), list[str | None]()
    for _ in range(2000):
        told.append(channel.send(0, 100).what)
    for what in ("duplicated", "reordered", "corrupt", "cut"):
        assert 60 <= told.count(what) <= 300, what


class Pair:
    """Two clinics that share, with a link between."""

    def __init__(self, folder: Path) -> None:
        self.timeline = Timeline(1_790_000_000_000)
        self.history = History(lambda: self.timeline.now)
        draws = Draws(3)
        self.one, self.other = (
            Member(
                name,
                "here",
                NodeKind.CLINIC,
                folder / name,
                MemberClock(lambda: self.timeline.now),
                draws.stream(name),
            )
            for name in ("one", "other")
        )
        for member in (self.one, self.other):
            member.create(None)
        for member, peer in ((self.one, self.other), (self.other, self.one)):
            member.running.peers_add(str(peer.running.identity()["card"]), peer.name)
        self.one.running.grant("all", to="other", lanes=["summary", "care", "sensitive"])

    def write(self, label: str, count: int) -> None:
        draws = random.Random(label)
        person, _ = make_patient(draws, label)
        entries = [
            make_entry(draws, f"{label}-{number}", label, self.timeline.now, sensitive=False)
            for number in range(count)
        ]
        self.one.running.import_file("test", as_lines([person, *entries]))

    def meet(self, link: Link, seed: int = 0) -> Meeting:
        meeting = Meeting(
            self.timeline,
            self.history,
            random.Random(seed),
            self.other,
            self.one,
            link,
            lambda _meeting: None,
        )
        meeting.begin()
        self.timeline.run(self.timeline.now + 3_600_000)
        return meeting

    def ids(self, member: Member) -> set[bytes]:
        return set(member.running.export(None, form="ndjson", history=True))


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    yield made
    made.one.remove()
    made.other.remove()


@pytest.mark.parametrize("name", ["lan", "wifi", "radio", "satellite", "mobile"])
def test_a_session_brings_everything_over_any_honest_link(pair: Pair, name: str) -> None:
    pair.write("p", 5)
    for seed in range(6):
        if pair.meet(PRESETS[name], seed).ending == "level":
            break
    assert pair.ids(pair.other) == pair.ids(pair.one)
    met = pair.history.of("met")[-1]
    assert met["ended"] == "level"
    assert met["bytes_ba"] > 1000


def test_a_slow_link_takes_as_long_as_its_bytes(pair: Pair) -> None:
    pair.write("p", 20)
    pair.meet(Link("slow", bytes_per_second=500))
    met = pair.history.of("met")[-1]
    assert met["seconds"] >= met["bytes_ba"] / 500
    assert met["ended"] == "level"


def test_a_link_that_breaks_everything_harms_nothing(pair: Pair) -> None:
    bad = Link("bad", loss=0.1, duplicate=0.1, reorder=0.1, corrupt=0.1, cut=0.05)
    endings = set()
    for number in range(12):
        pair.write(f"p{number}", 3)
        endings.add(pair.meet(bad, number).ending)
    assert endings - {"level", "done"}, "nothing went wrong at all"
    assert pair.meet(PRESETS["lan"]).ending == "level"
    assert pair.ids(pair.other) == pair.ids(pair.one)
    for member in (pair.one, pair.other):
        assert member.running.audit_verify()["ok"] is True


def test_a_node_that_goes_off_cuts_its_session_and_the_next_goes_on(pair: Pair) -> None:
    pair.write("p", 30)
    slow = Link("slow", bytes_per_second=2000, delay_milliseconds=100)
    meeting = Meeting(
        pair.timeline,
        pair.history,
        random.Random(1),
        pair.other,
        pair.one,
        slow,
        lambda _meeting: None,
    )
    meeting.begin()
    pair.timeline.run(pair.timeline.now + 2500)
    assert not pair.history.of("met")
    pair.one.lose_power()
    meeting.cut("power")
    assert [met["ended"] for met in pair.history.of("met")] == ["cut"]
    pair.one.start()
    assert pair.meet(PRESETS["lan"]).ending == "level"
    assert pair.ids(pair.other) == pair.ids(pair.one)
