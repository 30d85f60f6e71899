"""The acts for patients: broken glass, handover, requests for access; `acts` offers them."""

from collections.abc import Callable, Mapping
from typing import Final

from node.api.arguments import Arguments
from node.api.facade import Facade, Progress

Act = Callable[[Facade, Arguments, bytes, Progress], object]


def _break_glass(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart, reason = arguments.text("chart"), arguments.text("reason")
    seconds, holders = arguments.texts("seconds"), arguments.texts("holders")
    arguments.done()
    return node.patients.break_glass(chart, reason=reason, seconds=seconds, holders=holders)


def _glass_state(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart = arguments.text("chart")
    arguments.done()
    return node.patients.glass_state(chart)


def _glass_list(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart = arguments.text_or_none("chart")
    arguments.done()
    return node.patients.glass_list(chart)


def _confirm_glass(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    chart, who = arguments.text("chart"), arguments.text("who")
    arguments.done()
    return node.patients.confirm_glass(chart, who=who)


def _handover(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart, to, words = arguments.text("chart"), arguments.text("to"), arguments.texts("recovery")
    arguments.done()
    return node.patients.handover(chart, to=to, recovery=words)


def _request_access(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    chart, holders = arguments.text("chart"), arguments.texts("holders")
    lanes, rights = arguments.texts("lanes"), arguments.text("rights")
    reason = arguments.text("reason")
    arguments.done()
    return node.patients.request_access(
        chart, holders=holders, lanes=lanes, rights=rights, reason=reason
    )


def _access_requests(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    arguments.done()
    return node.patients.access_requests()


def _approve_request(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    request, until = arguments.text("request"), arguments.text_or_none("until")
    arguments.done()
    return node.patients.approve_request(request, until=until)


def _decline_request(
    node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress
) -> object:
    request = arguments.text("request")
    arguments.done()
    return node.patients.decline_request(request)


PATIENTS_ACTS: Final[Mapping[str, Act]] = {
    "break-glass": _break_glass,
    "glass-state": _glass_state,
    "glass-list": _glass_list,
    "glass-confirm": _confirm_glass,
    "handover": _handover,
    "access-request": _request_access,
    "access-requests": _access_requests,
    "access-approve": _approve_request,
    "access-decline": _decline_request,
}
