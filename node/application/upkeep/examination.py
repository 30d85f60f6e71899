"""`audit verify` and `doctor`: is what is stored still what was signed, and what is amiss.

`doctor` looks at pages, tables and marks; where it is told to be thorough at every chart's content
too. What is derived it has repaired (`repairing`); what is not it names.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from node.application.access.affiliations import device_verdict
from node.application.access.pairing import card_of
from node.application.charts import Charts
from node.application.content import Contents
from node.application.context import Context
from node.application.destroying.shredding import ON_HOLD, state_of
from node.application.progress import Progress
from node.application.registry.noticing import untold
from node.application.showing.finding import Finding, finding
from node.application.upkeep.repairing import NAMED_MAX, Repair
from node.card.card import PairingCard
from node.errors import DamagedDatabase
from node.registry.verdict import State
from node.store.operations import Unsound
from sync.access.shredding import is_bare_by_shred
from sync.act_codec import parse_deed
from sync.attachment_manifest import parse_manifest
from sync.body import open_body
from sync.chart.replica import ChartReplica
from sync.errors import NewerBodyError, SyncError
from sync.identifiers import ChartId, chart_text, did_ethr, did_key, operation_text
from sync.letter import parse_letter
from sync.operation import Operation, read_operation

_FROM_ELSEWHERE = (
    "put the store back from a copy, or `satchel init` a new home and have the charts granted to "
    "it; then sync brings what came after"
)


def verify_all(context: Context, charts: Charts, progress: Progress) -> dict[str, object]:
    """Check every signature, hash and link that is stored, and the chain of the local audit.

    `senseless` is what holds and says nothing: its author wrote it so. It is sound, and whoever
    has a right to write could make every node's examination fail for good by it otherwise.
    """
    findings = context.store.database.findings()
    senseless: list[dict[str, str]] = []
    operations = 0
    wanted = charts.ids()
    for place, chart in enumerate(wanted):
        progress("verify", place, len(wanted))
        try:
            listed, unsound = context.store.operations.sound(chart)
            operations += len(listed)
            unfit = _unsound(chart, unsound)
            findings += unfit or _verify_chart(context, charts, chart, listed)
            senseless += [] if unfit else _senseless(charts.replica(chart), listed)
        except DamagedDatabase:
            findings.append(f"chart {chart_text(chart)}: the disk does not give back all of it")
    entries = 0
    try:
        entries = context.store.audit.root().number
        broken = context.store.audit.first_broken()
    except DamagedDatabase:
        findings.append("the disk does not give back all of the audit")
    else:
        if broken is not None:
            findings.append(f"audit entry {broken} does not follow from those before it")
    progress("verify", len(wanted), len(wanted))
    return {
        "ok": not findings,
        "charts": len(wanted),
        "operations": operations,
        "audit_entries": entries,
        "findings": findings,
        "senseless": senseless,
    }


_WHAT_IS_UNSOUND = {
    "page": "the disk does not give it back",
    "header": "its header is not what was signed",
    "body": "its body is not what its header names",
}


def _unsound(chart: ChartId, unsound: Sequence[Unsound]) -> list[str]:
    return [
        f"operation {operation_text(one.id)} of chart {chart_text(chart)}: "
        + _WHAT_IS_UNSOUND[one.what]
        for one in unsound
    ]


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


def _senseless(replica: ChartReplica, operations: Sequence[Operation]) -> list[dict[str, str]]:
    """What is signed as it stands, and does not open by its epoch's key or is no entry."""
    found = []
    for operation in operations:
        key = replica.keyring.key(operation.prefix.epoch)
        if key is None or operation.body is None:
            continue
        try:
            plain = open_body(operation.body, key, operation.associated)
            if operation.prefix.lane == replica.access_lane:
                parse_deed(plain)
        except NewerBodyError:
            continue  # kept and carried: a newer version reads it
        except SyncError as error:
            name, author = operation_text(operation.id), did_key(operation.prefix.device)
            found.append({"operation": name, "author": author, "why": str(error)})
    return found


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


