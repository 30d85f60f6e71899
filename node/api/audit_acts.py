"""The acts about anchors of the audit; `acts` offers them."""

from collections.abc import Callable, Mapping
from typing import Final

from node.api.arguments import Arguments
from node.api.facade import Facade, Progress

Act = Callable[[Facade, Arguments, bytes, Progress], object]


def _anchor(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    arguments.done()
    return node.audit_desk.anchor()


def _prove(node: Facade, arguments: Arguments, _upload: bytes, _progress: Progress) -> object:
    url = arguments.text_or_none("url")
    arguments.done()
    return node.audit_desk.prove(url)


AUDIT_ACTS: Final[Mapping[str, Act]] = {"audit-anchor": _anchor, "audit-prove": _prove}
