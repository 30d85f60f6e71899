"""The lives of this device's store, and what tells that another one has begun (DESIGN section 4).

A new instance begins after a restore (the token does not match), a clock that was set back, or when
a peer offers this node operations of its own that it does not know.
"""

from node.store.database import Database
from node.store.settings import Settings
from sync.identifiers import InstanceId

_TOKEN = "instance.token"  # noqa: S105 (a name)
_LATEST = "instance.latest-milliseconds"


class OwnInstances:
    """This store's instances; the last one is the one that writes."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Work on an open store's database."""
        self._database = database
        self._settings = settings

    def begin(self, instance: InstanceId, at_milliseconds: int) -> None:
        """Write as a new instance from now on; the latest time seen starts over with it."""
        with self._database.transaction():
            self._database.write(
                "INSERT INTO own_instances (instance, began_at) VALUES (?, ?)",
                (instance, at_milliseconds),
            )
            self._settings.put_number(_LATEST, at_milliseconds)

    def current(self) -> InstanceId | None:
        """The instance that writes, or None in a store that is being made."""
        found = self._database.value(
            "SELECT instance FROM own_instances ORDER BY place DESC LIMIT 1"
        )
        return None if found is None else InstanceId(found)

    def all(self) -> list[InstanceId]:
        """Every instance that this store was, the first one first."""
        rows = self._database.rows("SELECT instance FROM own_instances ORDER BY place")
        return [InstanceId(instance) for (instance,) in rows]

    def latest_milliseconds(self) -> int | None:
        """The latest local time at which the current instance was at work."""
        return self._settings.get_number(_LATEST)

    def see_time(self, now_milliseconds: int) -> None:
        """Remember a local time, unless a later one was seen."""
        latest = self.latest_milliseconds()
        if latest is None or latest < now_milliseconds:
            self._settings.put_number(_LATEST, now_milliseconds)

    def token(self) -> bytes | None:
        """The home's instance token as it was when the current instance began."""
        return self._settings.get(_TOKEN)

    def keep_token(self, token: bytes) -> None:
        """Keep the home's instance token (node/home/instance_token.py)."""
        self._settings.put(_TOKEN, token)
