"""What a council may decide, as a file that its members sign offline; `satchel council`.

A proposal names its network by the fingerprint, so that nobody signs for another chain. What is
signed is the contract's own EIP-712 `Decision`; a signer set is carried beside its hash, so that
people see whom they are about to trust.
"""

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final, NamedTuple

from node.registry.errors import ProposalInvalid
from node.registry.limits import (
    proposal_actions_max,
    proposal_signatures_max,
    proposal_size_bytes_max,
    signers_max,
)
from node.registry.network import Network
from node.registry.signed_calls import decision_digest, recovered
from node.registry.signers import SignerSet
from sync import codec
from sync.errors import CodecError
from sync.identifiers import DeviceKey, OrganisationAddress

_VERSION: Final = 1
_MAGIC: Final = "satchel proposal"
_PREFIX: Final = "satchel-proposal:"
_SECONDS_MAX: Final = (1 << 48) - 1
_SIGNATURE_SIZE_BYTES: Final = 65


class ActionKind(IntEnum):
    """What the Accreditation contract knows."""

    ACCREDIT = 1
    SUSPEND = 2
    ADD_MEMBER = 3
    REMOVE_MEMBER = 4
    SET_THRESHOLD = 5
    DISASTER = 6
    SET_SIGNERS = 7
    WITHDRAW = 8


_WITH_SUBJECT: Final = frozenset(
    {
        ActionKind.ACCREDIT,
        ActionKind.SUSPEND,
        ActionKind.ADD_MEMBER,
        ActionKind.REMOVE_MEMBER,
    }
)
NOBODY: Final = OrganisationAddress(bytes(20))


class Action(NamedTuple):
    """One action as the contract takes it. Raises ValueError in `checked` for what is none."""

    kind: ActionKind
    subject: OrganisationAddress = NOBODY
    a: int = 0
    b: int = 0

    def checked(self) -> "Action":
        """Itself, where the contract could execute it at some time; or raise ValueError."""
        if (self.subject == NOBODY) == (self.kind in _WITH_SUBJECT):
            raise ValueError("an action has no subject, or one too many")
        least, most = _RANGE_OF_A[self.kind]
        if not least <= self.a <= most:
            raise ValueError("an action's value is out of range")
        if not 0 <= self.b <= (_SECONDS_MAX if self.kind is ActionKind.ACCREDIT else 0):
            raise ValueError("an action's time is out of range")
        return self


_WORD_MAX: Final = (1 << 256) - 1
_RANGE_OF_A: Final = {
    ActionKind.ACCREDIT: (1, (1 << 64) - 1),
    ActionKind.SUSPEND: (0, 0),
    ActionKind.ADD_MEMBER: (0, 0),
    ActionKind.REMOVE_MEMBER: (0, 0),
    ActionKind.SET_THRESHOLD: (1, 16),
    ActionKind.DISASTER: (0, _SECONDS_MAX),
    ActionKind.SET_SIGNERS: (1, _WORD_MAX),
    ActionKind.WITHDRAW: (1, _WORD_MAX),
}


@dataclass(frozen=True)
class Proposal:
    """Actions to decide together, and the signatures gathered so far."""

    fingerprint: bytes
    """The network's, 32 bytes."""
    actions: tuple[Action, ...]
    signer_sets: tuple[SignerSet, ...]
    """One for each SET_SIGNERS, in order: what their hashes stand for."""
    salt: bytes
    """32 bytes: makes this decision unlike any other with the same actions."""
    deadline_seconds: int
    signatures: tuple[bytes, ...] = ()
    """EIP-712 signatures, r ‖ s ‖ v each, in ascending order of their signers."""

    def encoded(self) -> bytes:
        """The file: canonical CBOR."""
        return codec.encode(
            [
                _MAGIC,
                _VERSION,
                self.fingerprint,
                [
                    [int(each.kind), each.subject, each.a.to_bytes(32, "big"), each.b]
                    for each in self.actions
                ],
                [[each.threshold, list(each.keys)] for each in self.signer_sets],
                self.salt,
                self.deadline_seconds,
                list(self.signatures),
            ]
        )

    def digest(self, network: Network) -> bytes:
        """What members sign: 32 bytes."""
        return decision_digest(network, self.actions, self.salt, self.deadline_seconds)

    def signers(self, network: Network) -> dict[OrganisationAddress, bytes]:
        """Who signed, each with its signature, in ascending order. Raises ProposalInvalid."""
        self.require(network)
        digest = self.digest(network)
        found: dict[OrganisationAddress, bytes] = {}
        for signature in self.signatures:
            try:
                found[recovered(digest, signature)] = signature
            except ValueError as error:
                raise ProposalInvalid("one of its signatures is none") from error
        if list(found) != sorted(found) or len(found) != len(self.signatures):
            raise ProposalInvalid("its signatures are doubled or not in order")
        return found

    def require(self, network: Network) -> None:
        """Raise ProposalInvalid where it is of another network."""
        if self.fingerprint != network.fingerprint:
            raise ProposalInvalid("it is of another network than this home's")

    def signed(self, network: Network, signatures: Iterable[bytes]) -> "Proposal":
        """The same with more signatures, each signer's once. Raises ProposalInvalid."""
        digest = self.digest(network)
        found = self.signers(network)
        for signature in signatures:
            found.setdefault(recovered(digest, signature), signature)
        if len(found) > proposal_signatures_max:
            raise ProposalInvalid("it has more signatures than a council can have members")
        return replace(self, signatures=tuple(found[signer] for signer in sorted(found)))


