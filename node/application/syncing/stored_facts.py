"""The registry's facts that one session shares with its peer: of whom shared access lanes name.

Implements `sync.session.registry_shelf.RegistryShelf` over the store. What comes is proof-checked
here, and only what concerns both is kept: a peer cannot fill the store with what nobody asked for.
"""

import contextlib
import dataclasses
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from node.application.access.entitlements import Entitled
from node.application.access.gates import PROVEN, denial
from node.application.charts import Charts
from node.application.context import Context
from node.application.registry.noticing import find_subjects
from node.registry.checkpoint import Checkpoint, decode_checkpoint
from node.registry.errors import CheckpointInvalid, RegistryError
from node.registry.fact import FactKey, is_revocation
from node.registry.network import CONTRACTS
from node.registry.shared_registry import SharedRegistry
from node.registry.snapshot import Snapshot, Verified, decode_snapshot
from node.registry.subjects import common_keys, decode_subjects, fact_keys
from sync.codec import decode, encode
from sync.errors import CodecError, SessionError
from sync.identifiers import ChartId, DeviceKey
from sync.limits import registry_parcel_size_bytes_max
from sync.session.registry_shelf import REGISTRY_MARK_SIZE_BYTES, RegistryItem
from sync.wire.registry_message import RANK_MAX

SIGNED: Final = b"\xff"
"""A parcel that begins so is a checkpoint that one signer vouches for."""


class StoredRegistryShelf:
    """One session's facts. Used under the node's one lock."""

    def __init__(
        self,
        context: Context,
        charts: Charts,
        entitled: Entitled,
        peer: DeviceKey,
    ) -> None:
        """Share with one peer what this node's registry knows."""
        registry = context.registry
        assert isinstance(registry, SharedRegistry), "only a shared registry has facts"
        self._context = context
        self._charts = charts
        self._entitled = entitled
        self._peer = peer
        self._registry = registry
        self._keys: tuple[tuple[int, int], frozenset[FactKey]] | None = None

    def mark(self) -> bytes:
        """The beginning of the network's fingerprint."""
        return self._registry.fingerprint[:REGISTRY_MARK_SIZE_BYTES]

    def items(self) -> Sequence[RegistryItem]:
        """The facts of the shared subjects, and signatures that wait for others.

        A revocation outranks everything, for ever.
        """
        shared = self._shared_keys()
        signed = [RegistryItem(_signed_name(one), 0) for one in self._signed()]
        return signed + [
            RegistryItem(
                _name(held.key), RANK_MAX if is_revocation(held.key, held.value) else held.block
            )
            for held in self._registry.facts.all()
            if held.key in shared
        ]

    def parcels(self, names: Collection[bytes]) -> Iterable[bytes]:
        """Signatures first, then snapshots of these facts alone, taken apart until each fits."""
        for one in self._signed():
            if _signed_name(one) in names:
                yield SIGNED + encode(one.values())
        keys = [_key(name) for name in sorted(names) if name[0] < len(CONTRACTS)]
        for snapshot in self._registry.facts.snapshots_for(keys):
            yield from _fitting(snapshot)

    def take(self, parcels: Sequence[bytes]) -> None:
        """Check all evidence, then keep what concerns whom both share, in one transaction."""
        shared = self._shared_keys()
        checked = [self._checked(parcel[1:]) for parcel in parcels if not parcel.startswith(SIGNED)]
        signed = [self._read(parcel[1:]) for parcel in parcels if parcel.startswith(SIGNED)]
        now_seconds = self._context.clock() // 1000
        with self._context.store.transaction():
            self._keep_signed(signed)
            for snapshot, verified in checked:
                wanted = {key: word for key, word in verified.facts.items() if key in shared}
                if wanted:
                    self._registry.facts.take(
                        snapshot.only(frozenset(wanted)),
                        dataclasses.replace(verified, facts=wanted),
                        now_seconds,
                    )

    def denial(self) -> str | None:
        """What refuses the peer, in the words that people see."""
        verdict = denial(self._context, self._peer)
        return None if verdict is None else str(verdict)

    def _signed(self) -> list[Checkpoint]:
        """Checkpoints that wait for more signatures, one by one."""
        return [
            dataclasses.replace(checkpoint, signatures=(one,))
            for checkpoint in self._context.store.partial_checkpoints.all()
            for one in checkpoint.signatures
        ]

    def _read(self, parcel: bytes) -> Checkpoint:
        try:
            checkpoint = decode_checkpoint(decode(parcel))
        except CodecError as error:
            raise SessionError("peer sends a signature that is none") from error
        if checkpoint.fingerprint != self._registry.fingerprint:
            raise SessionError("peer sends a signature of another network")
        return checkpoint

    def _keep_signed(self, signed: Sequence[Checkpoint]) -> None:
        """Keep what signers in charge signed; a signer who is not known here may be a later one."""
        network, store = self._registry.network, self._context.store
        for checkpoint in signed:
            with contextlib.suppress(CheckpointInvalid):
                signers = self._registry.facts.signers(network)
                store.partial_checkpoints.add(checkpoint, network.fingerprint, signers)

    def _checked(self, parcel: bytes) -> tuple[Snapshot, Verified]:
        try:
            snapshot = decode_snapshot(parcel)
            return snapshot, snapshot.verify(self._registry.network)
        except RegistryError as error:
            raise SessionError(f"peer sends a fact that it cannot prove: {error}") from error

    def _shared_keys(self) -> frozenset[FactKey]:
        """The facts about whom the access lanes name in which both are live."""
        find_subjects(self._context, self._charts)
        store = self._context.store
        if self._keys is not None and self._keys[0] == store.chart_subjects.version:
            return self._keys[1]
        named = store.chart_subjects.named()
        by_number: dict[int, list[ChartId]] = defaultdict(list)
        for chart, number in store.chart_subjects.by_chart().items():
            by_number[number].append(chart)
        keys = common_keys()
        for number, listed in by_number.items():
            if any(self._is_shared(chart) for chart in listed):
                keys |= fact_keys(decode_subjects(named[number]))
        self._keys = store.chart_subjects.version, keys
        return keys

    def _is_shared(self, chart: ChartId) -> bool:
        now = self._context.clock()
        return bool(
            self._entitled.of_peer(chart).lanes(now) and self._entitled.of_self(chart).lanes(now)
        )


def _name(key: FactKey) -> bytes:
    return bytes([CONTRACTS.index(key.contract)]) + key.slot


def _key(name: bytes) -> FactKey:
    return FactKey(CONTRACTS[name[0]], name[1:])


def _signed_name(one: Checkpoint) -> bytes:
    (signed,) = one.signatures
    return SIGNED + one.block.to_bytes(8) + one.block_hash + signed.signer


def _fitting(snapshot: Snapshot) -> Iterator[bytes]:
    encoded = PROVEN + snapshot.encode()
    keys = sorted(snapshot.keys)
    if len(encoded) <= registry_parcel_size_bytes_max:
        yield encoded
    elif len(keys) > 1:  # one fact alone that does not fit is for files, not for sessions
        half = len(keys) // 2
        yield from _fitting(snapshot.only(frozenset(keys[:half])))
        yield from _fitting(snapshot.only(frozenset(keys[half:])))
