"""Every act that the API offers, by name: which arguments it takes and which method does it.

`node.client.calls` has the other side of this table; a test holds the two together.
"""

from collections.abc import Callable, Mapping
from typing import Final, cast

from node.api.arguments import Arguments
from node.api.audit_acts import AUDIT_ACTS
from node.api.chain_acts import CHAIN_ACTS
from node.api.checkpoint_acts import CHECKPOINT_ACTS
from node.api.consent_acts import CONSENT_ACTS
from node.api.devices_acts import DEVICE_ACTS
from node.api.errors import BadArgument
from node.api.facade import Facade, Intake, Progress
from node.api.governance_acts import GOVERNANCE_ACTS
from node.api.patients_acts import PATIENTS_ACTS
from node.fhir.placement import Lane
from node.fhir.placement.explaining import Explanation, rules_listed
from node.limits import shred_hold_days_usual

Act = Callable[[Facade, Arguments, bytes, Progress], object]
"""Does one act in a worker thread. The bytes are the uploaded file, or empty."""

Open = Callable[[Facade, Arguments], Intake]
"""Begins an act that takes a file of any size as it comes."""


def _identity(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.identity()


def _recovery_confirm(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    words = arguments.texts("words")
    arguments.done()
    return node.recovery_confirm(words)


def _peers_add(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    card, name = arguments.text("card"), arguments.text_or_none("name")
    arguments.done()
    return node.peers_add(card, name)


def _peers_list(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.peers_list()


def _peers_remove(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    name = arguments.text("name")
    arguments.done()
    return node.peers_remove(name)


def _import_file(node: Facade, arguments: Arguments) -> Intake:
    label = arguments.text("label")
    source, lane = arguments.text_or_none("source"), arguments.text_or_none("lane")
    arguments.done()
    return node.import_open(label, source=source, lane=lane)


def _record_add(node: Facade, arguments: Arguments) -> Intake:
    chart, label = arguments.text("chart"), arguments.text("label")
    lane = arguments.text_or_none("lane")
    arguments.done()
    return node.import_open(label, source=None, lane=lane, chart=chart)


def _lanes_explain(_node: Facade, arguments: Arguments) -> Intake:
    label, lane = arguments.text("label"), arguments.text_or_none("lane")
    arguments.done()
    if lane not in (None, "summary", "care", "sensitive"):
        raise BadArgument("lane", "summary, care or sensitive")
    return Explanation(label, cast("Lane | None", lane))


def _lanes_list(_node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return rules_listed()


def _charts(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.charts()


def _chart_show(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart, linked = arguments.text("chart"), arguments.flag("linked")
    arguments.done()
    return node.chart_show(chart, linked=linked)


def _chart_history(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    chart = arguments.text("chart")
    arguments.done()
    return node.chart_history(chart)


def _search(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    text = arguments.text("text")
    arguments.done()
    return node.search(text)


def _grant(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    chart, to, lanes = arguments.text("chart"), arguments.text("to"), arguments.texts("lanes")
    rights, basis = arguments.text("rights"), arguments.text("basis")
    given_by, how = arguments.text("given_by"), arguments.text("how")
    until, history = arguments.text_or_none("until"), arguments.flag("history")
    recovery = arguments.texts_or_none("recovery")
    override = arguments.text_or_none("override")
    arguments.done()
    return node.grant(
        chart,
        to=to,
        lanes=lanes,
        rights=rights,
        basis=basis,
        given_by=given_by,
        how=how,
        until=until,
        history=history,
        recovery=recovery,
        override=override,
        progress=progress,
    )


def _revoke(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    chart, who, lost = arguments.text("chart"), arguments.text("from"), arguments.flag("lost")
    recovery = arguments.texts_or_none("recovery")
    arguments.done()
    return node.revoke(chart, from_=who, lost=lost, recovery=recovery, progress=progress)


def _shred(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart, lanes = arguments.text("chart"), arguments.texts("lanes")
    hold_days, recovery = arguments.whole_or_none("hold_days"), arguments.texts("recovery")
    arguments.done()
    days = shred_hold_days_usual if hold_days is None else hold_days
    return node.shred(chart, lanes=lanes, hold_days=days, recovery=recovery)


def _shred_cancel(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    chart, recovery = arguments.text("chart"), arguments.texts("recovery")
    arguments.done()
    return node.shred_cancel(chart, recovery=recovery)


def _shreds(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.shreds()


def _conflicts(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart = arguments.text_or_none("chart")
    arguments.done()
    return node.conflicts(chart)


def _conflict_show(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    conflict = arguments.text("conflict")
    arguments.done()
    return node.conflict_show(conflict)


def _conflict_resolve(
    node: Facade, arguments: Arguments, upload: bytes, _progress: Progress
) -> object:
    conflict, choose = arguments.text("conflict"), arguments.whole_or_none("choose")
    arguments.done()
    content = None if choose is not None else upload
    return node.conflict_resolve(conflict, choose=choose, content=content)


def _quarantine(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.quarantine()


def _quarantine_accept(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    operation = arguments.text("operation")
    recovery = arguments.texts_or_none("recovery")
    arguments.done()
    return node.quarantine_accept(operation, recovery=recovery)


def _duplicates(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    chart = arguments.text_or_none("chart")
    arguments.done()
    return node.people.duplicates(chart, progress)


def _duplicates_dismiss(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    one, other, undo = arguments.text("one"), arguments.text("other"), arguments.flag("undo")
    arguments.done()
    return node.people.dismiss(one, other, undo=undo)


def _link(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    one, other, reason = arguments.text("one"), arguments.text("other"), arguments.text("reason")
    arguments.done()
    return node.people.link(one, other, reason=reason)


def _unlink(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    one, other, reason = arguments.text("one"), arguments.text("other"), arguments.text("reason")
    arguments.done()
    return node.people.unlink(one, other, reason=reason)


def _audit_verify(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    arguments.done()
    return node.audit_verify(progress)


def _rebuild(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    arguments.done()
    return node.rebuild(progress)


def _doctor(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    thorough = arguments.flag("thorough")
    arguments.done()
    return node.doctor(thorough=thorough, progress=progress)


ACTS: Final[Mapping[str, Act]] = {
    "identity": _identity,
    "recovery-confirm": _recovery_confirm,
    "peers-add": _peers_add,
    "peers-list": _peers_list,
    "peers-remove": _peers_remove,
    "lanes-list": _lanes_list,
    "charts": _charts,
    "chart-show": _chart_show,
    "chart-history": _chart_history,
    "search": _search,
    "grant": _grant,
    "revoke": _revoke,
    "shred": _shred,
    "shred-cancel": _shred_cancel,
    "shreds": _shreds,
    "conflicts": _conflicts,
    "conflict-show": _conflict_show,
    "conflict-resolve": _conflict_resolve,
    "quarantine": _quarantine,
    "quarantine-accept": _quarantine_accept,
    "duplicates": _duplicates,
    "duplicates-dismiss": _duplicates_dismiss,
    "link": _link,
    "unlink": _unlink,
    "audit-verify": _audit_verify,
    "doctor": _doctor,
    "rebuild": _rebuild,
    **AUDIT_ACTS,
    **CHAIN_ACTS,
    **CONSENT_ACTS,
    **DEVICE_ACTS,
    **CHECKPOINT_ACTS,
    **GOVERNANCE_ACTS,
    **PATIENTS_ACTS,
}
"""The acts that are a call of one method; `sync` and `export` have answers of their own."""

INTAKES: Final[Mapping[str, Open]] = {
    "import-file": _import_file,
    "record-add": _record_add,
    "lanes-explain": _lanes_explain,
}
"""The acts that take a file in pieces."""