def decode_proposal(data: bytes) -> Proposal:
    """Read what `encoded` gave; signatures are checked by `signers`. Raises ProposalInvalid."""
    if len(data) > proposal_size_bytes_max:
        raise ProposalInvalid(f"it is larger than {proposal_size_bytes_max} bytes")
    try:
        magic, version, fingerprint, actions, sets, salt, deadline, signatures = codec.fields(
            codec.decode(data), 8, "proposal"
        )
        if magic != _MAGIC:
            raise ProposalInvalid("it is no proposal")
        if not codec.is_number(version, _VERSION):
            raise ProposalInvalid("it is of a newer version")
        proposal = Proposal(
            codec.octets(fingerprint, 32, "fingerprint"),
            tuple(
                _parse_action(each)
                for each in codec.items(actions, "actions", proposal_actions_max)
            ),
            tuple(_parse_set(each) for each in codec.items(sets, "sets", proposal_actions_max)),
            codec.octets(salt, 32, "salt"),
            codec.natural(deadline, "deadline", _SECONDS_MAX),
            tuple(
                codec.octets(each, _SIGNATURE_SIZE_BYTES, "signature")
                for each in codec.items(signatures, "signatures", proposal_signatures_max)
            ),
        )
    except (CodecError, ValueError) as error:
        raise ProposalInvalid("it is damaged") from error
    if not proposal.actions:
        raise ProposalInvalid("it has no action")
    hashes = [each.a for each in proposal.actions if each.kind is ActionKind.SET_SIGNERS]
    if hashes != [int.from_bytes(each.hash, "big") for each in proposal.signer_sets]:
        raise ProposalInvalid("the signers that it names are not those that would be set")
    return proposal


def proposal_text(proposal: Proposal) -> str:
    """A proposal as one line of text, which any way of passing notes can carry."""
    return _PREFIX + base64.urlsafe_b64encode(proposal.encoded()).rstrip(b"=").decode()


def parse_proposal_text(text: str) -> Proposal:
    """Read what `proposal_text` gave, white space aside. Raises ProposalInvalid."""
    line = "".join(text.split())
    if not line.startswith(_PREFIX):
        raise ProposalInvalid("it is no proposal")
    payload = line.removeprefix(_PREFIX)
    if len(payload) > 2 * proposal_size_bytes_max:
        raise ProposalInvalid(f"it is larger than {proposal_size_bytes_max} bytes")
    try:
        data = base64.b64decode(
            payload.encode("ascii") + b"=" * (-len(payload) % 4), altchars=b"-_", validate=True
        )
    except (binascii.Error, UnicodeEncodeError):
        raise ProposalInvalid("it is damaged") from None
    return decode_proposal(data)


def _parse_action(value: object) -> Action:
    kind, subject, a, b = codec.fields(value, 4, "action")
    return Action(
        ActionKind(codec.natural(kind, "kind", len(ActionKind))),
        OrganisationAddress(codec.octets(subject, 20, "subject")),
        int.from_bytes(codec.octets(a, 32, "value"), "big"),
        codec.natural(b, "time", _SECONDS_MAX),
    ).checked()


def _parse_set(value: object) -> SignerSet:
    threshold, keys = codec.fields(value, 2, "signers")
    return SignerSet(
        tuple(
            DeviceKey(codec.octets(key, 32, "signer"))
            for key in codec.items(keys, "signers", signers_max)
        ),
        codec.natural(threshold, "threshold", signers_max),
    )
