"""Switches one named rule of sync.access off, and says whether a scenario notices."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pytest


@dataclass(frozen=True)
class Rule:
    """A scenario that asserts a rule, and what stands in for the rule where it is switched off.

    `off` is called with what it replaces first, then as that would be.
    """

    scenario: Callable[[], None]
    place: str
    """module.function, or module.Class.method, within sync.access."""
    off: Callable[..., Any]

    @property
    def name(self) -> str:
        return f"{self.scenario.__name__} without {self.place}"

    def switch_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        module, *path = self.place.split(".")
        owner: Any = import_module(f"sync.access.{module}")
        for name in path[:-1]:
            owner = getattr(owner, name)
        original = getattr(owner, path[-1])
        monkeypatch.setattr(
            owner, path[-1], lambda *given, **named: self.off(original, *given, **named)
        )


def check(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    """The scenario holds, and fails without the rule."""
    rule.scenario()
    with monkeypatch.context() as patched:
        rule.switch_off(patched)
        with pytest.raises(AssertionError):
            rule.scenario()


def always(value: object) -> Callable[..., object]:
    """Stands in for a rule by one answer."""

    def answer(*_: object, **__: object) -> object:
        return value

    return answer
