"""`audit verify` and `doctor`: is what is stored still what was signed, and what is amiss."""

from collections import Counter

from node.application.charts import Charts
from node.application.context import Context
from node.application.pairing import card_of
from node.application.progress import Progress
from node.application.shredding import ON_HOLD, state_of
from node.card.card import PairingCard
from node.registry.verdict import State
from sync.access.shredding import is_bare_by_shred
from sync.act_codec import parse_deed
from sync.attachment_manifest import parse_manifest
from sync.body import open_body
from sync.errors import NewerBodyError, SyncError
from sync.identifiers import ChartId, chart_text, did_ethr, operation_text
from sync.letter import parse_letter
from sync.operation import Operation, read_operation

Finding = dict[str, object]


def finding(level: str, what: str, hint: str | None = None) -> Finding:
    """One line of what `doctor` says: `error`, `warning` or `note`."""
    return {"level": level, "what": what, "hint": hint}


def verify_all(context: Context, charts: Charts, progress: Progress) -> dict[str, object]:
    """Check every signature, hash and link that is stored, and the chain of the local audit."""
    findings: list[str] = []
    operations = 0
    wanted = charts.ids()
    for place, chart in enumerate(wanted):
        progress("verify", place, len(wanted))
        listed = context.store.operations.of_chart(chart)
        operations += len(listed)
        findings += _verify_chart(context, charts, chart, listed)
    broken = context.store.audit.first_broken()
    if broken is not None:
        findings.append(f"audit entry {broken} does not follow from those before it")
    progress("verify", len(wanted), len(wanted))
    return {
        "ok": not findings,
        "charts": len(wanted),
        "operations": operations,
        "audit_entries": context.store.audit.root().number,
        "findings": findings,
    }


def _verify_chart(
    context: Context, charts: Charts, chart: ChartId, operations: list[Operation]
) -> list[str]:
    findings = []
    held = {operation.id for operation in operations}
    replica = charts.replica(chart)
    for operation in operations:
        name = operation_text(operation.id)
        try:
            read_operation(operation.header, operation.signature, operation.body)
        except SyncError as error:
            findings.append(f"operation {name}: {error}")
            continue
        previous = operation.prefix.previous
        if previous is not None and previous not in held:
            findings.append(f"operation {name}: its predecessor is missing")
        if operation.body is None and not is_bare_by_shred(replica.fold, operation):
            findings.append(f"operation {name}: its body is missing, and no shred explains that")
        key = replica.keyring.key(operation.prefix.epoch)
        if key is not None and operation.body is not None:
            try:
                plain = open_body(operation.body, key, operation.associated)
                if operation.prefix.lane == replica.access_lane:
                    parse_deed(plain)
            except NewerBodyError:
                continue  # kept and carried: a newer version reads it
            except SyncError as error:
                findings.append(f"operation {name}: {error}")
    for log in _logs(context, charts, chart):
        if log not in held:
            findings.append(f"chart {chart_text(chart)}: a log's head {log.hex()[-8:]} is missing")
    findings += _verify_attachments(context, chart, operations)
    for letter in context.store.letters.of_chart(chart):
        try:
            parse_letter(letter.encoded())
        except SyncError as error:
            findings.append(f"chart {chart_text(chart)}: {error}")
    return findings


def _verify_attachments(context: Context, chart: ChartId, operations: list[Operation]) -> list[str]:
    """Check every list of pieces against its operation, and every piece against its name."""
    findings = []
    by_id = {operation.id: operation for operation in operations}
    for encoded in context.store.attachments.encoded(chart):
        try:
            manifest = parse_manifest(encoded)
        except SyncError as error:
            findings.append(f"chart {chart_text(chart)}: {error}")
            continue
        operation = by_id.get(manifest.operation)
        if operation is None or not manifest.is_of(operation):
            findings.append(f"chart {chart_text(chart)}: a list of pieces is of no operation here")
    for piece in context.store.attachments.broken(chart):
        findings.append(f"chart {chart_text(chart)}: piece {piece.hex()[:16]} is not what it was")
    return findings


