"""Who may do what in a chart, what merges, and with which key: AUTHORITY as pure functions.

The replica in `sync.chart` and the sessions call it: `fold` first, then everything else on a Fold.
"""

from sync.access.cuts import cut_for, cut_for_revoke, runs_of
from sync.access.duties import OwedKey, keys_owed
from sync.access.epochs import Epoch, knew, newest_openable_epoch, next_number, usable_epoch
from sync.access.evidence import Evidence
from sync.access.fold import Fold, extended, fold
from sync.access.grants import Granted
from sync.access.readers import recipients
from sync.access.serving import served
from sync.access.vouching import Debt, debt_of, vouch_owed

__all__ = [
    "Debt",
    "Epoch",
    "Evidence",
    "Fold",
    "Granted",
    "OwedKey",
    "cut_for",
    "cut_for_revoke",
    "debt_of",
    "extended",
    "fold",
    "keys_owed",
    "knew",
    "newest_openable_epoch",
    "next_number",
    "recipients",
    "runs_of",
    "served",
    "usable_epoch",
    "vouch_owed",
]
