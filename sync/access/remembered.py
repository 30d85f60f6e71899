"""Remembers what was read from a fold as long as the fold lives; for the parts that ask twice."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from sync.access.fold import Fold

T = TypeVar("T")


def once_per_fold(function: Callable[[Fold], T]) -> Callable[[Fold], T]:
    """Let a pure function of a fold run once for each; a fold never changes."""
    known: WeakKeyDictionary[Fold, T] = WeakKeyDictionary()

    @wraps(function)
    def once(fold: Fold) -> T:
        if fold not in known:
            known[fold] = function(fold)
        return known[fold]

    return once
