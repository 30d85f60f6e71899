"""A chart's story: every operation that can be read, in causal order, with its labels."""

from collections.abc import Iterator

from node.application.access.pairing import device_text
from node.application.content import ChartContent
from node.application.context import Context
from node.application.showing.authors import Authors
from node.application.timestamps import time_text
from sync.certificate import Certificate, parse_certificate
from sync.change import ChangeRef
from sync.chart.story import causal_order
from sync.clock import stamp_milliseconds
from sync.errors import CertificateError
from sync.identifiers import did_key, operation_text
from sync.operation import Operation


def chart_history(context: Context, content: ChartContent) -> list[dict[str, object]]:
    """Content operations, causes before effects, ties by their stamps; covers are left out."""
    replica = content.replica
    doubtful = context.store.operations.doubtful(replica.chart)
    certificates = dict(_certificates(content))
    authors = Authors(context)
    whole = _whole_transactions(content)
    lines = []
    for operation in causal_order(replica):
        if operation.prefix.lane == replica.access_lane:
            continue
        entry = replica.entry(operation)
        if entry is not None and not entry.changes:
            continue
        line = _line(context, content, operation, operation.id in doubtful, certificates, authors)
        if entry is not None and entry.part is not None and entry.transaction not in whole:
            labels = line["labels"]
            if isinstance(labels, list):
                labels.append("incomplete entry")
        lines.append(line)
    return lines


def _whole_transactions(content: ChartContent) -> set[bytes]:
    """The transactions of several operations of which every part is held, lane by lane."""
    seen: dict[tuple[bytes, bytes], set[int]] = {}
    totals: dict[tuple[bytes, bytes], int] = {}
    for operation in content.replica.operations.values():
        if operation.prefix.lane == content.replica.access_lane:
            continue
        entry = content.replica.entry(operation)
        if entry is not None and entry.part is not None:
            key = (entry.transaction, operation.prefix.lane)
            seen.setdefault(key, set()).add(entry.part.place)
            totals[key] = entry.part.total
    broken = {key[0] for key, places in seen.items() if len(places) < totals[key]}
    return {transaction for transaction, _ in seen} - broken


def _line(
    context: Context,
    content: ChartContent,
    operation: Operation,
    doubtful: bool,
    certificates: dict[bytes, Certificate],
    authors: Authors,
) -> dict[str, object]:
    replica = content.replica
    entry = replica.entry(operation)
    at_milliseconds = stamp_milliseconds(operation.prefix.stamp)
    labels = ["clock doubtful"] if doubtful else []
    if operation.id in replica.fold.quarantined:
        labels.append("quarantined")
    if entry is None:
        labels.append("not readable here")
    elif entry.again is not None:
        labels.append("written again")
    elif entry.part is not None:
        labels.append(f"part {entry.part.place + 1} of {entry.part.total}")
    certificate = certificates.get(operation.prefix.certificate or b"")
    signed_by_person = certificate is not None and certificate.covers(
        operation.prefix.device, operation.prefix.instance, at_milliseconds
    )
    label = "author not verified"
    if certificate is not None and signed_by_person:
        label = authors.label(certificate.practitioner) or ""
    if label:
        labels.append(label)
    return {
        "operation": operation_text(operation.id),
        "lane": replica.charter.lane_name(operation.prefix.lane),
        "at": time_text(at_milliseconds),
        "author": device_text(context, operation.prefix.device),
        "practitioner": did_key(certificate.practitioner) if certificate is not None else None,
        "verdict": None if certificate is None else str(authors.verdict(certificate.practitioner)),
        "labels": labels,
        "changes": []
        if entry is None
        else [
            {
                "place": ChangeRef(operation.id, place).place,
                "kind": change.kind.name.lower(),
                "resource": f"{change.type}/{change.id}",
                "elements": list(change.touched),
                "supersedes": [operation_text(ref.operation) for ref in change.supersedes],
            }
            for place, change in enumerate(entry.changes)
        ],
    }


def _certificates(content: ChartContent) -> Iterator[tuple[bytes, Certificate]]:
    """Every session certificate that an operation brought into the chart, by id."""
    for operation in content.replica.operations.values():
        if operation.prefix.lane == content.replica.access_lane:
            deed = content.replica.deeds.get(operation.id)
            brought = None if deed is None else deed.certificate
        else:
            entry = content.replica.entry(operation)
            brought = None if entry is None else entry.certificate
        if brought is None:
            continue
        try:
            certificate = parse_certificate(brought)
        except CertificateError:
            continue
        yield certificate.id, certificate
