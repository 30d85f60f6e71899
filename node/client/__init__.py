"""Speaks to a node over its socket: for commands, the terminal app and scripts.

    client = Client(path)
    client.ask(calls.charts())                      # waits
    await AsyncClient(path).ask(calls.charts())     # under asyncio or trio

It knows nothing of keys, SQLite or libp2p.
"""

from node.client import calls
from node.client.calls import Call, Upload
from node.client.client import AsyncClient, Client
from node.client.errors import ClientError, NodeGone, NodeRefused

__all__ = [
    "AsyncClient",
    "Call",
    "Client",
    "ClientError",
    "NodeGone",
    "NodeRefused",
    "Upload",
    "calls",
]
