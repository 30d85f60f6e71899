"""The acts about consents; `acts` offers them."""

from collections.abc import Callable, Mapping
from typing import Final

from node.api.arguments import Arguments
from node.api.facade import Facade, Progress

Act = Callable[[Facade, Arguments, bytes, Progress], object]


def _policy(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart, roles = arguments.text("chart"), arguments.texts("roles")
    days = arguments.whole_or_none("accredited_days")
    lanes, rights = arguments.texts("lanes"), arguments.text("rights")
    until = arguments.text_or_none("until")
    arguments.done()
    return node.consents.policy(
        chart, roles=roles, accredited_days=days or 0, lanes=lanes, rights=rights, until=until
    )


def _grant(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart, to = arguments.text("chart"), arguments.text("to")
    lanes, rights = arguments.texts("lanes"), arguments.text("rights")
    given_by, how = arguments.text("given_by"), arguments.text("how")
    until, history = arguments.text_or_none("until"), arguments.flag("history")
    override = arguments.text_or_none("override")
    arguments.done()
    return node.consents.grant(
        chart,
        to=to,
        lanes=lanes,
        rights=rights,
        given_by=given_by,
        how=how,
        until=until,
        history=history,
        override=override,
    )


def _revoke(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart, consent = arguments.text("chart"), arguments.text("consent")
    keep_access = arguments.flag("keep_access")
    arguments.done()
    return node.consents.revoke(chart, consent, keep_access=keep_access)


def _list(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    chart = arguments.text("chart")
    arguments.done()
    return node.consents.list(chart)


CONSENT_ACTS: Final[Mapping[str, Act]] = {
    "consent-policy": _policy,
    "consent-grant": _grant,
    "consent-revoke": _revoke,
    "consent-list": _list,
}
