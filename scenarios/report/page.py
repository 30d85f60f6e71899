"""The page: one HTML file that needs nothing else; in light, dark, on a phone and on paper.

`writing` calls it. The words and tables are here; the pictures are in `pictures`.
"""

from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Final

from matplotlib.figure import Figure

from scenarios.report.given import Given
from scenarios.report.markup import Column, Html, element, joined, table
from scenarios.report.numbers import Numbers
from scenarios.report.pictures.canvas import NARROW, WIDE, Canvas, draw
from scenarios.report.pictures.completeness import draw_completeness
from scenarios.report.pictures.conflicts import draw_conflicts
from scenarios.report.pictures.delays import draw_delays
from scenarios.report.pictures.meetings import are_joined, draw_meetings
from scenarios.report.pictures.places import draw_map, has_map
from scenarios.report.pictures.traffic import draw_traffic
from scenarios.report.pictures.verdicts import draw_verdicts
from scenarios.report.telling import NONE, count, counted, duration, moment, percent, size, spaced

_FOLDED_FROM: Final = 25
"""A table of so many faults can be folded away."""

_UNSEEN: Final = (
    "Nobody could look into the nodes while they ran: they were processes of their own."
)

_CHECKS: Final = (
    Column("", named=False),
    Column("check", "name", named=False),
    Column("what was seen", named=False),
)

Draw = Callable[[Given, Numbers, Canvas], Figure]


def page_of(given: Given, numbers: Numbers) -> str:
    """The whole document."""
    style = files("scenarios.report").joinpath("page.css").read_text("utf-8")
    head = element(
        "head",
        Html('<meta charset="utf-8">'),
        Html('<meta name="viewport" content="width=device-width, initial-scale=1">'),
        element("title", f"{given.title}: a simulated run of Satchel"),
        Html(f"<style>\n{style}</style>"),
    )
    body = element("body", *_parts(given, numbers))
    return f'<!doctype html>\n<html lang="en">\n{head.text}\n{body.text}\n</html>\n'


def verdict_sentence(given: Given) -> str:
    """Whether everything held, in one sentence."""
    failed = [check.name for check in given.checks if not check.passed]
    if not given.checks:
        return "Nothing was checked."
    if not failed:
        return f"Everything held: all {len(given.checks)} checks passed."
    return (
        f"{len(failed)} of {counted(len(given.checks), 'check')} did not hold: {', '.join(failed)}."
    )


def _parts(given: Given, numbers: Numbers) -> Iterator[Html]:
    good = given.passed and bool(given.checks)
    yield element(
        "header",
        element("p", "Satchel, a simulated run", class_="kind"),
        element("h1", given.title),
        element("p", verdict_sentence(given), class_=f"verdict {'good' if good else 'bad'}"),
        element("p", " ".join(given.introduction.split()), class_="introduction"),
        element("p", element("strong", "The fault that it is about: "), f"{given.fault}."),
    )
    yield _figures(given, numbers)
    yield from _checks(given)
    if has_map(given):
        yield element("h2", "Where")
        yield element(
            "p",
            "A place is the larger the more was written there, a line the thicker the more"
            " operations crossed between its ends; dashed is the way of somebody who carries.",
        )
        yield _picture("Map of the places, and the links between them", "map", draw_map,
                       given, numbers)  # fmt: skip
    yield from _meetings(given, numbers)
    yield from _completeness(given, numbers)
    yield from _delays(given, numbers)
    yield from _traffic(given, numbers)
    yield from _verdicts(given, numbers)
    yield from _conflicts(given, numbers)
    yield from _troubles(given, numbers)
    yield from _again(given)


def _picture(label: str, name: str, make: Draw, given: Given, numbers: Numbers) -> Html:
    drawn = [
        draw(label, name, canvas, lambda canvas: make(given, numbers, canvas))
        for canvas in (WIDE, NARROW)
    ]
    return Html("\n".join(("<figure>", *drawn, "</figure>")))


def _figures(given: Given, numbers: Numbers) -> Html:
    together = numbers.completeness.together.shares[-1]
    told = (
        ("lasted", duration((given.ends - given.begins) / 1000)),
        ("nodes", count(len(given.stations))),
        ("entries written", count(numbers.acts)),
        ("meetings", count(numbers.all_links.sessions)),
        ("operations received", count(numbers.all_links.operations)),
        ("bytes over all links", size(numbers.all_links.wire_bytes)),
        ("complete at the end", percent(together)),
        (
            "conflicts opened, left",
            f"{numbers.conflicts.opened}, {numbers.conflicts.left}" if given.watched else NONE,
        ),
    )
    pieces = [element("div", element("dt", name), element("dd", value)) for name, value in told]
    return element("dl", *pieces, class_="figures")


def _checks(given: Given) -> Iterator[Html]:
    yield element("h2", "What was checked")
    if given.must_hold:
        items = [element("li", line[:1].upper() + line[1:]) for line in given.must_hold]
        yield element("p", "For people this means:")
        yield element("ul", *items)
    rows = [
        (
            element("span", "held", class_="held")
            if check.passed
            else element("span", "did not hold", class_="failed"),
            check.name,
            check.detail,
        )
        for check in given.checks
    ]
    yield table(_CHECKS, rows)


def _meetings(given: Given, numbers: Numbers) -> Iterator[Html]:
    yield element("h2", "Who met whom")
    broken = numbers.all_links.broken
    told = "Each line joins the two that met."
    if not are_joined(numbers):
        told = "Each has a tick in the rows of the two that met."
    yield element(
        "p",
        f"{counted(numbers.all_links.sessions, 'meeting')} between two nodes,"
        f" {count(broken)} broken off. {told} A grey block is a node that was off.",
    )
    yield _picture("Timeline of meetings between nodes, with faults", "meetings", draw_meetings,
                   given, numbers)  # fmt: skip


