"""Vouches that this node owes: what it had merged before it learnt of a revocation (rule 10)."""

from node.application.context import Context
from sync.access.fold import Fold
from sync.access.vouching import Debt, debt_of
from sync.chart.replica import ChartReplica
from sync.codec import decode, encode
from sync.identifiers import ActId, OperationId


def encode_debt(debt: Debt) -> bytes:
    """The bytes that the store keeps."""
    return encode([sorted(debt.answers), sorted(debt.knew), sorted(debt.lost)])


def decode_debt(data: bytes) -> Debt:
    """Read what `encode_debt` gave."""
    answers, knew, lost = decode(data)
    return Debt(
        frozenset(map(ActId, answers)),
        frozenset(map(ActId, knew)),
        frozenset(map(OperationId, lost)),
    )


def note_lost(context: Context, replica: ChartReplica, before: Fold) -> None:
    """Owe a vouch for what was merged before operations came in, and no longer is.

    Called in the transaction that stores them, so that no crash forgets the debt.
    """
    debt = debt_of(before, replica.fold)
    if debt is not None:
        context.store.debts.owe(replica.chart, encode_debt(debt))
