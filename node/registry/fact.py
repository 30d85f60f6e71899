"""Facts of the registry: one storage slot of one contract, and what a block's state says of it."""

from dataclasses import dataclass
from typing import NamedTuple

from contracts.loader import Name
from contracts.slots import signers_slot


class FactKey(NamedTuple):
    """Which fact: a contract and a storage slot of it (contracts/slots.py)."""

    contract: Name
    slot: bytes
    """32 bytes."""


@dataclass(frozen=True, slots=True)
class HeldFact:
    """A fact that was proven under a checkpoint."""

    key: FactKey
    value: int
    """The slot's 256-bit word; 0 where the state has nothing there (contracts/packing.py reads
    it)."""
    block: int
    block_hash: bytes
    timestamp_seconds: int
    """The block's, since 1970: what the fact's age counts from."""


def is_revocation(key: FactKey, value: int) -> bool:
    """Whether a value is terminal: a revoked credential, or a revoked commitment.

    Told by the packed forms alone, as slots are hashes: a credential has nothing from bit 160 on
    (an organisation has its time of change there) and block times that an address, which is all
    else that is as short, has not; a commitment has nothing from bit 104 on.
    """
    match key.contract:
        case Name.ACCREDITATION:
            issued_at, revoked_at = value & _TIME, value >> 96 & _TIME
            return (
                value >> 152 == _REVOKED
                and key.slot != signers_slot()
                and issued_at < _TIME_END
                and 0 < revoked_at < _TIME_END
            )
        case Name.CONSENT:
            return value >> 104 == 0 and value & 0xFF == _REVOKED
        case _:
            return False


_TIME = (1 << 48) - 1
_TIME_END = 1 << 40
"""No block is dated so late, in seconds."""
_REVOKED = 2
"""The state of a credential (bits 152 to 159) or commitment (bits 0 to 7) that was revoked."""
