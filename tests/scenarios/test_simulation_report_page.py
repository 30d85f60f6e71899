"""The page of a report: whole, alone, the same every time, and true about what failed."""

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser

import pytest
from made_up_reports import event, given, made_up

from scenarios.checking.check import Check
from scenarios.report.given import Given, Place, Station
from scenarios.report.numbers import numbers_of
from scenarios.report.page import page_of, verdict_sentence
from scenarios.report.pictures.canvas import WIDE, draw
from scenarios.report.pictures.completeness import level_of
from scenarios.report.pictures.meetings import draw_meetings
from scenarios.report.telling import count, duration, moment, percent, size

_VOID = ("meta",)


class Reader(HTMLParser):
    """Notes what a page holds, and fails where an element is not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._see(tag, attributes)
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self._see(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def _see(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attributes)
        if "id" in named:
            self.ids.append(str(named["id"]))
        self.links += [str(named[key]) for key in ("src", "href", "xlink:href") if key in named]


@cache
def drawn(seed: int) -> str:
    """The page of a made-up run."""
    run = made_up(seed)
    return page_of(run, numbers_of(run))


def read(page: str) -> Reader:
    """Read a page to its end."""
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def test_a_page_needs_nothing_from_elsewhere() -> None:
    reader = read(drawn(3))

    assert not {"script", "link", "img", "iframe", "object"} & set(reader.tags)
    assert all(link.startswith("#") for link in reader.links)
    assert not re.search(r"https?:|@import|url\((?!#)", drawn(3))


def test_every_picture_is_there_for_wide_and_for_narrow_pages() -> None:
    page = drawn(3)

    assert page.count('<svg class="wide"') == page.count('<svg class="narrow"') == 7
    assert page.count('role="img" aria-label="') == 14


def test_what_is_referred_to_within_a_page_is_there_once() -> None:
    reader = read(drawn(3))
    wanted = {link[1:] for link in reader.links} | set(re.findall(r"url\(#([^)]*)\)", drawn(3)))

    assert wanted <= set(reader.ids)
    assert len(set(reader.ids)) == len(reader.ids)


def test_pictures_have_the_colours_of_the_page_so_that_it_can_be_dark() -> None:
    pictures = re.findall(r"<svg .*?</svg>", drawn(3), re.DOTALL)

    assert not [one for picture in pictures for one in re.findall(r"#[0-9a-f]{6}", picture)]
    names = set(re.findall(r"var\((--[a-z0-9-]+)\)", drawn(3)))
    style = drawn(3).partition("</style>")[0]
    light, _, dark = style.partition("prefers-color-scheme: dark")
    assert all(f"{name}:" in light and f"{name}:" in dark for name in names)


def test_the_same_run_gives_the_same_page() -> None:
    run = made_up(3)

    assert page_of(run, numbers_of(run)) == drawn(3)


def test_what_comes_from_a_file_is_text_and_no_markup() -> None:
    evil = "<script>alert('&')</script>"
    run = replace(
        given([]),
        title=evil,
        introduction=evil,
        must_hold=[evil],
        checks=[Check(evil, False, evil)],
        stations=[Station(evil, "upland")],
        places=[Place("upland", 0, 0)],
    )
    page = page_of(run, numbers_of(run))

    assert "<script" not in page
    assert read(page).tags.count("h1") == 1


@pytest.mark.parametrize(
    ("passed", "sentence"),
    [
        ([True, True], "Everything held: all 2 checks passed."),
        ([True, False], "1 of 2 checks did not hold: check 1."),
        ([], "Nothing was checked."),
    ],
)
def test_the_head_says_in_one_sentence_whether_everything_held(
    passed: list[bool], sentence: str
) -> None:
    checks = [Check(f"check {number}", held, "") for number, held in enumerate(passed)]

    assert verdict_sentence(given([], checks=checks)) == sentence


def test_a_run_in_which_nothing_happened_has_a_page_too() -> None:
    run = given([], rights={}, checks=[Check("convergence", False, "differs")])
    page = page_of(run, numbers_of(run))

    assert 'class="verdict bad"' in page
    assert "Nobody met." in page
    assert "No node asked a registry in this run." in page
    read(page)


def test_thousands_of_meetings_of_many_nodes_are_a_small_picture() -> None:
    run = made_up(1, nodes=50, acts=10, sessions=9_000)
    numbers = numbers_of(run)
    picture = draw("x", "x", WIDE, lambda canvas: draw_meetings(run, numbers, canvas))

    assert len(picture) < 900_000


def test_only_all_is_everything() -> None:
    assert level_of(1.0) == 5
    assert level_of(0.9999) == 4
    assert level_of(0.0) == 0


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (duration(0.4), "0.4 s"),
        (duration(0), "at once"),
        (duration(90), "1.5 min"),
        (duration(334_931), "3.9 d"),
        (duration(None), "–"),
        (moment(0), "0min"),
        (moment(54 * 3_600_000 + 60_000), "2d 6h 1min"),
        (size(999), "999 B"),
        (size(1_277_325), "1.3 MB"),
        (percent(1.0), "100 %"),
        (percent(0.99999), "99.99 %"),
        (percent(0.004), "under 1 %"),
        (percent(0.0), "0 %"),
        (count(300_000), "300,000"),
    ],
)
def test_numbers_are_worded_shortly(told: str, words: str) -> None:
    assert told == words


def test_a_page_says_how_often_the_chain_was_out_of_reach() -> None:
    asked = ["seen", "ChainUnreachable", "ChainUnreachable"]
    events = [
        event(1, "verdict", node="hill", about="chain", answer=answer, age_seconds=60)
        for answer in asked
    ]
    run = given(events)
    page = page_of(run, numbers_of(run))

    assert "Nodes asked the chain 3 times; 1 brought its newest facts." in page
    assert "In the way was: 2 chain unreachable." in page


def test_a_run_of_processes_says_that_nobody_looked_in() -> None:
    run: Given = replace(made_up(4), watched=False)

    assert "Nobody could look into the nodes" in page_of(run, numbers_of(run))
