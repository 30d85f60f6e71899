"""The acts about the registry's chain: meet it, say what is held, resolve; `acts` offers them."""

from collections.abc import Callable, Mapping
from typing import Final

from node.api.arguments import Arguments
from node.api.facade import Facade, Progress

Act = Callable[[Facade, Arguments, bytes, Progress], object]


def _sync(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    url, pay = arguments.text_or_none("url"), arguments.flag("pay")
    payer_key, wei_max = arguments.text_or_none("payer_key"), arguments.text_or_none("wei_max")
    arguments.done()
    return node.registry_desk.sync(
        url, pay=pay, payer_key=payer_key, wei_max=wei_max, progress=progress
    )


def _status(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.registry_desk.status()


def _outbox(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.registry_desk.outbox()


def _outbox_file(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.registry_desk.outbox_file()


def _outbox_take(node: Facade, arguments: Arguments, upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.registry_desk.outbox_take(upload.decode("ascii", "replace"))


def _resolve(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    did, url = arguments.text("did"), arguments.text_or_none("url")
    arguments.done()
    return node.registry_desk.resolve(did, url)


CHAIN_ACTS: Final[Mapping[str, Act]] = {
    "registry-sync": _sync,
    "registry-status": _status,
    "registry-outbox": _outbox,
    "registry-outbox-file": _outbox_file,
    "registry-outbox-take": _outbox_take,
    "registry-resolve": _resolve,
}

UNHURRIED: Final = frozenset(
    {"audit-prove", "checkpoint-sign", "registry-sync", "registry-resolve"}
)
"""Acts that wait for a chain: others go on meanwhile, and they take the node's turn themselves."""
