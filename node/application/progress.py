"""How long work tells how far it is: what, how much is done, how much there is."""

from collections.abc import Callable

Progress = Callable[[str, int, int | None], None]


def quiet(_what: str, _done: int, _total: int | None) -> None:
    """Tell nobody."""
