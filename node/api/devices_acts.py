"""The acts about an organisation's devices; `acts` offers them."""

from collections.abc import Callable, Mapping
from typing import Final

from node.api.arguments import Arguments
from node.api.facade import Facade, Progress

Act = Callable[[Facade, Arguments, bytes, Progress], object]


def _request(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    peer = arguments.text("peer")
    arguments.done()
    return node.devices.request(peer)


def _add(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    request = arguments.text("request")
    arguments.done()
    return node.devices.add(request, progress)


def _remove(node: Facade, arguments: Arguments, _upload: bytes, progress: Progress) -> object:
    who = arguments.text("who")
    arguments.done()
    return node.devices.remove(who, progress)


def _list(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.devices.list()


DEVICE_ACTS: Final[Mapping[str, Act]] = {
    "device-request": _request,
    "device-add": _add,
    "device-remove": _remove,
    "device-list": _list,
}
