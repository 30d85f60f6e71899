"""The demo's checks of the registry: each holds for what happened, and fails for what must not."""

import json
from pathlib import Path
from typing import Any

import pytest

from scenarios.demo import registry_checks
from scenarios.demo.registry_acts import without_endpoints

ALLOWED = {"name": "riverside, tablet", "verdict": "allow: the organisation is accredited"}
DENIED = {"verdict": "deny: the device's credential is revoked", "as_of_block": 14}
STANDING = {"verdict": "allow: the device's credential stands", "as_of_block": 13}
UNKNOWN: dict[str, Any] = {"verdict": "degraded: nothing is proven here", "as_of_block": None}


def test_a_vote_is_seen_when_everybody_is_proven() -> None:
    hilltop = {**ALLOWED, "name": "hilltop"}
    assert registry_checks.accredited([ALLOWED, hilltop], ["riverside", "hilltop"]).passed
    for told in (
        [ALLOWED],
        [ALLOWED, {**hilltop, "verdict": "deny: the organisation is not accredited"}],
        [ALLOWED, {**hilltop, "verdict": "degraded: nothing is proven here"}],
    ):
        found = registry_checks.accredited(told, ["riverside", "hilltop"])
        assert not found.passed
        assert "hilltop" in found.detail
    assert not registry_checks.accredited([ALLOWED], []).passed


@pytest.mark.parametrize(
    ("riverside", "hilltop", "holds"),
    [
        (DENIED, STANDING, True),
        (DENIED, UNKNOWN, True),
        (STANDING, UNKNOWN, False),
        (DENIED, DENIED, False),
        ({}, {}, False),
    ],
)
def test_the_revocation_is_proven_at_riverside_alone(
    riverside: dict[str, Any], hilltop: dict[str, Any], holds: bool
) -> None:
    assert registry_checks.revoked_here_only(riverside, hilltop).passed is holds


@pytest.mark.parametrize(
    ("known", "status", "holds"),
    [
        (DENIED, {"last_asked": None}, True),
        (DENIED, {"last_asked": {"chain": "http://127.0.0.1:1"}}, False),
        (STANDING, {"last_asked": None}, False),
        ({**DENIED, "as_of_block": None}, {"last_asked": None}, False),
    ],
)
def test_the_news_arrives_with_its_proof_and_without_a_chain(
    known: dict[str, Any], status: dict[str, Any], holds: bool
) -> None:
    assert registry_checks.news_arrived(known, status).passed is holds


@pytest.mark.parametrize(
    ("before", "after", "holds"), [(0, 8, True), (8, 8, False), (0, 0, False), (0, 9, False)]
)
def test_the_tablet_is_served_until_then_and_refused_after(
    before: int, after: int, holds: bool
) -> None:
    assert registry_checks.shut_out(before, after, 8).passed is holds


def test_a_networkwithout_endpoints_is_the_same_network(tmp_path: Path) -> None:
    network = tmp_path / "network"
    network.write_text(json.dumps({"name": "valley", "urls": ["http://127.0.0.1:1"]}))
    assert json.loads(without_endpoints(network)) == {"name": "valley", "urls": []}
