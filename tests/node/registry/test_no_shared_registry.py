"""The seam to the registry: nothing is allowed without evidence, or said without knowledge."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.loader import Name
from node.registry.fact import FactKey
from node.registry.no_shared_registry import NoSharedRegistry
from node.registry.registry import Registry
from node.registry.verdict import Evidence, State, Verdict
from sync.acts import Notice
from sync.identifiers import DeviceKey, OrganisationAddress

FACT = FactKey(Name.ACCREDITATION, bytes(32))
EVIDENCE = Evidence(chain=1, block_hash=bytes(32), facts=(FACT,))
keys = st.binary(min_size=32, max_size=32)


@pytest.mark.parametrize("state", [State.ALLOW, State.DENY])
@pytest.mark.parametrize(
    ("block", "age", "evidence"),
    [(None, None, None), (7, 60, None), (7, None, EVIDENCE), (None, 60, EVIDENCE)],
)
def test_nothing_is_allowed_or_denied_without_dated_evidence(
    state: State, block: int | None, age: int | None, evidence: Evidence | None
) -> None:
    with pytest.raises(ValueError, match="needs evidence"):
        Verdict(state, block, age, "because", evidence)


def test_a_verdict_dates_its_evidence_and_says_why() -> None:
    with pytest.raises(ValueError, match="its block and its age"):
        Verdict(State.DEGRADED, None, None, "too old", EVIDENCE)
    with pytest.raises(ValueError, match="says why"):
        Verdict(State.DEGRADED, None, None, "")


def test_only_an_allow_is_called_verified() -> None:
    assert Verdict(State.ALLOW, 7, 60, "accredited", EVIDENCE).verified
    assert not Verdict(State.DENY, 7, 60, "revoked", EVIDENCE).verified
    assert not Verdict(State.DEGRADED, 7, 999_999, "evidence is too old", EVIDENCE).verified


def test_a_verdict_is_labelled_with_its_age_where_it_has_one() -> None:
    allow = Verdict(State.ALLOW, 7, 60, "accredited", EVIDENCE)
    assert str(allow) == "allow: accredited (as of block 7, 60 s old)"
    degraded = Verdict(State.DEGRADED, None, None, "no shared registry")
    assert str(degraded) == "degraded: no shared registry"


@given(
    device=keys.map(DeviceKey),
    organisation=st.binary(min_size=20, max_size=20).map(OrganisationAddress),
    now_seconds=st.integers(),
)
def test_without_a_registry_every_verdict_is_degraded(
    device: DeviceKey, organisation: OrganisationAddress, now_seconds: int
) -> None:
    registry: Registry = NoSharedRegistry()
    for verdict in (
        registry.device_verdict(device, [organisation], now_seconds),
        registry.serving_verdict(device, [organisation], now_seconds),
        registry.organisation_verdict(organisation, now_seconds),
        registry.practitioner_verdict(device, [organisation], now_seconds),
        registry.release_verdict(organisation, device, now_seconds),
    ):
        assert str(verdict) == "degraded: no shared registry"
        assert verdict.state is State.DEGRADED
        assert not verdict.verified
        assert (verdict.evidence, verdict.as_of_block, verdict.age_seconds) == (None, None, None)


@given(fingerprint=st.none() | keys, device=keys.map(DeviceKey), proof=st.binary())
def test_without_a_registry_no_notice_is_valid(
    fingerprint: bytes | None, device: DeviceKey, proof: bytes
) -> None:
    registry: Registry = NoSharedRegistry()
    check: Callable[[bytes | None, Notice], bool] = registry.notice_valid
    assert registry.anchor() is None
    assert not registry.was_accredited(OrganisationAddress(bytes(20)), device, 0)
    assert registry.fingerprint is None
    assert not check(fingerprint, Notice(device, proof, cut=()))
