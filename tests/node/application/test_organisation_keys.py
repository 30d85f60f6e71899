"""`org rotate` with whole nodes: the next key signs, charts and peers follow, nothing is lost."""

from dataclasses import replace
from pathlib import Path

import pytest
from clinics import PASSPHRASE, Clinic, Make, level, made_with_words, pair, patient

from node.application.charts import Charts
from node.application.errors import RecoveryWordsDiffer
from node.application.organisation import rotating
from node.home.creation import open_home
from node.keystore.keystore import Keystore
from node.keystore.recovery import words_from_entropy
from sync.acts import RosterAct
from sync.grantee import Group, Right
from sync.identifiers import did_ethr
from sync.roster import sign_roster


def key_in_chart(clinic: Clinic, chart: str, of: Clinic | None = None) -> str:
    organisation = (of or clinic).node.context.identity.organisation
    return did_ethr(clinic.replica(chart).fold.membership.organisation_keys[organisation])


def test_a_rotation_is_carried_into_every_chart_and_loses_nothing(clinic: Make) -> None:
    hilltop = clinic("hilltop")
    hilltop.take(patient("p1"))
    before = hilltop.everything_written()
    address = hilltop.organisation
    told = hilltop.node.governance.rotate(None)
    assert told["state"] == "rotated"
    assert told["charts"] == hilltop.chart_ids()
    assert told["without"] == []
    assert hilltop.organisation == address != told["key"]
    (chart,) = hilltop.chart_ids()
    assert key_in_chart(hilltop, chart) == told["key"]
    assert before < hilltop.everything_written()
    assert hilltop.node.quarantine() == []
    hilltop.take(patient("p2", "Bo Lind"))
    hilltop.restart()
    assert hilltop.node.governance.rotate(None)["state"] == "rotated"
    assert len(hilltop.resources()) == 2
    assert hilltop.node.quarantine() == []
    assert hilltop.audit_ok()


def test_a_peer_follows_a_rotation_by_sync_and_a_stolen_key_adds_nobody(clinic: Make) -> None:
    hilltop, riverside = clinic("hilltop"), clinic("riverside")
    pair(hilltop, riverside)
    hilltop.take(patient("p1"))
    (chart,) = hilltop.chart_ids()
    hilltop.node.grant(
        chart,
        to="riverside",
        lanes=["summary", "care"],
        rights="append",
        basis="care",
        given_by="none",
        how="none",
        history=True,
    )
    level(hilltop, riverside)
    stolen = hilltop.node.context.identity.secrets.organisation_secret
    roster = hilltop.node.context.roster
    told = hilltop.node.governance.rotate(None)
    level(hilltop, riverside)
    assert key_in_chart(riverside, chart, hilltop) == told["key"]
    groups = tuple(replace(group, members=(riverside.device,)) for group in roster.groups)
    forged = sign_roster(stolen, 7, None, (), groups, (), roster.pledges)
    charts = Charts(riverside.node.context)
    author = charts.author(riverside.replica(chart).chart)
    (standing, *_) = author.replica.fold.standing(riverside.device, Right.APPEND)
    author.act([RosterAct(forged.encoded())], standing)
    charts.keep(author)
    riverside.restart()
    level(hilltop, riverside)
    organisation = hilltop.node.context.identity.organisation
    for one in (hilltop, riverside):
        fold = one.replica(chart).fold
        assert forged.digest in fold.membership.statements
        assert fold.membership.members[Group(organisation, "all")] == {hilltop.device}


def test_an_organisation_from_before_keys_could_change_pledges_first(clinic: Make) -> None:
    hilltop = clinic("hilltop")
    node = hilltop.node
    old = replace(node.context.identity.secrets, succession=None)
    keystore = Keystore.open(open_home(hilltop.path).keystore, PASSPHRASE, hilltop.randomness)
    hilltop.close()
    keystore.save(old)
    hilltop.open()
    hilltop.take(patient("p1"))
    assert hilltop.node.context.roster.next is None
    assert hilltop.node.governance.rotate(None)["state"] == "pledged"
    told = hilltop.node.governance.rotate(None)
    assert told["state"] == "rotated"
    (chart,) = hilltop.chart_ids()
    assert key_in_chart(hilltop, chart) == told["key"]
    assert hilltop.node.quarantine() == []


def test_the_root_carries_a_rotation_and_other_words_do_not(tmp_path: Path) -> None:
    hilltop, words = made_with_words(tmp_path / "hilltop", "hilltop", 1)
    hilltop.take(patient("p1"))
    with pytest.raises(RecoveryWordsDiffer):
        hilltop.node.governance.rotate(words_from_entropy(bytes(32)))
    assert hilltop.node.governance.rotate(words)["state"] == "rotated"
    (chart,) = hilltop.chart_ids()
    root = hilltop.node.context.identity.secrets.root.signing
    assert root in {each.prefix.device for each in hilltop.replica(chart).operations.values()}
    assert hilltop.node.quarantine() == []
    hilltop.close()


def test_what_was_cut_off_after_the_key_is_finished_and_rotates_once(
    clinic: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    hilltop = clinic("hilltop")
    hilltop.take(patient("p1"))
    (chart,) = hilltop.chart_ids()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rotating, "_carry", killed)
        with pytest.raises(KeyboardInterrupt):
            hilltop.node.governance.rotate(None)
    hilltop.restart()
    assert key_in_chart(hilltop, chart) == hilltop.organisation
    told = hilltop.node.governance.rotate(None)
    assert told["state"] == "finished"
    assert told["key"] == key_in_chart(hilltop, chart) != hilltop.organisation
    assert hilltop.node.context.identity.secrets.succession is not None
    assert len(hilltop.node.context.roster.pledges) == 2