def examine(
    context: Context,
    charts: Charts,
    contents: Contents,
    settle: Callable[[], object],
    *,
    recovery_confirmed: bool,
    thorough: bool,
    progress: Progress,
) -> dict[str, object]:
    """Find what is amiss and repair what is derived; `settle` lists anew what was dropped for that.

    `ok` is false when there is an error; what was repaired, warnings and notes leave it true.
    """
    progress("examine", 0, None)
    findings = [
        finding("error", text, _FROM_ELSEWHERE)
        for text in context.store.database.page_findings(thorough=thorough)
    ]
    if findings:
        # Nothing is written to a file that is damaged, but what it costs is said.
        findings += _lost(context, charts, progress)
        return _told(findings, len(charts.ids()), 0)
    repair = Repair(context, charts, contents)
    repair.derived()
    wanted = charts.ids()
    for place, chart in enumerate(wanted if thorough else ()):
        progress("examine", place, len(wanted))
        repair.bodies(chart)
        repair.pieces(chart)
        unfit = _unsound(chart, context.store.operations.sound(chart)[1])
        findings += [finding("error", text, _FROM_ELSEWHERE) for text in unfit]
        if not unfit:
            repair.compared(chart)
    settle()
    progress("examine", len(wanted), len(wanted))
    findings += [*repair.findings, *repair.lacking()]
    findings += [
        finding("error", text, _FROM_ELSEWHERE) for text in context.store.database.row_findings()
    ]
    broken = context.store.audit.first_broken()
    if broken is not None:
        what = f"the audit is broken at entry {broken}"
        findings.append(finding("error", what, "it cannot be made again: find out who changed it"))
    findings += _standing(context, recovery_confirmed=recovery_confirmed)
    findings += _untold(context, charts)
    return _told(findings, len(wanted), context.store.operations.count())


def _told(findings: Sequence[Finding], charts: int, operations: int) -> dict[str, object]:
    return {
        "ok": not any(line["level"] == "error" for line in findings),
        "charts": charts,
        "operations": operations,
        "findings": list(findings),
    }


def _lost(context: Context, charts: Charts, progress: Progress) -> list[Finding]:
    """Which operations a damaged file does not give back, by chart."""
    lost: list[str] = []
    wanted = charts.ids()
    for place, chart in enumerate(wanted):
        progress("examine", place, len(wanted))
        try:
            lost += _unsound(chart, context.store.operations.sound(chart)[1])
        except DamagedDatabase:
            lost.append(f"chart {chart_text(chart)}: the disk does not give back all of it")
    if not lost:
        hint = "export what is here before anything else: `satchel export --all`"
        return [finding("note", "every operation can still be read", hint)]
    more = len(lost) - NAMED_MAX
    named = [finding("error", text) for text in lost[:NAMED_MAX]]
    return named + ([finding("error", f"{more} more, likewise")] if more > 0 else [])


def _untold(context: Context, charts: Charts) -> list[Finding]:
    """Charts that the registry cannot reach, with devices that it proves revoked."""
    return [
        finding(
            "warning",
            f"chart {chart_text(chart)} is of no network, or of another: the registry cannot end "
            f"the access of {did_key(device)}, which is proven revoked",
            f"revoke it there: `satchel revoke {chart_text(chart)} --from {did_key(device)}`",
        )
        for chart, device in untold(context, charts)
    ]


def _standing(context: Context, *, recovery_confirmed: bool) -> list[Finding]:
    """What is to be known of a store that is sound."""
    findings: list[Finding] = []
    if not recovery_confirmed:
        findings.append(
            finding(
                "warning",
                "the recovery words have not been confirmed",
                "type them back: `satchel recovery confirm`",
            )
        )
    verdict = device_verdict(context, context.identity.device)
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
    return findings


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
