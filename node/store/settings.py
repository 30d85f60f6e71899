"""Small facts that the node keeps about itself, by name; every part of the node may have some."""

from typing import Final

from node.store.database import Database

NETWORK_FINGERPRINT: Final = "registry.network"
"""The setting that says which network a home was made for."""


class Settings:
    """Bytes by name."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def get(self, key: str) -> bytes | None:
        """What is kept under a name, or None."""
        value: bytes | None = self._database.value(
            "SELECT value FROM settings WHERE key = ?", (key,)
        )
        return value

    def put(self, key: str, value: bytes) -> None:
        """Keep bytes under a name, instead of what was there."""
        self._database.write(
            "INSERT INTO settings (key, value) VALUES (?, ?)"
            " ON CONFLICT DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def get_number(self, key: str) -> int | None:
        """A whole number from under a name, or None."""
        value = self.get(key)
        return None if value is None else int.from_bytes(value, "big", signed=True)

    def put_number(self, key: str, number: int) -> None:
        """Keep a whole number under a name."""
        self.put(key, number.to_bytes(9, "big", signed=True))

    def remove(self, key: str) -> None:
        """Keep nothing under a name."""
        self._database.write("DELETE FROM settings WHERE key = ?", (key,))
