"""What an import works with; made once a node, handed to everything on the way in."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from node.application.charts import Charts
from node.application.content import Contents
from node.application.context import Context
from node.application.importing.held_resources import HeldResources
from node.application.lists import Lists


@dataclass(frozen=True, repr=False)
class ImportMeans:
    """Where imports write. `turn` is the node's one lock. Its repr shows nothing."""

    context: Context
    charts: Charts
    contents: Contents
    held: HeldResources
    lists: Lists
    turn: AbstractContextManager[object]

    def __repr__(self) -> str:
        """Show nothing."""
        return "ImportMeans(...)"
