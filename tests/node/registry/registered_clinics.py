"""Whole nodes that share a registry of made facts: nobody has a chain, and everything is proven."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from clinics import NOW_MILLISECONDS, Clinic, made_clinic
from made_registry import BLOCK_SECONDS, network, snapshot

from contracts.loader import Name
from contracts.packing import Credential, Disaster, Kind, Organisation, OrganisationState, State
from contracts.slots import credential_slot, disaster_slot, organisation_slot, owner_slot
from node.keystore.secrets import NodeKind
from node.registry.network import Network
from node.registry.snapshot import Snapshot
from node.registry.verdict import Verdict
from sync.identifiers import DeviceKey, OrganisationAddress

NOW_SECONDS = NOW_MILLISECONDS // 1000
NETWORK = network()


def block_at(seconds: int) -> int:
    """The newest block at a time."""
    return seconds // BLOCK_SECONDS


def accredited(until_seconds: int = 0) -> int:
    state = OrganisationState.ACCREDITED
    return Organisation(1, 1_700_000_000, until_seconds, 1_700_000_000, state).to_word()


def suspended() -> int:
    return Organisation(1, 1_700_000_000, 0, 1_700_000_001, OrganisationState.SUSPENDED).to_word()


def issued(kind: Kind = Kind.DEVICE, until_seconds: int = 0) -> int:
    return Credential(1_700_000_000, until_seconds, 0, kind, State.LIVE).to_word()


def revoked(kind: Kind = Kind.DEVICE) -> int:
    return Credential(1_700_000_000, 0, 1_700_000_001, kind, State.REVOKED).to_word()


@dataclass
class Chain:
    """Words as a chain would have them now; snapshots of it are signed by made signers."""

    network: Network = NETWORK
    accreditation: dict[bytes, int] = field(default_factory=dict)
    owners: dict[bytes, int] = field(default_factory=dict)
    consents: dict[bytes, int] = field(default_factory=dict)
    newest: int = 0

    def accredit(self, organisation: OrganisationAddress, word: int | None = None) -> None:
        self.accreditation[organisation_slot(organisation)] = accredited() if word is None else word

    def credential(
        self, organisation: OrganisationAddress, key: DeviceKey, word: int | None = None
    ) -> None:
        self.accreditation[credential_slot(organisation, key)] = issued() if word is None else word

    def own(self, organisation: OrganisationAddress, owner: OrganisationAddress) -> None:
        self.owners[owner_slot(organisation)] = int.from_bytes(owner)

    def disaster(self, until_seconds: int) -> None:
        word = Disaster(until_seconds, 1_700_000_000).to_word()
        self.accreditation[disaster_slot()] = word

    def enlist(self, *clinics: Clinic) -> None:
        """Accredit clinics' organisations, with live credentials of their devices and owners."""
        for one in clinics:
            identity = one.node.context.identity
            self.accredit(identity.organisation)
            self.credential(identity.organisation, identity.device)
            practitioner = issued(Kind.PRACTITIONER)
            self.credential(identity.organisation, identity.owner.public, practitioner)

    def revoke(self, clinic: Clinic) -> None:
        identity = clinic.node.context.identity
        self.credential(identity.organisation, identity.device, revoked())

    def snapshot(
        self, at_seconds: int = NOW_SECONDS, asked: Iterable[bytes] | None = None
    ) -> Snapshot:
        """Everything, or some slots of Accreditation, in a new block of about that time."""
        self.newest = max(self.newest + 1, block_at(at_seconds) - 100)
        words = {Name.ACCREDITATION: self.accreditation, Name.DID: self.owners}
        if self.consents:
            words[Name.CONSENT] = self.consents
        slots = None if asked is None else {Name.ACCREDITATION: list(asked)}
        return snapshot(self.network, words, self.newest, asked=slots)

    def seen_by(
        self,
        *clinics: Clinic,
        at_seconds: int | None = None,
        asked: Iterable[bytes] | None = None,
        settle: bool = True,
    ) -> None:
        """Let nodes take a snapshot, as `registry sync` and `snapshot verify` do."""
        taken: Snapshot | None = None
        for one in clinics:
            now_seconds = one.clock() // 1000
            if at_seconds is None:
                at_seconds = now_seconds
            taken = taken or self.snapshot(at_seconds, asked)
            facts = one.node.context.store.registry_facts
            facts.take(taken, taken.verify(self.network), now_seconds)
            if settle:
                one.node.settle()


@contextmanager
def registered(
    folder: Path, *names: str, network: Network | None = NETWORK
) -> Iterator[list[Clinic]]:
    """Clinics of one network, not paired; relays by names that begin so."""
    made = [
        made_clinic(
            folder / name,
            name,
            number,
            NodeKind.RELAY if name.startswith("relay") else NodeKind.CLINIC,
            network=network,
        )
        for number, name in enumerate(names)
    ]
    yield made
    for one in made:
        one.crash()


def peer_verdict(clinic: Clinic, peer: Clinic) -> Verdict:
    from node.application.access.affiliations import device_verdict

    return device_verdict(clinic.node.context, peer.device)
