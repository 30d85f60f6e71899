"""What a node shows of a chart, read as its own acts read it; care and checkers look through it."""

import json
from typing import Any

from node.application.node import Node
from node.store.resources import ResourceName
from sync.grantee import Right
from sync.identifiers import ChartId, did_ethr, parse_chart_text

Resource = dict[str, Any]


def chart_of(node: Node, kind: str, identity: str) -> ChartId | None:
    """The chart in which a node keeps what its own organisation named so."""
    source = did_ethr(node.context.identity.organisation)
    return node.context.store.resources.home(ResourceName(source, kind, identity))


def shown(node: Node, chart: str, kind: str, identity: str) -> Resource | None:
    """A resource as a node shows it now; None for one that it does not hold or cannot read."""
    found = parse_chart_text(chart)
    if found not in set(node._charts.ids()):
        return None
    content = node._contents.of(found)
    for source in content.sources_of(kind, identity):
        held = content.find(source, kind, identity)
        if held is not None and held.view.shown is not None:
            document: Resource = json.loads(held.view.shown)
            return document
    return None


def may_write(node: Node, chart: str) -> bool:
    """Whether a node holds a chart and may add to its care lane now."""
    found = parse_chart_text(chart)
    if found not in set(node._charts.ids()):
        return False
    outline = node._charts.outline(found)
    lane = outline.charter.lane("care")
    device = node.context.identity.device
    return bool(outline.fold.standing(device, Right.APPEND, lane, node.context.clock()))


def holds(node: Node, chart: str) -> bool:
    """Whether a node holds a chart."""
    return parse_chart_text(chart) in set(node._charts.ids())
