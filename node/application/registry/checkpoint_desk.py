"""What people do about the registry's checkpoints: sign, combine, keep proofs in a file.

A part of the node, which the API calls in worker threads. A chain is asked outside the node's turn:
nobody waits for it.
"""

import base64
from collections.abc import Sequence
from contextlib import AbstractContextManager

from node.application.context import Context
from node.application.errors import BadRequest
from node.registry.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from node.registry.combining import checkpoint_told, combined
from node.registry.development_signer import signing_key
from node.registry.errors import NoEndpoint, NoNetwork, NotASigner
from node.registry.network import Network
from node.registry.signers import SignerSet
from node.registry.snapshot_file import encode_snapshot_file
from sync.errors import IdentifierError
from sync.identifiers import did_key, parse_did_key

Result = dict[str, object]


class CheckpointDesk:
    """Checkpoints and the home's network."""

    def __init__(self, context: Context, turn: AbstractContextManager[object]) -> None:
        """Work on this node's store, in the node's turn."""
        self._context = context
        self._turn = turn

    @property
    def development(self) -> bool:
        """Whether the home's registry is for trying out only."""
        from node.registry.shared_registry import SharedRegistry

        registry = self._context.registry
        return isinstance(registry, SharedRegistry) and registry.network.development

    def network(self) -> Result:
        """The home's network file, and the checkpoint key of this node."""
        with self._turn:
            network = self._network()
            signers = self._context.store.registry_facts.signers(network)
            own = self._context.identity.checkpoint_signer
            mine = signing_key(network, signers.keys, own).public
            replaced = self._context.store.registry_facts.names_others(network)
        return {
            "file": network.to_json().decode(),
            "signers": [did_key(key) for key in signers.keys],
            "threshold": signers.threshold,
            "signs": mine in signers.keys,
            "replaced": replaced,
        }

    def sign(self, url: str | None = None) -> Result:
        """Vouch for the newest final block that a chain shows.

        Raises NotASigner, NoEndpoint, SignedBefore, and what a chain's errors are.
        """
        from node.registry.chain import Tag, open_chain

        with self._turn:
            network = self._network()
            signers = self._context.store.registry_facts.signers(network)
        signer = signing_key(network, signers.keys, self._context.identity.checkpoint_signer)
        if signer.public not in signers.keys:
            raise NotASigner
        if url is None and not network.urls:
            raise NoEndpoint
        chain = open_chain(url or network.urls[0])
        chain.check(network)
        header = chain.header(Tag.FINALIZED)
        chain.close()
        signed = sign_checkpoint(signer, network.fingerprint, header.number, header.hash)
        with self._turn:
            self._context.store.registry_facts.note_signed(signed)
            self._keep([signed], network, signers)
        return checkpoint_told(signed, signers)

    def combine(self, texts: Sequence[str]) -> Result:
        """One checkpoint from several files'. Raises CheckpointInvalid, CheckpointsDisagree."""
        with self._turn:
            network = self._network()
            signers = self._context.store.registry_facts.signers(network)
            told = combined(network, signers, texts)
            self._keep([parse_checkpoint(text) for text in texts], network, signers)
        return told

    def follow(self, signers: Sequence[str], threshold: int) -> Result:
        """Take over the signers that the council decided, by the proof that is held of it.

        Raises SignersNotNamed, BadRequest.
        """
        try:
            keys = tuple(sorted(parse_did_key(did) for did in signers))
            new = SignerSet(keys, threshold)
        except (IdentifierError, ValueError) as error:
            raise BadRequest(str(error)) from error
        with self._turn:
            change = self._context.store.registry_facts.follow(self._network(), new)
        return {
            "signers": [did_key(key) for key in new.keys],
            "threshold": threshold,
            "block": change.checkpoint.block,
        }

    def snapshots(self) -> Result:
        """Every fact that is held with its proof, as the content of a file."""
        with self._turn:
            self._network()
            facts = self._context.store.registry_facts
            held = facts.all()
            snapshots = facts.snapshots_for([fact.key for fact in held])
        encoded = base64.b64encode(encode_snapshot_file(snapshots)).decode()
        return {"snapshots": len(snapshots), "facts": len(held), "file": encoded}

    def _keep(
        self, checkpoints: Sequence[Checkpoint], network: Network, signers: SignerSet
    ) -> None:
        """Have `registry sync` gather under these, once enough signers vouch."""
        for checkpoint in checkpoints:
            self._context.store.partial_checkpoints.add(checkpoint, network.fingerprint, signers)

    def _network(self) -> Network:
        from node.registry.shared_registry import SharedRegistry

        registry = self._context.registry
        if not isinstance(registry, SharedRegistry):
            raise NoNetwork
        return registry.network
