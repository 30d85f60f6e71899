"""One chart as `chart show` gives it: what it says, who may see it, what waits."""

from collections.abc import Collection
from typing import Final

from node.application.access.pairing import device_text, grantee_text
from node.application.content import ChartContent, Held
from node.application.context import Context
from node.application.destroying.shredding import shred_marks
from node.application.importing.attaching import arrived
from node.application.patients.glass_lines import glass_lines
from node.application.timestamps import time_text
from sync.clock import stamp_milliseconds
from sync.grantee import Right
from sync.identifiers import OperationId, chart_text, did_ethr, did_key, operation_text
from sync.merge.banner import banner

INCOMPLETE: Final = "part of an incomplete entry"


def chart_page(context: Context, content: ChartContent) -> dict[str, object]:
    """Everything that a person at the chart must see; resources as they show now."""
    replica = content.replica
    face = content.face()
    parts = content.incomplete.operations
    return {
        "chart": chart_text(replica.chart),
        "kind": replica.charter.kind.name.lower(),
        "name": face.name,
        "birth_date": face.birth_date,
        "gender": face.gender,
        "custodian": did_ethr(replica.charter.custodian),
        "registry": str(
            context.registry.organisation_verdict(
                replica.charter.custodian, context.clock() // 1000
            )
        ),
        "banner": [
            {
                "why": str(line.why),
                "resource": f"{line.key.type}/{line.key.id}",
                "operation": operation_text(line.ref.operation),
                "author": device_text(context, line.device),
                "at": time_text(stamp_milliseconds(line.stamp)),
            }
            for line in banner(content.quarantined)
        ],
        "conflicts": [conflict.id for _, conflict in content.conflicts()],
        "quarantined": [operation_text(waiting.operation) for waiting in content.waiting()],
        "unreadable": content.unreadable - _destroyed(context, content),
        "shred": shred_marks(context).get(replica.chart),
        "incomplete": [
            {"operations": here, "of": total} for here, total in content.incomplete.transactions
        ],
        "glass": glass_lines(context, replica),
        "access": _access(context, content),
        "overrides": [
            {
                "to": override.grantee,
                "at": time_text(override.at_milliseconds),
                "by": did_key(override.person),
                "reason": override.reason,
                "registry": override.verdict,
            }
            for override in context.store.overrides.of_chart(replica.chart)
        ],
        "resources": [_resource(context, held, parts) for held in content.resources()],
    }


def _destroyed(context: Context, content: ChartContent) -> int:
    """Merged operations whose bodies were shredded: they are for no reader any more."""
    gone = context.store.shreds.destroyed(content.replica.chart)
    return len(gone & content.replica.fold.merged)


def _resource(context: Context, held: Held, parts: Collection[OperationId]) -> dict[str, object]:
    """A resource; of one that is attached what is inline, and how much of the rest is here."""
    key = held.view.key
    apart = arrived(context, held.view)
    labels = [str(label) for label in held.view.labels]
    if any(change.ref.operation in parts for change in held.view.history):
        labels.append(INCOMPLETE)
    if apart is not None:
        labels.append(apart.label)
    return {
        "type": key.type,
        "id": key.id,
        "source": key.source,
        "lane": held.lane_name,
        "versions": len(held.view.history),
        "labels": labels,
        "attachment": None if apart is None else apart._asdict(),
        "document": None if held.view.shown is None else held.view.shown.decode(),
    }


def _access(context: Context, content: ChartContent) -> list[dict[str, object]]:
    replica = content.replica
    fold = replica.fold
    names = {lane: name for name, lane in replica.charter.lanes}
    now = context.clock()
    lines: list[dict[str, object]] = []
    for identity, granted in fold.grants.items():
        state = "live" if identity in fold.live else "revoked"
        if state == "live" and granted.expired(now):
            state = "expired"
        until = granted.until_milliseconds
        act = granted.act
        lines.append(
            {
                "to": grantee_text(context, granted.to),
                "by": "charter" if granted.author is None else device_text(context, granted.author),
                "state": state,
                "rights": [
                    right.name.lower() for right in Right if right in granted.rights and right.name
                ],
                "lanes": sorted(names[lane] for lane in granted.lanes if lane in names),
                "basis": None if act is None else act.basis.name.lower().replace("_", "-"),
                "given_by": None if act is None else act.given_by.name.lower(),
                "how": None if act is None else act.how.name.lower(),
                "until": None if until is None else time_text(until),
            }
        )
    return lines
