"""The nodes that this one is paired with. Pairing names and finds a peer; it gives no right."""

from dataclasses import dataclass

from node.errors import PeerNameTaken
from node.store.database import Database, Row
from sync.codec import decode, encode
from sync.identifiers import DeviceKey, OrganisationAddress, SealingKey


@dataclass(frozen=True, slots=True)
class Peer:
    """A paired node."""

    name: str
    device: DeviceKey
    sealing: SealingKey
    organisation: OrganisationAddress
    card: bytes
    """Its pairing card as it came (node/card/card.py)."""
    addresses: tuple[str, ...]
    """Multiaddrs, best first."""
    added_at_milliseconds: int


_SELECT = "SELECT name, device, sealing, organisation, card, addresses, added_at FROM peers"


class Peers:
    """Peers by name and by device; both are unique. Names differ in more than letter case."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def put(self, peer: Peer) -> None:
        """Keep a peer, instead of what was known of its device. Raises PeerNameTaken."""
        with self._database.transaction():
            named = self.named(peer.name)
            if named is not None and named.device != peer.device:
                raise PeerNameTaken(peer.name)
            self._database.write(
                "INSERT INTO peers"
                " (name, device, sealing, organisation, card, addresses, added_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (device) DO UPDATE SET"
                " name = excluded.name, sealing = excluded.sealing,"
                " organisation = excluded.organisation, card = excluded.card,"
                " addresses = excluded.addresses",
                (
                    peer.name,
                    peer.device,
                    peer.sealing,
                    peer.organisation,
                    peer.card,
                    encode(list(peer.addresses)),
                    peer.added_at_milliseconds,
                ),
            )

    def named(self, name: str) -> Peer | None:
        """The peer of a name, in any letter case (of ASCII); or None."""
        return _peer(self._database.row(f"{_SELECT} WHERE name = ?", (name,)))

    def of_device(self, device: DeviceKey) -> Peer | None:
        """The peer that a device is; or None."""
        return _peer(self._database.row(f"{_SELECT} WHERE device = ?", (device,)))

    def of_organisation(self, organisation: OrganisationAddress) -> list[Peer]:
        """The peers of an organisation, by name."""
        return [peer for peer in self.all() if peer.organisation == organisation]

    def all(self) -> list[Peer]:
        """Every peer, by name."""
        rows = self._database.rows(f"{_SELECT} ORDER BY name")
        return [peer for peer in map(_peer, rows) if peer is not None]

    def remove(self, device: DeviceKey) -> bool:
        """Forget a peer. False when it was not known."""
        return bool(self._database.write("DELETE FROM peers WHERE device = ?", (device,)))


def _peer(row: Row | None) -> Peer | None:
    if row is None:
        return None
    name, device, sealing, organisation, card, addresses, added_at = row
    return Peer(
        name,
        DeviceKey(device),
        SealingKey(sealing),
        OrganisationAddress(organisation),
        card,
        tuple(decode(addresses)),
        added_at,
    )
