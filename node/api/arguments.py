"""Reads the arguments of an act: the right names with the right types, or BadArgument."""

from collections.abc import Mapping
from typing import cast

from node.api.errors import BadArgument


class Arguments:
    """What a client sent with an act. `done` refuses what nobody asked for."""

    def __init__(self, values: Mapping[str, object]) -> None:
        """Keep decoded JSON."""
        self._values = dict(values)

    def text(self, name: str) -> str:
        """A text that must be there."""
        return cast(str, self._take(name, str, "a text"))

    def text_or_none(self, name: str) -> str | None:
        """A text, or nothing."""
        return cast("str | None", self._take(name, str, "a text", required=False))

    def flag(self, name: str) -> bool:
        """True or false; false when it is left away."""
        return bool(self._take(name, bool, "true or false", required=False))

    def whole_or_none(self, name: str) -> int | None:
        """A whole number, or nothing."""
        value = self._take(name, int, "a whole number", required=False)
        if isinstance(value, bool):
            raise BadArgument(name, "a whole number")
        return cast("int | None", value)

    def texts(self, name: str) -> list[str]:
        """A list of texts that must be there."""
        values = cast("list[object]", self._take(name, list, "a list of texts"))
        if not all(isinstance(value, str) for value in values):
            raise BadArgument(name, "a list of texts")
        return cast("list[str]", values)

    def texts_or_none(self, name: str) -> list[str] | None:
        """A list of texts, or nothing."""
        if self._values.get(name) is None:
            self._values.pop(name, None)
            return None
        return self.texts(name)

    def done(self) -> None:
        """Refuse arguments that were not taken. Names are ours, values are not repeated."""
        if self._values:
            raise BadArgument("an argument", "one that this act knows")

    def _take(self, name: str, kind: type, meaning: str, *, required: bool = True) -> object:
        value = self._values.pop(name, None)
        if value is None and not required:
            return None
        if not isinstance(value, kind):
            raise BadArgument(name, meaning)
        return value
