"""Facts in memory: evidence is a name, a rank and a seal that only the right registry gives."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from sync.codec import decode, encode
from sync.errors import CodecError, SessionError
from sync.identifiers import DeviceKey, hashed
from sync.session import RegistryItem

MARK = b"network1"


def evidence(name: bytes, rank: int) -> bytes:
    """What proves that a subject has a rank."""
    return encode([name, rank, hashed("test-seal", name, rank.to_bytes(8, "big"))])


@dataclass
class MemoryRegistry:
    """What one replica holds. `shared` are the names that may be told of; None: all."""

    registry_mark: bytes = MARK
    ranks: dict[bytes, int] = field(default_factory=dict)
    shared: set[bytes] | None = None
    revoked: dict[bytes, DeviceKey] = field(default_factory=dict)
    """By name: a device that is revoked as soon as the fact is held."""
    takes: list[list[bytes]] = field(default_factory=list)

    def mark(self) -> bytes:
        return self.registry_mark

    def items(self) -> Sequence[RegistryItem]:
        return [
            RegistryItem(name, rank)
            for name, rank in self.ranks.items()
            if self.shared is None or name in self.shared
        ]

    def parcels(self, names: Collection[bytes]) -> Iterable[bytes]:
        return [evidence(name, self.ranks[name]) for name in sorted(names)]

    def take(self, parcels: Sequence[bytes]) -> None:
        found = [_opened(parcel) for parcel in parcels]
        self.takes.append(list(parcels))
        for name, rank in found:
            self.ranks[name] = max(rank, self.ranks.get(name, -1))

    def denies(self, peer: DeviceKey) -> str | None:
        known = {device for name, device in self.revoked.items() if name in self.ranks}
        return "proven revoked" if peer in known else None


@dataclass
class MemoryRegistryShelf:
    """One replica's facts, for sessions with one peer."""

    registry: MemoryRegistry
    peer: DeviceKey

    def mark(self) -> bytes:
        return self.registry.mark()

    def items(self) -> Sequence[RegistryItem]:
        return self.registry.items()

    def parcels(self, names: Collection[bytes]) -> Iterable[bytes]:
        return self.registry.parcels(names)

    def take(self, parcels: Sequence[bytes]) -> None:
        self.registry.take(parcels)

    def denial(self) -> str | None:
        return self.registry.denies(self.peer)


def _opened(parcel: bytes) -> tuple[bytes, int]:
    try:
        name, rank, _ = decode(parcel)
        proven = evidence(name, rank) == parcel
    except (CodecError, ValueError, TypeError, AttributeError, OverflowError) as error:
        raise SessionError("evidence of the registry proves nothing") from error
    if not proven:
        raise SessionError("evidence of the registry proves nothing")
    return name, rank
