"""Errors of the registry's facts: a part of the node's tree (node/errors.py).

NodeError
└── RegistryError
    ├── NetworkInvalid        a network file that is malformed
    ├── NetworkChanged        the home's network file is not the one of `init`
    ├── NetworkMissing        the home's network file is gone
    ├── NoNetwork             the home was made without a network file
    ├── ProposalInvalid       a council's proposal that is malformed, or of another network
    ├── NetworkDiffers        two network files do not agree
    ├── HeaderInvalid         a block header that is malformed, or not its hash's
    ├── ProofInvalid          a Merkle proof that does not prove
    ├── CheckpointInvalid     a checkpoint that too few signed, or not all rightly
    ├── CheckpointsDisagree   two checkpoints of one number and two hashes
    ├── SignedBefore          this node signed a later block, or this number, before
    ├── SignersNotNamed       signers that the registry does not name, as far as is known
    ├── NoEndpoint            no chain to ask
    ├── NotASigner            this node holds no checkpoint key of the network
    ├── AnchorsUnproven       no proof of the audit's anchors is held
    ├── SnapshotInvalid       a snapshot that is malformed or proves nothing
    └── ChainError            a chain's endpoint, which is believed nothing
        ├── NoChain           no endpoint is known
        ├── ChainUrlInvalid
        ├── ChainUnreachable  it does not answer, or not in time
        ├── ChainRefused      it answers with an error
        ├── ChainUntrusted    what it says does not prove itself
        ├── ChainForeign      it is another chain, or has other contracts
        ├── ChainMoved        blocks were replaced while it was asked
        ├── CannotPay         nobody pays for what is to be sent
        └── DidInvalid        a DID that is malformed, or not of this network
"""

from pathlib import Path

from node.errors import NodeError
from node.exits import ExitCode


class RegistryError(NodeError):
    """the registry cannot be judged by what was given"""

    exit_code = ExitCode.REFUSED


class NetworkInvalid(RegistryError):
    """the network file is refused: {reason}"""

    hint = "get it anew from who runs the registry, and compare its words with them"

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it."""
        super().__init__(reason=reason)


class OutboxFileInvalid(RegistryError):
    """this file of intents cannot be used: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "have it written again: `satchel registry outbox --out FILE`"

    def __init__(self, reason: str) -> None:
        """Say what about it does not hold."""
        super().__init__(reason=reason)


class NetworkKept(RegistryError):
    """this home trusts a network already: {path}"""

    exit_code = ExitCode.REFUSED
    hint = "a home has one network for life: make another home for another network"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path=path)


class NetworkChanged(RegistryError):
    """{path} is not the network file that this home was made with"""

    exit_code = ExitCode.INTEGRITY
    hint = "put the file back that `satchel init --network` was given; nothing was changed"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path=path)


class NetworkMissing(RegistryError):
    """{path} is gone: this home was made with a network file"""

    exit_code = ExitCode.INTEGRITY
    hint = "put the file back that `satchel init --network` was given; nothing was changed"

    def __init__(self, path: Path) -> None:
        """Name the file."""
        super().__init__(path=path)


class NoNetwork(RegistryError):
    """this home has no shared registry"""

    hint = "make one with `satchel init --network FILE`, or run `satchel network join FILE`"


class ProposalInvalid(RegistryError):
    """the proposal is refused: {reason}"""

    hint = "get it anew from who made it: `satchel council propose` writes such a file"

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it."""
        super().__init__(reason=reason)


class NetworkDiffers(RegistryError):
    """the network file is not this home's: {theirs} against {ours}"""

    hint = "nodes share a registry only when their fingerprints agree"

    def __init__(self, theirs: str, ours: str) -> None:
        """Give the first words of both fingerprints."""
        super().__init__(theirs=theirs, ours=ours)


class HeaderInvalid(RegistryError):
    """the block header is refused: {reason}"""

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it."""
        super().__init__(reason=reason)


class ProofInvalid(RegistryError):
    """the Merkle proof is refused: {reason}"""

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it."""
        super().__init__(reason=reason)


