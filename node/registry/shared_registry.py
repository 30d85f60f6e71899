"""Verdicts from facts that this node holds, of the network that its home was made for.

`starting` makes it where the home has a network file. Facts are kept, verdicts never: each is
judged when it is asked for. Deny only on proof; what is missing, or too old for the act, degrades.
"""

from collections.abc import Callable, Collection, Iterable, Sequence

from contracts.packing import Credential, Disaster, Kind, Organisation, OrganisationState
from contracts.packing import State as Credentials
from node.limits import (
    credential_age_seconds_max,
    disaster_age_seconds_max,
    grantee_age_seconds_max,
)
from node.registry.fact import FactKey, HeldFact
from node.registry.network import Network
from node.registry.notice_proof import notice_valid
from node.registry.subjects import credential_key, disaster_key, organisation_key, owner_key
from node.registry.verdict import Evidence, State, Verdict, age_text
from node.store.registry_facts import RegistryFacts
from sync.acts import Notice
from sync.header import Anchor
from sync.identifiers import DeviceKey, OrganisationAddress

Signers = Callable[[OrganisationAddress], OrganisationAddress | None]
"""Which key signed the newest roster statement that is held of an organisation."""


class SharedRegistry:
    """One network's registry as far as this node knows it. Used under the node's one lock."""

    def __init__(self, network: Network, facts: RegistryFacts) -> None:
        """Judge by the facts of a store."""
        self._network = network
        self.facts = facts
        self.signers: Signers | None = None

    @property
    def network(self) -> Network:
        """Which network's."""
        return self._network

    @property
    def fingerprint(self) -> bytes:
        """The network file's."""
        return self.network.fingerprint

    def anchor(self) -> Anchor | None:
        """The block of the newest checkpoint that nothing speaks against."""
        adopted = self.facts.adopted()
        return None if adopted is None else adopted[0]

    # -- whether somebody stands

    def organisation_verdict(self, organisation: OrganisationAddress, now_seconds: int) -> Verdict:
        """Whether an organisation is accredited, and its rosters are signed by its proven key."""
        held = self.facts.get(organisation_key(organisation))
        if held is None:
            return _unknown("nothing is proven here of the organisation")
        found = Organisation.from_word(held.value)
        if found.state is OrganisationState.SUSPENDED:
            return self._dated(State.DENY, "the organisation is suspended", [held], now_seconds)
        if found.state is not OrganisationState.ACCREDITED:
            return self._dated(
                State.DENY, "the organisation is not accredited", [held], now_seconds
            )
        if 0 < found.until_seconds <= held.timestamp_seconds:
            return self._dated(
                State.DENY, "the organisation's accreditation has ended", [held], now_seconds
            )
        if 0 < found.until_seconds <= self._time(now_seconds):
            reason = "the organisation's accreditation ends, by this node's clock"
            return self._dated(State.DEGRADED, reason, [held], now_seconds)
        return self._owned(organisation, held, now_seconds)

    def _owned(
        self, organisation: OrganisationAddress, held: HeldFact, now_seconds: int
    ) -> Verdict:
        """Accredited; degraded where its key on chain is another than its rosters are signed by."""
        owner = self.facts.get(owner_key(organisation))
        facts = [held] if owner is None else [held, owner]
        signer = None if self.signers is None else self.signers(organisation)
        if owner is not None and signer is not None:
            stated = owner.value or int.from_bytes(organisation)
            if stated != int.from_bytes(signer):
                reason = "the organisation's roster is signed by another key than the registry has"
                return self._dated(State.DEGRADED, reason, facts, now_seconds)
        return self._dated(State.ALLOW, "the organisation is accredited", [held], now_seconds)

    def device_verdict(
        self, device: DeviceKey, organisations: Collection[OrganisationAddress], now_seconds: int
    ) -> Verdict:
        """Whether a device's credential by any of its organisations stands, and none revoked it."""
        return self._credential_verdict(Kind.DEVICE, device, organisations, now_seconds)

    def practitioner_verdict(
        self,
        practitioner: DeviceKey,
        organisations: Collection[OrganisationAddress],
        now_seconds: int,
    ) -> Verdict:
        """Whether a practitioner's credential stands, as a device's does."""
        return self._credential_verdict(Kind.PRACTITIONER, practitioner, organisations, now_seconds)

    def _credential_verdict(
        self,
        kind: Kind,
        key: DeviceKey,
        organisations: Collection[OrganisationAddress],
        now_seconds: int,
    ) -> Verdict:
        """A revocation by one denies; else the best that any organisation's credential says."""
        if not organisations:
            return _unknown(f"it is not known of which organisation the {kind.name.lower()} is")
        found = [
            self._credential_of(kind, key, organisation, now_seconds)
            for organisation in sorted(organisations)
        ]
        revoked = [verdict for is_revoked, verdict in found if is_revoked]
        if revoked:
            return revoked[0]
        return min((verdict for _, verdict in found), key=_preference)

    def _credential_of(
        self, kind: Kind, key: DeviceKey, organisation: OrganisationAddress, now_seconds: int
    ) -> tuple[bool, Verdict]:
        """Whether this organisation revoked it, and the verdict by its credential alone."""
        what = kind.name.lower()
        held = self.facts.get(credential_key(organisation, key))
        credential = None if held is None else Credential.from_word(held.value)
        if held is not None and credential is not None and credential.is_revoked:
            reason = f"the {what}'s credential is revoked"
            return True, self._dated(State.DENY, reason, [held], now_seconds)
        standing = self.organisation_verdict(organisation, now_seconds)
        if standing.state is State.DENY:
            return False, self._of_nobody_s(organisation, standing)
        if held is None or credential is None:
            return False, _unknown(f"nothing is proven here of the {what}'s credential")
        if credential.state is not Credentials.LIVE or credential.kind is not kind:
            reason = f"the {what} has no credential of its organisation"
            return False, self._dated(State.DEGRADED, reason, [held], now_seconds)
        if 0 < credential.until_seconds <= self._time(now_seconds):
            reason = f"the {what}'s credential has run out"
            return False, self._dated(State.DEGRADED, reason, [held], now_seconds)
        if standing.state is State.DEGRADED:
            return False, standing
        facts = [held, *self._held(standing.evidence)]
        return False, self._dated(
            State.ALLOW, f"the {what}'s credential stands", facts, now_seconds
        )

    def _of_nobody_s(self, organisation: OrganisationAddress, standing: Verdict) -> Verdict:
        """What an organisation's denial says of its devices and people.

        Who was never accredited is no more than unknown: patients' nodes are not, nor is a clinic
        before the council met. Whom people paired with is served; keys are another matter.
        """
        held = self.facts.get(organisation_key(organisation))
        if held is None or Organisation.from_word(held.value).state is not OrganisationState.NONE:
            return standing
        return Verdict(
            State.DEGRADED,
            standing.as_of_block,
            standing.age_seconds,
            standing.reason,
            standing.evidence,
        )

    # -- whether that is new enough for an act

    def serving_verdict(
        self, device: DeviceKey, organisations: Collection[OrganisationAddress], now_seconds: int
    ) -> Verdict:
        """The device's verdict, degraded where it is too old to serve somebody unknown by."""
        verdict = self.device_verdict(device, organisations, now_seconds)
        return self._within(verdict, credential_age_seconds_max, now_seconds)

    def release_verdict(
        self, organisation: OrganisationAddress, device: DeviceKey | None, now_seconds: int
    ) -> Verdict:
        """The grantee's verdict, degraded where it is too old to release a key by."""
        verdict = self.organisation_verdict(organisation, now_seconds)
        if device is not None:
            own = self.device_verdict(device, [organisation], now_seconds)
            verdict = max((verdict, own), key=_preference)
            if own.state is State.ALLOW is verdict.state:
                verdict = own
        return self._within(verdict, grantee_age_seconds_max, now_seconds)

    def was_accredited(
        self, organisation: OrganisationAddress, device: DeviceKey | None, now_seconds: int
    ) -> bool:
        """Whether the newest facts held say so, however old they are."""
        if device is not None:
            own = self.device_verdict(device, [organisation], now_seconds)
            if own.state is State.DENY:
                return False
        held = self.facts.get(organisation_key(organisation))
        if held is None:
            return False
        return Organisation.from_word(held.value).is_accredited(held.timestamp_seconds)

    def age_seconds_max(self, usual_seconds: int, now_seconds: int) -> int:
        """A bound, or the longer one while the council's disaster mode lasts."""
        held = self.facts.get(disaster_key())
        if held is None or Disaster.from_word(held.value).until_seconds <= self._time(now_seconds):
            return usual_seconds
        return max(usual_seconds, disaster_age_seconds_max)

    def _within(self, verdict: Verdict, usual_seconds: int, now_seconds: int) -> Verdict:
        if verdict.state is not State.ALLOW or verdict.age_seconds is None:
            return verdict
        bound = self.age_seconds_max(usual_seconds, now_seconds)
        if verdict.age_seconds <= bound:
            return verdict
        reason = f"{verdict.reason}, by facts that are older than {age_text(bound)}"
        return Verdict(
            State.DEGRADED, verdict.as_of_block, verdict.age_seconds, reason, verdict.evidence
        )

    # -- notices

    def notice_valid(self, fingerprint: bytes | None, notice: Notice) -> bool:
        """By the notice's bytes and the charter's fingerprint, whatever this node's network is."""
        return notice_valid(fingerprint, notice)

    # -- the ground under these

    def _time(self, now_seconds: int) -> int:
        """This node's clock, unless it is proven to be behind: blocks are not of the future."""
        adopted = self.facts.adopted()
        return now_seconds if adopted is None else max(now_seconds, adopted[1])

    def _held(self, evidence: Evidence | None) -> Iterable[HeldFact]:
        keys: tuple[FactKey, ...] = () if evidence is None else evidence.facts
        return [held for key in keys if (held := self.facts.get(key)) is not None]

    def _dated(
        self, state: State, reason: str, facts: Sequence[HeldFact], now_seconds: int
    ) -> Verdict:
        """A verdict as old as the oldest fact that it rests on."""
        oldest = min(facts, key=lambda held: held.timestamp_seconds)
        age_seconds = now_seconds - oldest.timestamp_seconds
        if age_seconds < 0:
            reason = f"{reason}; the block is dated ahead of this node's clock"
        evidence = Evidence(
            self.network.chain, oldest.block_hash, tuple(held.key for held in facts)
        )
        return Verdict(state, oldest.block, max(0, age_seconds), reason, evidence)


def _unknown(reason: str) -> Verdict:
    return Verdict(State.DEGRADED, None, None, reason)


def _preference(verdict: Verdict) -> tuple[int, int]:
    """Allow before degraded before deny; of alike ones the newest."""
    order = (State.ALLOW, State.DEGRADED, State.DENY)
    age = verdict.age_seconds
    return order.index(verdict.state), 1 << 62 if age is None else age
