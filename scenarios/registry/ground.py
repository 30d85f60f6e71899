"""What the simulated chain asks of the chain under it: a model, or an EVM."""

from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from contracts.loader import Name
from contracts.typed_data import address_of
from node.registry.header import Header
from node.registry.network import Network
from node.registry.signers import SignerSet
from sync.identifiers import hashed
from sync.signing import Signer

CHAIN_ID: Final = 31337
SIGNERS: Final = 3
SIGNERS_ENOUGH: Final = 2
MEMBERS: Final = 3
MEMBERS_ENOUGH: Final = 2
FOUNDED_BEFORE_SECONDS: Final = 3600
"""The registry is there so long before a run begins."""
HELD_BLOCKS_MAX: Final = 8
"""Empty blocks that are made at once after a pause: as many as matter to who asks then."""


@dataclass(frozen=True)
class Founding:
    """Who founds the registry, and how blocks come."""

    begins_seconds: int
    seed: bytes = b"satchel"
    block_seconds: int = 300
    finality_blocks: int = 2
    """So many of the newest blocks may be reorganised away."""
    signers: tuple[Signer, ...] = field(init=False, repr=False)
    council: tuple[bytes, ...] = field(init=False, repr=False)
    """Members' secrets, in ascending order of their addresses."""

    def __post_init__(self) -> None:
        """Make all keys from the seed."""
        signers = tuple(Signer(self.secret("signer", number)) for number in range(SIGNERS))
        members = (self.secret("member", number) for number in range(MEMBERS))
        object.__setattr__(self, "signers", signers)
        object.__setattr__(self, "council", tuple(sorted(members, key=address_of)))

    def secret(self, whose: str, number: int = 0) -> bytes:
        """A key of the registry's founders, 32 bytes."""
        return hashed("simulated-registry", self.seed, whose.encode(), number.to_bytes(4))

    @property
    def signer_set(self) -> SignerSet:
        """Who vouches for blocks."""
        return SignerSet(tuple(sorted(one.public for one in self.signers)), SIGNERS_ENOUGH)


@dataclass(frozen=True)
class Call:
    """A contract's call that was or shall be in a block."""

    sender: bytes
    """20 bytes: who pays."""
    contract: Name
    calldata: bytes = field(repr=False)


class Ground(Protocol):
    """Blocks, state, and answers to JSON-RPC; time comes with every act."""

    founding: Founding
    network: Network

    @property
    def head(self) -> int:
        """The number of the newest block."""

    @property
    def finalized(self) -> int:
        """The newest block that will stay."""

    def header(self, number: int) -> Header:
        """A block's header."""

    def word(self, contract: Name, slot: bytes, block: int | None = None) -> int:
        """A contract's word as it is now, or as it was after a block."""

    def keep_up(self, now_seconds: int) -> None:
        """Let it be this time: add the blocks that came meanwhile."""

    def send(self, call: Call) -> str | None:
        """Put a call in a block of its own; None, or why it was refused."""

    def cut(self, number: int) -> list[Call]:
        """Forget all blocks after this one; the calls that were in them, in order."""

    def make_request(self, method: Any, params: Any, /) -> Any:
        """Answer one question of JSON-RPC."""

    def end(self) -> None:
        """Let go of its memory. It is not called `close`: a client closes its connections."""


def blocks_due(head_seconds: int, now_seconds: int, founding: Founding) -> list[int]:
    """The times of empty blocks that shall be added, ascending; few, however long the pause was."""
    newest = now_seconds - now_seconds % founding.block_seconds
    count = min((newest - head_seconds) // founding.block_seconds, HELD_BLOCKS_MAX)
    count = max(0, min(count, founding.finality_blocks + 1))
    times = [newest - founding.block_seconds * back for back in range(count)]
    return sorted(times)
