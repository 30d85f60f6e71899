"""What was written, who is to have it, and who had it when; figures start from here."""

from collections import defaultdict
from dataclasses import dataclass

from scenarios.report.given import Given, Right


@dataclass(frozen=True)
class Act:
    """One acknowledged entry: where and when it was written."""

    number: int
    at: int
    node: str
    chart: str


Span = tuple[int, int | None]
"""From and until when; None: until the end."""


@dataclass(frozen=True)
class Acts:
    """Every act, and by act and node when it was held."""

    listed: dict[int, Act]
    held: dict[tuple[int, str], list[Span]]

    def expected(self, given: Given) -> list[tuple[Act, str, Span]]:
        """Every act with each node that is to have it, and from when to when it is to."""
        rights = given.rights or self._seen(given)
        found: list[tuple[Act, str, Span]] = []
        for act in self.listed.values():
            for right in rights.get(act.chart, ()):
                if act.number in given.sensitive and not right.sensitive:
                    continue
                begin = max(act.at, right.from_at)
                if right.until_at is None or begin < right.until_at:
                    found.append((act, right.node, (begin, right.until_at)))
        return found

    def first(self, number: int, node: str) -> int | None:
        """When a node had an act first."""
        spans = self.held.get((number, node))
        return spans[0][0] if spans else None

    def _seen(self, given: Given) -> dict[str, list[Right]]:
        nodes: dict[str, set[str]] = defaultdict(set)
        for number, node in self.held:
            nodes[self.listed[number].chart].add(node)
        return {
            chart: [Right(name, given.begins) for name in sorted(names)]
            for chart, names in sorted(nodes.items())
        }


def acts_of(given: Given) -> Acts:
    """Read the events `act`, `arrived` and `gone`; what names no known act is passed over."""
    listed: dict[int, Act] = {}
    held: dict[tuple[int, str], list[Span]] = defaultdict(list)
    for event in given.of("act", "arrived", "gone"):
        at, node = event["at"], event["node"]
        if event["kind"] == "act":
            number = event["number"]
            listed[number] = Act(number, at, node, event["chart"])
            _begin(held[number, node], at)
            continue
        for number in event["ids"]:
            if number not in listed:
                continue
            if event["kind"] == "arrived":
                _begin(held[number, node], at)
            else:
                _end(held[number, node], at)
    return Acts(listed, {key: spans for key, spans in held.items() if spans})


def _begin(spans: list[Span], at: int) -> None:
    if not spans or spans[-1][1] is not None:
        spans.append((at, None))


def _end(spans: list[Span], at: int) -> None:
    if spans and spans[-1][1] is None:
        spans[-1] = (spans[-1][0], at)
