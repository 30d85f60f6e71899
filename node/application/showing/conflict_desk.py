"""The worklist: what was written apart and disagrees, shown whole, and closed by a person."""

from collections.abc import Iterator

from node.application.access.pairing import device_text
from node.application.charts import Charts
from node.application.content import ChartContent, Contents, Held, decoded
from node.application.context import Context
from node.application.errors import AmbiguousName, BadRequest, NoStanding, NotFound
from node.application.importing.attaching import (
    Originals,
    attach,
    is_too_large,
    prepared,
    sign_manifests,
    touched_since,
)
from node.application.timestamps import time_text
from node.fhir.reading import read_resources
from sync.change import Change, ChangeKind, ChangeRef
from sync.clock import stamp_milliseconds
from sync.errors import AuthorityError, LimitError
from sync.identifiers import ChartId, chart_text, operation_text
from sync.merge.disagreement import Conflict
from sync.merge.document import compose, parse_document
from sync.merge.merged_change import MergedChange

PREFIX_LENGTH_MIN = 4


def list_conflicts(
    context: Context, contents: Contents, chart: ChartId | None
) -> Iterator[dict[str, object]]:
    """Every open conflict with the values that disagree."""
    wanted = [chart] if chart is not None else conflicted_charts(context)
    for one in wanted:
        content = contents.of(one)
        for held, conflict in content.conflicts():
            yield describe(context, content, held, conflict)


def conflicted_charts(context: Context) -> list[ChartId]:
    """The charts with open conflicts."""
    return sorted({waiting.chart for waiting in context.store.worklist.conflicts()})


def describe(
    context: Context, content: ChartContent, held: Held, conflict: Conflict
) -> dict[str, object]:
    """A conflict as people see it: each head's values of the elements that disagree."""
    key = held.view.key
    return {
        "conflict": conflict.id,
        "chart": chart_text(content.replica.chart),
        "lane": held.lane_name,
        "resource": f"{key.type}/{key.id}",
        "elements": list(conflict.elements),
        "shown": {
            name: decoded(element.shown.json)
            for name, element in held.view.elements.items()
            if name in conflict.elements
        },
        "values": [
            _value(context, place, _change(held, ref), conflict)
            for place, ref in enumerate(conflict.heads, start=1)
        ],
    }


def _change(held: Held, ref: ChangeRef) -> MergedChange:
    return next(change for change in held.view.history if change.ref == ref)


def _value(
    context: Context, place: int, change: MergedChange, conflict: Conflict
) -> dict[str, object]:
    said = {
        name: decoded(value.value.json)
        for name, values in conflict.values
        for value in values
        if value.ref == change.ref
    }
    return {
        "choice": place,
        "operation": operation_text(change.ref.operation),
        "author": device_text(context, change.device),
        "at": time_text(stamp_milliseconds(change.stamp)),
        "doubtful": change.doubtful,
        "touched": list(change.change.touched),
        "says": said,
    }


def find_conflict(
    context: Context, contents: Contents, text: str
) -> tuple[ChartContent, Held, Conflict]:
    """A conflict by its id or a beginning of it."""
    found = [
        (contents.of(chart), held, conflict)
        for chart in conflicted_charts(context)
        for held, conflict in contents.of(chart).conflicts()
        if conflict.id.startswith(text)
    ]
    if not found or len(text) < PREFIX_LENGTH_MIN:
        raise NotFound("open conflict", text)
    if len(found) > 1:
        raise AmbiguousName("open conflict", text)
    return found[0]


def resolve(
    context: Context,
    charts: Charts,
    contents: Contents,
    text: str,
    *,
    choose: int | None,
    answer: bytes | None,
) -> dict[str, object]:
    """Close a conflict by one of its values, or by a resource that a person wrote.

    The signed answer supersedes exactly the conflict's heads (DESIGN section 5), and the other
    heads of the elements that it touches.
    """
    content, held, conflict = find_conflict(context, contents, text)
    originals = Originals(context, charts)
    document = _answer(originals, held, conflict, choose, answer)
    chart = content.replica.chart
    touched = sorted({*conflict.elements, *touched_since(held, decoded(document), document)})
    named: set[ChangeRef] = {*conflict.heads, *held.view.supersedes_for(touched)}
    key = held.view.key
    change = Change(
        ChangeKind.RESOLVE,
        key.source,
        key.type,
        key.id,
        document,
        tuple(touched),
        tuple(sorted(named)),
    )
    author = charts.author(chart)
    try:
        with charts.trying(chart), context.store.transaction():
            if is_too_large(change):
                place = author.place(key.lane)
                change = attach(context, chart, place.lane, place.key, prepared(change), document)
            written = author.write(key.lane, context.random(16), [[change]])
            charts.keep(author)
            entries = [(one, content.replica.entry(one)) for one in written]
            sign_manifests(context, [(one, entry) for one, entry in entries if entry])
            contents.refresh(chart)
    except LimitError as error:
        raise BadRequest(f"the answer cannot be written: {error}") from error
    except AuthorityError as error:
        raise NoStanding(chart_text(chart), str(error)) from error
    open_now = [found.id for _, found in contents.of(chart).conflicts()]
    return {
        "conflict": conflict.id,
        "chart": chart_text(chart),
        "operation": operation_text(written[0].id),
        "open": conflict.id in open_now,
    }


def _answer(
    originals: Originals,
    held: Held,
    conflict: Conflict,
    choose: int | None,
    answer: bytes | None,
) -> bytes:
    if (choose is None) == (answer is None):
        raise BadRequest("name one of the values with --choose, or give the answer with --file")
    if choose is not None:
        if not 1 <= choose <= len(conflict.heads):
            raise BadRequest(f"there are choices 1 to {len(conflict.heads)}")
        return _with_elements_of(originals, held, conflict, conflict.heads[choose - 1])
    reading = read_resources("answer", answer or b"")
    if reading.rejected or len(reading.resources) != 1:
        reason = reading.rejected[0].reason if reading.rejected else "not one resource"
        raise BadRequest(f"the answer cannot be taken: {reason}")
    resource = reading.resources[0]
    if (resource.type, resource.id) != (held.view.key.type, held.view.key.id):
        raise BadRequest("the answer is another resource than the conflict's")
    return resource.original


def _with_elements_of(
    originals: Originals, held: Held, conflict: Conflict, chosen: ChangeRef
) -> bytes:
    """What shows, with the disputed elements as one version has them, all in their own bytes."""
    key = held.view.key
    whole = originals.whole(held.view)
    version = originals.version(held.view.chart, _change(held, chosen))
    if version is None or (whole is None and held.view.attached):
        raise BadRequest("what shows or that version is not all here yet: sync first")
    shown = parse_document(whole or b"", key.type)
    wanted = parse_document(version, key.type)
    if shown is None or wanted is None:
        raise BadRequest("that version cannot be read: give the answer with --file")
    registers = dict(shown.registers)
    for element in conflict.elements:
        registers[element] = wanted.value(element)
    members = [shown.members["resourceType"]]
    for value in registers.values():
        members += [member for _, member in value.members]
    return compose(members)
