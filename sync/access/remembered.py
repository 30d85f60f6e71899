"""Remembers what was read of a fold's access operations; for the parts that ask twice."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar
from weakref import WeakKeyDictionary

from sync.access.fold import Fold
from sync.access.merging import Merging

T = TypeVar("T")


def once_per_fold(function: Callable[[Fold], T]) -> Callable[[Fold], T]:
    """Let a pure function of a fold's access operations run once for all folds that share them."""
    known: WeakKeyDictionary[Merging, T] = WeakKeyDictionary()

    @wraps(function)
    def once(fold: Fold) -> T:
        if fold.merging not in known:
            known[fold.merging] = function(fold)
        return known[fold.merging]

    return once
