"""Who broke the glass of a chart, when, and why: what `chart show` and `break-glass list` say."""

from node.application.access.pairing import device_text
from node.application.context import Context
from node.application.timestamps import time_text
from node.limits import glass_hours
from sync.access.grants import key_is_its_own
from sync.acts import BreakGlass
from sync.chart.replica import ChartReplica
from sync.clock import stamp_milliseconds
from sync.errors import NoteError
from sync.identifiers import EpochKey, OperationId, chart_text, did_key, hashed, operation_text
from sync.note import Note, parse_sealed_words
from sync.operation import Operation

GLASS_MILLISECONDS = glass_hours * 3600 * 1000


def glass_tag(key: EpochKey, operation: OperationId) -> bytes:
    """A break-glass's 32-byte tag on chain.

    Salted with the key of the access epoch that the operation is under: who does not hold the
    chart can neither find its tags nor tell whether two are of one chart.
    """
    return hashed("glass-tag", key, operation)


def glass_lines(context: Context, replica: ChartReplica) -> list[dict[str, object]]:
    """Every break-glass of a chart, the oldest first."""
    fold = replica.fold
    counted = {breaking.operation for breaking in fold.breakings}
    reasons = context.store.glass.reasons(replica.chart)
    own = {
        broken.operation: broken.reason for broken in context.store.glass.of_chart(replica.chart)
    }
    now = context.clock()
    lines: dict[OperationId, dict[str, object]] = {}
    for written, act in fold.evidence.acts(BreakGlass):
        operation = written.operation
        prefix = operation.prefix
        if not key_is_its_own(prefix.device, act.sealing, act.sealing_signature):
            continue
        at = stamp_milliseconds(prefix.stamp)
        person = replica.deeds[operation.id].practitioner
        key = replica.keyring.key(prefix.epoch)
        lines[operation.id] = {
            "chart": chart_text(replica.chart),
            "operation": operation_text(operation.id),
            "by": device_text(context, prefix.device),
            "practitioner": None if person is None else did_key(person),
            "at": time_text(at),
            "until": time_text(at + GLASS_MILLISECONDS),
            "open": operation.id in counted and now < at + GLASS_MILLISECONDS,
            "counted": operation.id in counted,
            "why": own.get(operation.id) or _why(context, operation, reasons.get(operation.id)),
            "tag": None if key is None else glass_tag(key, operation.id).hex(),
        }
    operations = replica.operations
    ordered = sorted(lines, key=lambda each: (operations[each].prefix.stamp, each))
    return [lines[each] for each in ordered]


def _why(context: Context, operation: Operation, note: Note | None) -> str | None:
    """The reason that its author gave, where it was sealed to this node."""
    if note is None or note.author != operation.prefix.device:
        return None
    try:
        words = parse_sealed_words(note.payload)
    except NoteError:
        return None
    return words.open(context.openers) if words.about == operation.id else None
