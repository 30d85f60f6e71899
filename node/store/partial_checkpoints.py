"""Checkpoints that not enough signers vouch for yet; signatures of one block are gathered here.

A signing node adds its own, sessions with peers bring others'; at the threshold they combine.
"""

from collections.abc import Iterable
from typing import Final

from node.registry.checkpoint import (
    Checkpoint,
    Signed,
    decode_checkpoint,
    verify_checkpoint,
)
from node.registry.limits import partial_checkpoints_max
from node.registry.signers import SignerSet
from node.store.database import Database
from node.store.settings import Settings
from sync.codec import decode, encode
from sync.identifiers import DeviceKey

_SETTING: Final = "registry.partial_checkpoints"


class PartialCheckpoints:
    """Signatures by block. A signer's newest few are kept, so that none pushes out another's."""

    def __init__(self, database: Database, settings: Settings) -> None:
        """Work on an open store's database."""
        self._database = database
        self._settings = settings

    def add(self, checkpoint: Checkpoint, fingerprint: bytes, signers: SignerSet) -> bool:
        """Keep the signatures of a checkpoint; False where all were here.

        Raises CheckpointInvalid for one of another network, or that a stranger signed.
        """
        verify_checkpoint(checkpoint, fingerprint, SignerSet(signers.keys, 1))
        with self._database.transaction():
            before = self._single()
            kept: list[Checkpoint] = []
            each = [*before, *_singly(checkpoint)]
            for signer in signers.keys:
                own = {
                    (one.block, one.block_hash): one
                    for one in each
                    if one.signatures[0].signer == signer
                }
                kept += [own[place] for place in sorted(own)[-partial_checkpoints_max:]]
            if {_key(one) for one in kept} == {_key(one) for one in before}:
                return False
            self._settings.put(_SETTING, encode([one.values() for one in kept]))
            return True

    def all(self) -> list[Checkpoint]:
        """What is held, one checkpoint a block and hash, the oldest first."""
        by_block: dict[tuple[int, bytes], list[Checkpoint]] = {}
        for one in self._single():
            by_block.setdefault((one.block, one.block_hash), []).append(one)
        return [
            Checkpoint(
                ones[0].fingerprint,
                block,
                block_hash,
                tuple(sorted(one.signatures[0] for one in ones)),
            )
            for (block, block_hash), ones in sorted(by_block.items())
        ]

    def whole(self, signers: SignerSet, until_block: int) -> Checkpoint | None:
        """The newest up to a block that enough signers vouch for; None where there is none.

        What is beyond that block hides nothing: no chain has it yet, and it may never come.
        """
        enough = [
            one
            for one in self.all()
            if one.block <= until_block
            and len(one.signatures) >= signers.threshold
            and _signers(one.signatures) <= set(signers.keys)
        ]
        return enough[-1] if enough else None

    def _single(self) -> list[Checkpoint]:
        held = self._settings.get(_SETTING)
        return [] if held is None else [decode_checkpoint(value) for value in decode(held)]


def _singly(checkpoint: Checkpoint) -> list[Checkpoint]:
    return [
        Checkpoint(checkpoint.fingerprint, checkpoint.block, checkpoint.block_hash, (signed,))
        for signed in checkpoint.signatures
    ]


def _signers(signatures: Iterable[Signed]) -> set[DeviceKey]:
    return {signed.signer for signed in signatures}


def _key(one: Checkpoint) -> tuple[int, bytes, bytes]:
    return one.block, one.block_hash, one.signatures[0].signer