class CheckpointInvalid(RegistryError):
    """the checkpoint is refused: {reason}"""

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it."""
        super().__init__(reason=reason)


class CheckpointsDisagree(RegistryError):
    """alarm: block {block} was signed with two hashes, {one} and {other}"""

    exit_code = ExitCode.INTEGRITY
    hint = "tell the checkpoint signers at once: one of them signed a block that others do not see"

    def __init__(self, block: int, one: str, other: str) -> None:
        """Name the block and both hashes."""
        super().__init__(block=block, one=one, other=other)


class NotASigner(RegistryError):
    """the checkpoint key of this node is not listed by the network"""

    hint = "`satchel id --json` shows it; who runs the registry lists it"


class SignedBefore(RegistryError):
    """block {block} is not signed: this node signed block {before} before"""

    hint = "ask another endpoint: this one is behind, or its chain has been rewritten"

    def __init__(self, block: int, before: int) -> None:
        """Name both blocks."""
        super().__init__(block=block, before=before)


class SignersNotNamed(RegistryError):
    """the registry does not name these signers in place of the ones that are known here"""

    hint = "run `satchel registry sync` first; who sits on the council knows who was decided"


class NoEndpoint(RegistryError):
    """no chain can be asked: the network file names no endpoint"""

    exit_code = ExitCode.NETWORK
    hint = "name one with --url, or in the home's network.json under `urls`"


class SnapshotInvalid(RegistryError):
    """the snapshot is refused: {reason}"""

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it."""
        super().__init__(reason=reason)


class ChainError(RegistryError):
    """something is wrong with the chain's endpoint"""

    exit_code = ExitCode.NETWORK
    hint = "work goes on with what is held here; `satchel registry status` says how old that is"


class AnchorsUnproven(RegistryError):
    """nothing proven is held here of what the chain has of this node's audit"""

    exit_code = ExitCode.REFUSED
    hint = "`satchel registry sync`, or ask a chain: --url http://HOST:PORT"


class NoChain(ChainError):
    """no endpoint of the chain is known"""

    exit_code = ExitCode.NOT_FOUND
    hint = "name one with --url http://HOST:PORT; the network file can list them as `urls`"


class ChainUrlInvalid(ChainError):
    """this is not an endpoint of a chain: {reason}"""

    exit_code = ExitCode.USAGE
    hint = "it looks like http://127.0.0.1:8545"

    def __init__(self, reason: str) -> None:
        """Say what is wrong; the address may hold a key, and is not repeated."""
        super().__init__(reason=reason)


class ChainUnreachable(ChainError):
    """the chain at {chain} does not answer: {reason}"""

    def __init__(self, chain: str, reason: str) -> None:
        """Name the endpoint's host and what happened."""
        super().__init__(chain=chain, reason=reason)


class ChainRefused(ChainError):
    """the chain at {chain} refuses {method}: {message}"""

    def __init__(self, chain: str, method: str, message: str) -> None:
        """Name the endpoint's host, what was asked, and what it said."""
        super().__init__(chain=chain, method=method, message=message)
        self.message = message
        self.method_missing = False
        """The endpoint does not know the method."""


class ChainUntrusted(ChainError):
    """alarm: the chain at {chain} is not believed: {reason}"""

    exit_code = ExitCode.INTEGRITY
    hint = "nothing of it was taken; ask another endpoint, and tell who runs this one"

    def __init__(self, chain: str, reason: str) -> None:
        """Name the endpoint's host and what does not prove itself."""
        super().__init__(chain=chain, reason=reason)


class ChainForeign(ChainError):
    """the chain at {chain} is not this network's: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "check the endpoint against the network file: `satchel network show`"

    def __init__(self, chain: str, reason: str) -> None:
        """Name the endpoint's host and how it differs."""
        super().__init__(chain=chain, reason=reason)


class ChainMoved(ChainError):
    """the chain at {chain} replaced block {block} while it was asked"""

    hint = "ask again; what is final never moves"

    def __init__(self, chain: str, block: int) -> None:
        """Name the endpoint's host and the block."""
        super().__init__(chain=chain, block=block)


class CannotPay(ChainError):
    """nobody here can pay on the chain: {reason}"""

    exit_code = ExitCode.REFUSED
    hint = "send this organisation's address some of the chain's money, or name --payer FILE"

    def __init__(self, reason: str) -> None:
        """Say why."""
        super().__init__(reason=reason)


class DidInvalid(RegistryError):
    """this DID cannot be resolved: {reason}"""

    hint = "give a did:key, or a did:ethr of this network"

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it, without repeating it."""
        super().__init__(reason=reason)
