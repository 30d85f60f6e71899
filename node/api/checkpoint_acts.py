"""The acts about network file, checkpoints and snapshots; acts.py has them among its own."""

from collections.abc import Callable, Mapping
from typing import Final

from node.api.arguments import Arguments
from node.api.facade import Facade, Progress


def _network(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.checkpoints.network()


def _sign(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    url = arguments.text_or_none("url")
    arguments.done()
    return node.checkpoints.sign(url)


def _combine(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    texts = arguments.texts("checkpoints")
    arguments.done()
    return node.checkpoints.combine(texts)


def _follow(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    signers, threshold = arguments.texts("signers"), arguments.whole_or_none("threshold")
    arguments.done()
    return node.checkpoints.follow(signers, len(signers) if threshold is None else threshold)


def _snapshots(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.checkpoints.snapshots()


CHECKPOINT_ACTS: Final[Mapping[str, Callable[[Facade, Arguments, bytes, Progress], object]]] = {
    "network": _network,
    "checkpoint-sign": _sign,
    "checkpoint-combine": _combine,
    "checkpoint-follow": _follow,
    "snapshots": _snapshots,
}
