"""What the Accreditation shall do, as plain Python. Called by its property test."""

from copy import deepcopy

from bare_evm import MEMBERS, SIGNERS_HASH
from contract_machines import Refused

from contracts.packing import (
    Council,
    Credential,
    Disaster,
    Kind,
    Organisation,
    OrganisationState,
    State,
)
from contracts.typed_data import Action, address_of

MEMBERS_MAX = 16
NOBODY = bytes(20)


class AccreditationModel:
    """Organisations, credentials and a council."""

    def __init__(self, now_seconds: int) -> None:
        self.now_seconds = now_seconds
        self.organisations: dict[bytes, Organisation] = {}
        self.credentials: dict[tuple[bytes, bytes], Credential] = {}
        self.members = {address_of(of) for of in MEMBERS[:3]}
        self.threshold = 2
        self.decided: set[bytes] = set()
        self.disaster = Disaster(0, 0)
        self.signers = int.from_bytes(SIGNERS_HASH, "big")
        self.owners: dict[bytes, bytes] = {}
        self.followed: dict[bytes, bytes] = {}

    def copy(self) -> "AccreditationModel":
        return deepcopy(self)

    @property
    def council(self) -> Council:
        return Council(len(self.members), self.threshold)

    def organisation(self, address: bytes) -> Organisation:
        return self.organisations.get(address, Organisation(0, 0, 0, 0, OrganisationState.NONE))

    def credential(self, issuer: bytes, key: bytes) -> Credential:
        return self.credentials.get((issuer, key), Credential(0, 0, 0, Kind.NONE, State.EMPTY))

    def signs_for(self, issuer: bytes) -> bytes:
        return self.followed.get(issuer, issuer)

    def decide(
        self, actions: list[Action], digest: bytes, deadline: int, signers: list[bytes] | None
    ) -> None:
        """`signers` is None where a signature is not as it must be."""
        if not actions or self.now_seconds > deadline or digest in self.decided:
            raise Refused
        if signers is None or sorted(set(signers)) != signers:
            raise Refused
        if len(signers) < self.threshold or not self.members.issuperset(signers):
            raise Refused
        self.decided.add(digest)
        for action in actions:
            self._act(action)
        if not 1 <= self.threshold <= len(self.members) <= MEMBERS_MAX:
            raise Refused

    def _act(self, action: Action) -> None:
        if action.kind == 1:
            self._accredit(action)
        elif action.kind == 2:
            old = self.organisation(action.subject)
            if old.state is not OrganisationState.SUSPENDED:
                self.organisations[action.subject] = Organisation(
                    old.roles,
                    old.since_seconds,
                    old.until_seconds,
                    self.now_seconds,
                    OrganisationState.SUSPENDED,
                )
        elif action.kind in (3, 4):
            if action.subject == NOBODY:
                raise Refused
            (self.members.add if action.kind == 3 else self.members.discard)(action.subject)
        elif action.kind == 5:
            if not 1 <= action.a <= MEMBERS_MAX:
                raise Refused
            self.threshold = action.a
        elif action.kind == 6:
            if action.a and not self._in_future(action.a):
                raise Refused
            self.disaster = Disaster(action.a, self.now_seconds)
        elif action.kind == 7:
            if not action.a:
                raise Refused
            self.signers = action.a
        elif action.kind == 8:
            self.decided.add(action.a.to_bytes(32, "big"))
        else:
            raise Refused

    def _accredit(self, action: Action) -> None:
        if action.subject == NOBODY or not 0 < action.a < 2**64:
            raise Refused
        if action.b and not self._in_future(action.b):
            raise Refused
        old = self.organisation(action.subject)
        counted = old.is_accredited(self.now_seconds)
        since = old.since_seconds if counted else self.now_seconds
        self.organisations[action.subject] = Organisation(
            action.a, since, action.b, self.now_seconds, OrganisationState.ACCREDITED
        )

    def issue(self, issuer: bytes, keys: list[bytes], until: int, kind: int) -> int:
        if not self.organisation(issuer).is_accredited(self.now_seconds):
            raise Refused
        if (until and not self._in_future(until)) or kind not in (1, 2):
            raise Refused
        issued = 0
        for key in keys:
            if self.credential(issuer, key).state is State.EMPTY:
                made = Credential(self.now_seconds, until, 0, Kind(kind), State.LIVE)
                self.credentials[issuer, key] = made
                issued += 1
        return issued

    def revoke(self, issuer: bytes, keys: list[bytes]) -> int:
        revoked = 0
        for key in keys:
            old = self.credential(issuer, key)
            if old.state is not State.REVOKED:
                self.credentials[issuer, key] = Credential(
                    old.issued_at_seconds,
                    old.until_seconds,
                    self.now_seconds,
                    old.kind,
                    State.REVOKED,
                )
                revoked += 1
        return revoked

    def follow(self, issuer: bytes) -> None:
        owner = self.owners.get(issuer, issuer)
        if owner != self.signs_for(issuer):
            self.followed[issuer] = owner

    def require_direct(self, sender: bytes) -> None:
        if self.signs_for(sender) != sender:
            raise Refused

    def require_signed(self, issuer: bytes, signer: bytes | None, deadline: int) -> None:
        """`signer` is None where the signature is nobody's."""
        if self.now_seconds > deadline or signer is None or signer != self.signs_for(issuer):
            raise Refused

    def _in_future(self, seconds: int) -> bool:
        return self.now_seconds < seconds < 2**48
