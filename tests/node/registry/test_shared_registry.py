"""Verdicts of held facts: deny needs a proof, age only degrades, more evidence never hides one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_registry import network
from registered_clinics import accredited, issued, revoked, suspended

from contracts.packing import Kind
from node.registry.fact import FactKey, HeldFact
from node.registry.shared_registry import SharedRegistry
from node.registry.subjects import (
    Credentialled,
    Subjects,
    common_keys,
    credential_key,
    decode_subjects,
    disaster_key,
    fact_keys,
    organisation_key,
    owner_key,
)
from node.registry.verdict import State, Verdict, age_text
from sync.header import Anchor
from sync.identifiers import DeviceKey, OrganisationAddress

ORGANISATION = OrganisationAddress(b"o" * 20)
OTHER = OrganisationAddress(b"p" * 20)
DEVICE = DeviceKey(b"d" * 32)
AT = 1_790_000_000
HOUR = 3600


class Held:
    """Facts by hand: what `RegistryFacts` would hold."""

    def __init__(self, facts: dict[FactKey, tuple[int, int]]) -> None:
        self.by_key = {
            key: HeldFact(key, word, at // 100, b"h" * 32, at) for key, (word, at) in facts.items()
        }

    def get(self, key: FactKey) -> HeldFact | None:
        return self.by_key.get(key)

    def adopted(self) -> tuple[Anchor, int] | None:
        newest = max((held.timestamp_seconds for held in self.by_key.values()), default=None)
        return None if newest is None else (Anchor(1, newest // 100, b"h" * 32), newest)


def judge(facts: dict[FactKey, tuple[int, int]]) -> SharedRegistry:
    return SharedRegistry(network(), Held(facts))  # type: ignore[arg-type]  # the same questions


WORDS = {
    organisation_key(ORGANISATION): [0, accredited(), accredited(AT + HOUR), suspended()],
    credential_key(ORGANISATION, DEVICE): [
        0,
        issued(),
        issued(until_seconds=AT + HOUR),
        issued(Kind.PRACTITIONER),
        revoked(),
    ],
    organisation_key(OTHER): [0, accredited()],
    credential_key(OTHER, DEVICE): [0, issued(), revoked()],
}
FACTS = st.fixed_dictionaries(
    {},
    optional={
        key: st.tuples(st.sampled_from(words), st.integers(AT - 9 * HOUR, AT + 9 * HOUR))
        for key, words in WORDS.items()
    },
)
NOW = st.integers(AT - 400 * HOUR, AT + 400 * HOUR)
BOTH = [ORGANISATION, OTHER]


def proves_something_against(facts: dict[FactKey, tuple[int, int]]) -> bool:
    for key, (word, at) in facts.items():
        if key in (credential_key(ORGANISATION, DEVICE), credential_key(OTHER, DEVICE)):
            if word == revoked():
                return True
        elif word in (0, suspended()) or (word == accredited(AT + HOUR) and at >= AT + HOUR):
            return True
    return False


@given(facts=FACTS, now=NOW)
def test_a_denial_rests_on_a_proof_and_says_which(
    facts: dict[FactKey, tuple[int, int]], now: int
) -> None:
    verdict = judge(facts).device_verdict(DEVICE, BOTH, now)
    if verdict.state is State.DENY:
        assert proves_something_against(facts)
        assert verdict.evidence is not None
        assert set(verdict.evidence.facts) <= facts.keys()
    assert verdict.age_seconds is None or verdict.age_seconds >= 0


@given(facts=FACTS, now=NOW, later=st.integers(0, 4000 * HOUR))
def test_time_alone_only_degrades(
    facts: dict[FactKey, tuple[int, int]], now: int, later: int
) -> None:
    registry = judge(facts)
    order = [State.DENY, State.DEGRADED, State.ALLOW]

    def verdicts(at: int) -> list[Verdict]:
        return [
            registry.device_verdict(DEVICE, BOTH, at),
            registry.serving_verdict(DEVICE, BOTH, at),
            registry.organisation_verdict(ORGANISATION, at),
            registry.release_verdict(ORGANISATION, DEVICE, at),
        ]

    for before, after in zip(verdicts(now), verdicts(now + later), strict=True):
        if State.DENY in (before.state, after.state):
            assert before.state is after.state  # by proof, whatever the clock
        assert order.index(after.state) <= order.index(before.state)


@given(facts=FACTS, now=NOW)
def test_a_revocation_denies_whatever_else_is_held(
    facts: dict[FactKey, tuple[int, int]], now: int
) -> None:
    told = {**facts, credential_key(OTHER, DEVICE): (revoked(), AT)}
    verdict = judge(told).device_verdict(DEVICE, BOTH, now)
    assert verdict.state is State.DENY
    assert "revoked" in verdict.reason


@given(facts=FACTS, now=NOW)
def test_without_a_fact_of_it_nobody_is_allowed(
    facts: dict[FactKey, tuple[int, int]], now: int
) -> None:
    less = {key: fact for key, fact in facts.items() if key != organisation_key(ORGANISATION)}
    verdict = judge(less).device_verdict(DEVICE, [ORGANISATION], now)
    assert verdict.state is not State.ALLOW
    assert judge(facts).device_verdict(DEVICE, [], now).state is State.DEGRADED


GOOD = {
    organisation_key(ORGANISATION): (accredited(), AT),
    credential_key(ORGANISATION, DEVICE): (issued(), AT),
}


@pytest.mark.parametrize(
    ("hours", "disaster_hours", "state"),
    [
        (-5, 0, State.ALLOW),
        (0, 0, State.ALLOW),
        (24, 0, State.ALLOW),
        (25, 0, State.DEGRADED),
        (25, 1000, State.ALLOW),
        (7 * 24, 1000, State.ALLOW),
        (7 * 24 + 1, 1000, State.DEGRADED),
        (50, 49, State.DEGRADED),
    ],
)
def test_bounds_are_a_day_or_a_week_while_disaster_mode_lasts(
    hours: int, disaster_hours: int, state: State
) -> None:
    facts = {**GOOD, disaster_key(): (AT + disaster_hours * HOUR, AT)}
    registry = judge(facts)
    now = AT + hours * HOUR
    assert registry.serving_verdict(DEVICE, [ORGANISATION], now).state is state
    assert registry.release_verdict(ORGANISATION, None, now).state is state
    assert registry.device_verdict(DEVICE, [ORGANISATION], now).state is State.ALLOW
    assert registry.was_accredited(ORGANISATION, DEVICE, now)


def test_a_clock_behind_the_chain_is_said_and_makes_no_age() -> None:
    verdict = judge(GOOD).device_verdict(DEVICE, [ORGANISATION], AT - 99 * HOUR)
    assert (verdict.state, verdict.age_seconds) == (State.ALLOW, 0)
    assert "ahead of this node's clock" in verdict.reason


def test_a_clock_ahead_ends_no_accreditation_by_itself() -> None:
    facts = {**GOOD, organisation_key(ORGANISATION): (accredited(AT + HOUR), AT)}
    verdict = judge(facts).organisation_verdict(ORGANISATION, AT + 2 * HOUR)
    assert verdict.state is State.DEGRADED
    proven = {**facts, organisation_key(ORGANISATION): (accredited(AT + HOUR), AT + HOUR)}
    assert judge(proven).organisation_verdict(ORGANISATION, AT).state is State.DENY


def test_rosters_by_another_key_than_the_registry_has_degrade() -> None:
    facts = {**GOOD, owner_key(ORGANISATION): (int.from_bytes(OTHER), AT)}
    registry = judge(facts)
    assert registry.organisation_verdict(ORGANISATION, AT).state is State.ALLOW
    registry.signers = lambda _: ORGANISATION
    verdict = registry.organisation_verdict(ORGANISATION, AT)
    assert verdict.state is State.DEGRADED
    assert "another key" in verdict.reason
    registry.signers = lambda _: OTHER
    assert registry.organisation_verdict(ORGANISATION, AT).state is State.ALLOW


def test_subjects_come_back_and_ask_for_their_facts_alone() -> None:
    subjects = Subjects(
        frozenset({ORGANISATION}),
        frozenset({Credentialled(ORGANISATION, DEVICE)}),
        frozenset({Credentialled(OTHER, DEVICE)}),
    )
    assert decode_subjects(subjects.encoded()) == subjects
    keys = fact_keys(subjects)
    assert keys == {
        organisation_key(ORGANISATION),
        owner_key(ORGANISATION),
        credential_key(ORGANISATION, DEVICE),
        credential_key(OTHER, DEVICE),
    }
    assert not keys & common_keys()
    assert fact_keys(replace_organisations(subjects)) != keys


def replace_organisations(subjects: Subjects) -> Subjects:
    return subjects._replace(organisations=frozenset())


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (7200, "2 h"), (3 * 86_400, "3 days")],
)
def test_ages_are_said_in_whole_units(seconds: int, text: str) -> None:
    assert age_text(seconds) == text