def _completeness(given: Given, numbers: Numbers) -> Iterator[Html]:
    yield element("h2", "How complete each node was")
    yield element("p", "Of what was written by then and a node is to have: the share that it had.")
    if not any(numbers.completeness.together.expected):
        why = "Nothing was written that anybody was to have." if given.watched else _UNSEEN
        yield element("p", why, class_="nothing")
        return
    yield _picture("Completeness of each node over time", "completeness", draw_completeness,
                   given, numbers)  # fmt: skip
    if numbers.nowhere:
        yield element(
            "p",
            f"{counted(numbers.nowhere, 'entry', 'entries')} no node has at the end: the disk was"
            " lost or put back before anybody else had them.",
        )


def _delays(given: Given, numbers: Numbers) -> Iterator[Html]:
    yield element("h2", "From the bedside to each place")
    yield element("p", "How long until somebody at a place could read what was written elsewhere.")
    if not numbers.delays:
        why = "No place waited for anything." if given.watched else _UNSEEN
        yield element("p", why, class_="nothing")
        return
    if any(delay.arrived for delay in numbers.delays):
        yield _picture("Delay from the bedside to each place", "delays", draw_delays,
                       given, numbers)  # fmt: skip
    columns = (
        Column("place"),
        Column("arrived", "number"),
        Column("not by the end", "number"),
        Column("median", "number"),
        Column("95 % within", "number"),
        Column("worst", "number"),
    )
    rows = [
        (
            f"{delay.place} (carries, cannot read)" if delay.carried else delay.place,
            count(delay.arrived),
            count(delay.missing),
            duration(delay.median_seconds),
            duration(delay.late_seconds),
            duration(delay.worst_seconds),
        )
        for delay in numbers.delays
    ]
    yield table(columns, rows)


def _traffic(given: Given, numbers: Numbers) -> Iterator[Html]:
    yield element("h2", "What crossed the links")
    if not numbers.links:
        yield element("p", "Nobody met.", class_="nothing")
        return
    yield _picture("Bytes over each kind of link", "traffic", draw_traffic, given, numbers)
    columns = (
        Column("link"),
        Column("meetings", "number"),
        Column("broken off", "number"),
        Column("bytes", "number"),
        Column("operations", "number"),
        Column("bytes an operation", "number"),
        Column("of these beside ciphertext", "number"),
    )
    rows = [
        (
            link.link,
            count(link.sessions),
            count(link.broken),
            size(link.wire_bytes),
            count(link.operations),
            size(link.wire_bytes_per_operation),
            size(link.beside_bytes_per_operation),
        )
        for link in (*numbers.links, numbers.all_links)
    ]
    yield table(columns, rows)
    yield element(
        "p",
        "Meetings that brought nothing count too, so links on which nodes meet often look costly.",
        class_="nothing",
    )


def _verdicts(given: Given, numbers: Numbers) -> Iterator[Html]:
    yield element("h2", "What the registry answered")
    visits = sum(numbers.visits.values())
    if visits:
        seen = numbers.visits.get("seen", 0)
        others = ", ".join(
            f"{count(number)} {spaced(what)}"
            for what, number in numbers.visits.items()
            if what != "seen"
        )
        told = f"Nodes asked the chain {counted(visits, 'time')};"
        told += f" {count(seen)} brought its newest facts."
        yield element("p", f"{told} In the way was: {others}." if others else told)
    if not numbers.verdicts.total:
        if not visits:
            yield element("p", "No node asked a registry in this run.", class_="nothing")
        return
    yield element(
        "p",
        "What each node could say of a peer's organisation when they met, by how old its evidence"
        " was: allow and deny are proven; degraded is not, and stops no care.",
    )
    yield _picture("Verdicts by age of their evidence", "verdicts", draw_verdicts, given, numbers)


def _conflicts(given: Given, numbers: Numbers) -> Iterator[Html]:
    yield element("h2", "Conflicts")
    conflicts = numbers.conflicts
    if not conflicts.opened:
        why = "Nobody wrote against anybody: none arose." if given.watched else _UNSEEN
        yield element("p", why, class_="nothing")
        return
    yield element(
        "p",
        f"{count(conflicts.opened)} arose where people wrote apart, {count(conflicts.closed)} were"
        f" closed, {count(conflicts.left)} wait for a clinician; until then every version is kept.",
    )
    yield _picture("Open conflicts over time", "conflicts", draw_conflicts, given, numbers)


def _troubles(given: Given, numbers: Numbers) -> Iterator[Html]:
    yield element("h2", "What went wrong, and what people did")
    if not numbers.troubles:
        yield element("p", "Nothing out of the ordinary.", class_="nothing")
        return
    columns = (Column("when", "when"), Column("what"), Column("where"), Column("detail"))
    rows = [
        (
            moment(trouble.at - given.begins),
            trouble.what.replace("-", " "),
            joined(element("span", f"{node} ", class_="node") for node in trouble.nodes),
            trouble.detail,
        )
        for trouble in numbers.troubles
    ]
    told = table(columns, rows)
    if len(rows) > _FOLDED_FROM:
        summary = element("summary", f"All {count(len(rows))} by time")
        told = element("details", summary, told, open="open")  # closed, paper would not have it
    yield told


def _again(given: Given) -> Iterator[Html]:
    yield element("h2", "To see it again")
    yield element("p", "The same file, seed and version give the same run, byte for byte.")
    yield element("pre", element("code", given.replay))
    yield element(
        "footer",
        joined(
            (
                f"Seed {given.seed}, digest of the history ",
                element("code", given.digest),
                ". The same numbers are in report.json, every event in history.ndjson beside it.",
            )
        ),
    )
