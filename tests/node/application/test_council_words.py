"""A council's actions from the words that people type, and what they read before they sign."""

from pathlib import Path

import pytest
from clinics import Clinic, Make, made_clinic

from contracts.loader import Name
from node.application.errors import BadRequest, CouncilRefused
from node.registry.errors import NoNetwork
from node.registry.network import Deployed, Genesis, Network
from node.registry.proposal import ActionKind, parse_proposal_text
from sync.identifiers import did_key
from sync.signing import Signer

SIGNER = Signer(b"\x01" * 32).public
OTHER = "did:ethr:0x" + "07" * 20


@pytest.fixture
def hilltop(tmp_path: Path) -> Clinic:
    deployed = {
        name: Deployed(bytes([place + 1]) * 20, bytes([place + 1]) * 32)
        for place, name in enumerate((Name.DID, Name.ACCREDITATION, Name.CONSENT))
    }
    network = Network("test", 31337, deployed, (SIGNER,), 1, Genesis(1, b"g" * 32), True)
    return made_clinic(tmp_path / "hilltop", "hilltop", 1, network=network)


def proposed(clinic: Clinic, words: str) -> dict[str, object]:
    return clinic.node.governance.propose(words.split(), None, sign=False, network=None)


def test_every_action_is_taken_and_told_in_plain_words(hilltop: Clinic) -> None:
    words = (
        f"accredit {OTHER} role clinic --role=hospital --until 2090-01-31 suspend self "
        f"add-member {OTHER} remove-member {OTHER} threshold 2 disaster until 2090-03-01 "
        f"disaster --end signers 1 {did_key(SIGNER)} withdraw {'ab' * 32}"
    )
    told = proposed(hilltop, words)
    actions = parse_proposal_text(str(told["text"])).actions
    assert [action.kind for action in actions] == [
        ActionKind.ACCREDIT,
        ActionKind.SUSPEND,
        ActionKind.ADD_MEMBER,
        ActionKind.REMOVE_MEMBER,
        ActionKind.SET_THRESHOLD,
        ActionKind.DISASTER,
        ActionKind.DISASTER,
        ActionKind.SET_SIGNERS,
        ActionKind.WITHDRAW,
    ]
    lines = told["actions"]
    assert isinstance(lines, list)
    assert lines[0] == (
        f"accredit {OTHER} (no card of it is held here) as clinic, hospital, "
        "until 2090-02-01T00:00:00Z"
    )
    assert "hilltop (this organisation)" in lines[1]
    assert "until 2090-03-02T00:00:00Z" in lines[5]
    assert lines[6] == "end disaster mode"
    assert did_key(SIGNER) in lines[7]
    assert [one["state"] for one in hilltop.node.governance.proposals()] == ["open"]
    hilltop.close()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("promote self", "promote is no action"),
        ("accredit self", "accredit needs role"),
        ("accredit self role wizard", "roles are clinic"),
        ("accredit", "breaks off"),
        ("accredit self role clinic until tomorrow", "a time is given as"),
        ("accredit self role clinic until 2001-01-01", "later than now"),
        ("threshold 0", "out of range"),
        ("threshold two", "invalid literal"),
        ("disaster", "disaster needs"),
        ("disaster until 2001-01-01", "later than now"),
        ("signers 2 self", "threshold"),
        (" ".join(["suspend self"] * 17), "1 to 16 actions"),
        ("", "1 to 16 actions"),
    ],
)
def test_what_makes_no_sense_is_refused_with_what_there_is(
    hilltop: Clinic, words: str, why: str
) -> None:
    with pytest.raises(BadRequest, match=why):
        proposed(hilltop, words)
    hilltop.close()


def test_signatures_gather_wherever_they_were_seen(hilltop: Clinic) -> None:
    desk = hilltop.node.governance
    text = str(proposed(hilltop, "suspend self")["text"])
    signed = desk.sign(text, None)
    assert signed["signatures"] == 1
    assert desk.look(text, None)["signatures"] == 1  # the copy without it brings nothing back
    assert desk.sign(text, None)["text"] == signed["text"]
    with pytest.raises(CouncilRefused, match="registry sync"):
        desk.execute(text)
    hilltop.close()


def test_without_a_network_nothing_is_decided_or_vouched_for(clinic: Make) -> None:
    desk = clinic("hilltop").node.governance
    with pytest.raises(NoNetwork):
        desk.propose(["suspend", "self"], None, sign=True, network=None)
    with pytest.raises(NoNetwork):
        desk.issue(devices=[], practitioners=[], own=True, until=None)
    with pytest.raises(NoNetwork):
        desk.revoke(devices=[], practitioners=[], own=True, confirmed=True)
    shown = desk.show("self")
    assert (shown["state"], shown["standing"], shown["as_of_block"]) == (
        "unknown",
        "degraded",
        None,
    )
    assert desk.check("self", None)["standing"] == "degraded"
