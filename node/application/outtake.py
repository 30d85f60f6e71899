"""Export: the latest versions, or with history every version that was ever written."""

from collections.abc import Iterator

from node.application.charts import Charts
from node.application.content import ChartContent, Contents
from node.fhir.export import Outgoing, bundle, ndjson_line, urn_targets
from sync.identifiers import ChartId


def export_ndjson(
    charts: Charts, contents: Contents, chart: ChartId | None, *, history: bool
) -> Iterator[bytes]:
    """Lines of FHIR, a resource a line; charts in the order of their ids."""
    for content in _contents(charts, contents, chart):
        for outgoing in _resources(content, history=history):
            yield ndjson_line(outgoing.original)


def export_bundle(
    charts: Charts, contents: Contents, chart: ChartId | None, *, history: bool
) -> Iterator[bytes]:
    """A Bundle of type collection, piece by piece."""
    originals = (
        outgoing.original
        for content in _contents(charts, contents, chart)
        for outgoing in _resources(content, history=history)
    )
    named = urn_targets(originals)
    yield from bundle(
        (
            outgoing
            for content in _contents(charts, contents, chart)
            for outgoing in _resources(content, history=history)
        ),
        named_by_urn=named,
    )


def _contents(charts: Charts, contents: Contents, chart: ChartId | None) -> Iterator[ChartContent]:
    for wanted in charts.ids() if chart is None else [chart]:
        yield contents.of(wanted)


def _resources(content: ChartContent, *, history: bool) -> Iterator[Outgoing]:
    for held in sorted(content.resources(), key=lambda held: held.view.key):
        key = held.view.key
        if not history:
            if held.view.shown is not None:
                yield Outgoing(key.type, key.id, held.view.shown)
            continue
        unreadable = set(held.view.unreadable)
        for version in held.view.history:
            if version.ref in unreadable:
                continue
            yield Outgoing(key.type, key.id, version.change.content)
