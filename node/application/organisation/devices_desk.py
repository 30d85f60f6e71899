"""An organisation's devices: asking to be one, taking one in, leaving one out, listing them.

A part of the node, which the API calls in worker threads; each act takes the node's turn.
"""

from contextlib import AbstractContextManager

from node.application.access.pairing import require_peer
from node.application.charts import Charts
from node.application.context import Context
from node.application.organisation import own_devices
from node.application.progress import Progress, quiet
from node.keystore.keystore import Keystore

Result = dict[str, object]


class DevicesDesk:
    """The devices of the organisation that this node serves."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        keystore: Keystore,
        turn: AbstractContextManager[object],
    ) -> None:
        """Work with these charts and secrets, in the node's turn."""
        self._context = context
        self._charts = charts
        self._keystore = keystore
        self._turn = turn

    def request(self, peer: str) -> Result:
        """Write down that this device asks to join the organisation of a paired node."""
        with self._turn:
            card = require_peer(self._context, peer)
            return own_devices.request_to_join(self._context, card.organisation)

    def add(self, request: str, progress: Progress = quiet) -> Result:
        """Take a device in, and write the answer that it joins with."""
        with self._turn:
            result = own_devices.add_device(
                self._context, self._charts, self._keystore, request, progress
            )
            self._audit("device-add")
            return result

    def remove(self, who: str, progress: Progress = quiet) -> Result:
        """Leave a device out of what is opened from now on."""
        with self._turn:
            result = own_devices.remove_device(
                self._context, self._charts, self._keystore, who, progress
            )
            self._audit("device-remove")
            return result

    def list(self) -> list[Result]:
        """The devices of the organisation."""
        with self._turn:
            return own_devices.list_devices(self._context)

    def _audit(self, what: str) -> None:
        context = self._context
        context.store.audit.append(what, None, context.identity.owner.public, context.clock())
