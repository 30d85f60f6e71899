"""What people do about anchors of the audit: put one on its way, hold the audit against the chain.

A part of the node, which the API calls in worker threads; a chain is asked outside the node's turn.
"""

from contextlib import AbstractContextManager

from node.application.context import Context
from node.application.registry.anchor_proof import check_anchors
from node.application.registry.anchoring import put_anchor, waits
from node.application.registry.registry_desk import RegistryDesk
from node.application.registry.registry_lines import age_text, time_text
from node.registry.errors import AnchorsUnproven, NoNetwork
from node.store.audit import AuditEntry

Result = dict[str, object]


class AuditDesk:
    """Anchors of the audit."""

    def __init__(
        self,
        context: Context,
        registry_desk: RegistryDesk,
        turn: AbstractContextManager[object],
    ) -> None:
        """Work in the node's turn; chains are met as the registry's desk meets them."""
        self._context = context
        self._registry_desk = registry_desk
        self._turn = turn

    def anchor(self) -> Result:
        """Put a root of all entries so far in the outbox. Raises NoNetwork."""
        with self._turn:
            if self._context.registry.network is None:
                raise NoNetwork
            put = put_anchor(self._context)
            made = self._context.store.anchors.all()
            last = made[-1] if made else None
            return {
                "anchored": put is not None,
                "entry": 0 if last is None else last.number,
                "waits": last is not None and waits(self._context, last),
                "outbox": self._context.store.outbox.counts(),
            }

    def prove(self, url: str | None = None) -> Result:
        """Hold the audit against its anchors on chain, by proof.

        Raises NoNetwork, ChainError, and AnchorsUnproven where no proof is held.
        """
        shown = self._registry_desk.anchored_head(url)
        if shown is None:
            raise AnchorsUnproven
        block, head, block_seconds, chain = shown
        with self._turn:
            store = self._context.store
            checked = check_anchors(store.audit, store.anchors.all(), head)
            newest = store.audit.root().number
            proven = 0 if checked.findings else checked.number
            age = self._context.clock() // 1000 - block_seconds
            return {
                "ok": not checked.findings,
                "proven_entry": proven,
                "proven_time": _time(store.audit.entries(proven - 1, 1)) if proven else None,
                "anchors": checked.anchors,
                "newest_entry": newest,
                "not_anchored": max(0, newest - proven),
                "as_of_block": block,
                "as_of_time": time_text(block_seconds),
                "age_seconds": age,
                "age": age_text(age),
                "chain": chain,
                "findings": list(checked.findings),
            }


def _time(entries: list[AuditEntry]) -> str | None:
    return time_text(entries[0].at_milliseconds // 1000) if entries else None
