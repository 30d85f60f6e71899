"""The acts of governance: keys, credentials, the council's proposals; `acts` offers them."""

from collections.abc import Callable, Mapping
from typing import Final

from node.api.arguments import Arguments
from node.api.facade import Facade, Progress

Act = Callable[[Facade, Arguments, bytes, Progress], object]


def _rotate(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    recovery = arguments.texts_or_none("recovery")
    arguments.done()
    return node.governance.rotate(recovery, progress)


def _show(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    who = arguments.text("who")
    arguments.done()
    return node.governance.show(who)


def _issue(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    devices, practitioners = arguments.texts("devices"), arguments.texts("practitioners")
    own, until = arguments.flag("own"), arguments.text_or_none("until")
    arguments.done()
    return node.governance.issue(devices=devices, practitioners=practitioners, own=own, until=until)


def _revoke(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    devices, practitioners = arguments.texts("devices"), arguments.texts("practitioners")
    own, confirmed = arguments.flag("own"), arguments.flag("confirmed")
    arguments.done()
    return node.governance.revoke(
        devices=devices, practitioners=practitioners, own=own, confirmed=confirmed
    )


def _check(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    who, issuer = arguments.text("who"), arguments.text_or_none("issuer")
    arguments.done()
    return node.governance.check(who, issuer)


def _propose(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    actions, until = arguments.texts("actions"), arguments.text_or_none("until")
    sign, network = arguments.flag("sign"), arguments.text_or_none("network")
    arguments.done()
    return node.governance.propose(actions, until, sign=sign, network=network)


def _look(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    text, network = arguments.text("proposal"), arguments.text_or_none("network")
    arguments.done()
    return node.governance.look(text, network)


def _sign(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    text, network = arguments.text("proposal"), arguments.text_or_none("network")
    arguments.done()
    return node.governance.sign(text, network)


def _execute(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    text = arguments.text("proposal")
    arguments.done()
    return node.governance.execute(text)


def _proposals(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.governance.proposals()


GOVERNANCE_ACTS: Final[Mapping[str, Act]] = {
    "org-rotate": _rotate,
    "org-show": _show,
    "credential-issue": _issue,
    "credential-revoke": _revoke,
    "credential-check": _check,
    "council-propose": _propose,
    "council-look": _look,
    "council-sign": _sign,
    "council-execute": _execute,
    "council-list": _proposals,
}