def _logs(context: Context, charts: Charts, chart: ChartId) -> list[bytes]:
    return [
        head
        for lane in charts.charter(chart).lane_ids
        for log in context.store.logs.of_lane(chart, lane)
        for head in log.heads
    ]


def diagnose(context: Context, charts: Charts, *, recovery_confirmed: bool) -> dict[str, object]:
    """What is amiss. `ok` is false when there is an error; warnings and notes leave it true."""
    findings: list[Finding] = []
    findings += [
        finding("error", text, "restore from a peer: `satchel init` elsewhere, then sync")
        for text in context.store.findings()
    ]
    findings += [
        finding("error", text, "make it anew: `satchel doctor --rebuild`")
        for text in context.store.faces.findings()
    ]
    if not recovery_confirmed:
        findings.append(
            finding(
                "warning",
                "the recovery words have not been confirmed",
                "type them back: `satchel recovery confirm`",
            )
        )
    verdict = context.registry.device_verdict(context.identity.device, context.clock() // 1000)
    if verdict.state is not State.ALLOW:
        findings.append(finding("note", str(verdict), None))
    for chart, _, log in context.store.logs.forked():
        findings.append(
            finding(
                "warning",
                f"a log of chart {chart_text(chart)} has forked: instance {log.instance.hex()[:8]} "
                "wrote twice at one place; both branches are kept and merged",
                "a device's store was copied or restored: find out which",
            )
        )
    findings += _unpaired_rules(context)
    findings += _shreds(context)
    owing = context.store.debts.charts_owing()
    if owing:
        findings.append(
            finding("note", f"vouches are owed in {len(owing)} charts until this node may write")
        )
    totals = context.store.attachments.totals()
    if totals.missing:
        findings.append(
            finding(
                "note",
                f"{totals.missing} of {totals.pieces} pieces of large resources are not here yet, "
                f"of {totals.incomplete} resources",
                "sync with a node that has them",
            )
        )
    waiting = len(context.store.worklist.quarantined())
    if waiting:
        findings.append(
            finding("note", f"{waiting} operations wait in quarantine", "`satchel quarantine list`")
        )
    conflicts = len(context.store.worklist.conflicts())
    if conflicts:
        findings.append(finding("note", f"{conflicts} conflicts wait", "`satchel conflicts list`"))
    return {
        "ok": not any(line["level"] == "error" for line in findings),
        "charts": len(charts.ids()),
        "operations": context.store.operations.count(),
        "findings": findings,
    }


def _shreds(context: Context) -> list[Finding]:
    """What is to be destroyed, what could not be yet, and where the files still hold a trace."""
    shreds = context.store.shreds.all()
    states = Counter(state_of(shred) for shred in shreds)
    findings = []
    if states[ON_HOLD]:
        hint = "`satchel shred --list`"
        count = states[ON_HOLD]
        what = "1 shred is on hold" if count == 1 else f"{count} shreds are on hold"
        findings.append(finding("note", what, hint))
    for shred in shreds:
        if shred.waiting:
            findings.append(
                finding(
                    "warning",
                    f"keys of chart {chart_text(shred.chart)} that were to be destroyed are kept "
                    f"for {shred.waiting} operations beyond the cut, not written again yet",
                    "accept or leave what waits in quarantine, and sync with who may write there",
                )
            )
        if shred.found:
            findings.append(
                finding(
                    "error",
                    f"{shred.found} pages of the store still hold what was shredded of chart "
                    f"{chart_text(shred.chart)}",
                    "free disk space and start again; else take what is held to a new home by sync",
                )
            )
    return findings


def _unpaired_rules(context: Context) -> list[Finding]:
    """Standing rules for an organisation of which no card is held: they cannot be applied."""
    cards: list[PairingCard] = [card_of(peer) for peer in context.store.peers.all()]
    known = {card.organisation for card in cards}
    return [
        finding(
            "warning",
            f"the standing rule for {did_ethr(rule.to.organisation)} cannot be applied: no card",
            "pair with a node of it again: `satchel peer add CARD`",
        )
        for rule in context.store.standing_rules.standing()
        if hasattr(rule.to, "organisation") and rule.to.organisation not in known
    ]
