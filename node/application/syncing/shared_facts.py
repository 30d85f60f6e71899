"""Which facts of the registry a session shares with its peer; `sharing` asks here.

Nothing about the registry is loaded by a node without a network.
"""

from node.application.access.entitlements import Entitled
from node.application.access.gates import is_judged
from node.application.charts import Charts
from node.application.context import Context
from sync.identifiers import DeviceKey
from sync.session.registry_shelf import EmptyRegistryShelf, RegistryShelf


def registry_shelf(
    context: Context, charts: Charts, entitled: Entitled, peer: DeviceKey
) -> RegistryShelf:
    """The facts that are shared with a peer; none where this node has no network."""
    if not is_judged(context):
        return EmptyRegistryShelf()
    from node.application.syncing.stored_facts import StoredRegistryShelf

    return StoredRegistryShelf(context, charts, entitled, peer)
