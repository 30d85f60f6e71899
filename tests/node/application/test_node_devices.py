"""Several devices of one organisation: taken in, equal in its charts, left out again."""

from pathlib import Path

import pytest
from clinics import (
    PASSPHRASE,
    Clinic,
    level,
    made_clinic,
    made_with_words,
    observation,
    pair,
    patient,
    synced,
)

from node.application.errors import BadRequest, NotFound, NotTheHolder
from node.application.organisation.joining_organisation import join_organisation
from node.errors import JoiningDamaged
from node.home.creation import open_home


def ask(device: Clinic, holder: Clinic) -> str:
    return str(device.node.devices.request(holder.name)["request"])


def take_in(holder: Clinic, device: Clinic) -> None:
    pair(holder, device)
    answer = holder.node.devices.add(ask(device, holder))["answer"]
    device.close()
    join_organisation(open_home(device.path), PASSPHRASE, str(answer), random=device.randomness)
    device.open()
    pair(holder, device)


@pytest.fixture
def ward(tmp_path: Path) -> tuple[Clinic, Clinic]:
    """A clinic with a chart, and its tablet."""
    clinic = made_clinic(tmp_path / "clinic", "clinic", 1)
    clinic.take(patient("p1"), observation("before", "p1"))
    tablet = made_clinic(tmp_path / "tablet", "tablet", 2)
    take_in(clinic, tablet)
    return clinic, tablet


def test_a_device_that_was_taken_in_has_every_chart_and_lane(ward: tuple[Clinic, Clinic]) -> None:
    clinic, tablet = ward
    assert tablet.organisation == clinic.organisation
    clinic.take(patient("p2", "Grace Nakato"), observation("after", "p2"))
    level(clinic, tablet)
    assert tablet.exported(history=True) == clinic.exported(history=True)
    assert len(tablet.resources()) == 4


def test_what_it_writes_and_opens_is_the_organisation_s(ward: tuple[Clinic, Clinic]) -> None:
    clinic, tablet = ward
    level(clinic, tablet)
    tablet.take(patient("p3", "Musa Kato"), observation("on-the-road", "p3"))
    (chart,) = [one for one in tablet.charts() if one not in clinic.charts()]
    tablet.add(chart, observation("later", "p3"))
    level(clinic, tablet)
    assert clinic.exported(history=True) == tablet.exported(history=True)
    assert not clinic.quarantined()
    assert clinic.charter(chart).custodian == clinic.node.context.identity.organisation
    clinic.add(chart, observation("in-the-clinic", "p3"))
    level(clinic, tablet)
    assert tablet.resource("Observation", "in-the-clinic")
    assert clinic.audit_ok()
    assert tablet.audit_ok()


def test_the_recovery_words_of_the_organisation_count_on_every_device(tmp_path: Path) -> None:
    clinic, words = made_with_words(tmp_path / "clinic", "clinic", 1)
    tablet, own = made_with_words(tmp_path / "tablet", "tablet", 2)
    take_in(clinic, tablet)
    tablet.take(patient("p1"))
    (chart,) = tablet.charts()
    assert tablet.node.shred(chart, lanes=("sensitive",), hold_days=30, recovery=words)
    with pytest.raises(Exception, match="root"):
        tablet.node.shred(chart, lanes=("sensitive",), hold_days=30, recovery=own)


def test_a_third_device_is_known_in_charts_of_the_second(
    ward: tuple[Clinic, Clinic], tmp_path: Path
) -> None:
    clinic, tablet = ward
    tablet.take(patient("p3", "Musa Kato"))
    level(clinic, tablet)
    van = made_clinic(tmp_path / "van", "van", 3)
    take_in(clinic, van)
    level(clinic, tablet, van)
    assert van.exported() == clinic.exported() == tablet.exported()
    assert [one["name"] for one in clinic.node.devices.list()] == [
        "clinic (this node)",
        "tablet",
        "van",
    ]


def test_charts_of_a_device_that_met_nobody_meanwhile_learn_of_the_next_one(
    ward: tuple[Clinic, Clinic], tmp_path: Path
) -> None:
    clinic, tablet = ward
    tablet.take(patient("p3", "Musa Kato"))
    van = made_clinic(tmp_path / "van", "van", 3)
    take_in(clinic, van)  # the tablet's chart is not at the clinic yet
    pair(tablet, van)
    level(clinic, tablet, van)
    assert van.exported() == tablet.exported()
    assert len(van.charts()) == 2


def test_only_the_holder_takes_devices_in(ward: tuple[Clinic, Clinic], tmp_path: Path) -> None:
    clinic, tablet = ward
    van = made_clinic(tmp_path / "van", "van", 3)
    pair(clinic, tablet, van)
    with pytest.raises(NotTheHolder):
        tablet.node.devices.add(ask(van, clinic))
    with pytest.raises(BadRequest, match="another organisation"):
        van.node.devices.add(ask(van, clinic))
    with pytest.raises(BadRequest, match="already"):
        tablet.node.devices.request("clinic")


def test_a_node_with_charts_of_its_own_does_not_join(tmp_path: Path) -> None:
    clinic = made_clinic(tmp_path / "clinic", "clinic", 1)
    other = made_clinic(tmp_path / "other", "other", 2)
    other.take(patient("p1"))
    pair(clinic, other)
    answer = str(clinic.node.devices.add(ask(other, clinic))["answer"])
    other.close()
    with pytest.raises(BadRequest, match="charts of its own"):
        join_organisation(open_home(other.path), PASSPHRASE, answer)
    other.open()
    assert other.organisation != clinic.organisation
    assert len(other.charts()) == 1


def test_an_answer_is_for_one_device_and_whole(tmp_path: Path) -> None:
    clinic = made_clinic(tmp_path / "clinic", "clinic", 1)
    tablet = made_clinic(tmp_path / "tablet", "tablet", 2)
    thief = made_clinic(tmp_path / "thief", "thief", 3)
    pair(clinic, tablet, thief)
    request = ask(tablet, clinic)
    answer = str(clinic.node.devices.add(request)["answer"])
    thief.close()
    with pytest.raises(JoiningDamaged):
        join_organisation(open_home(thief.path), PASSPHRASE, answer)
    tablet.close()
    for bad in (answer[:-8], answer.replace(answer[60], "A", 1)[:-1] + "A", request, ""):
        with pytest.raises(JoiningDamaged):
            join_organisation(open_home(tablet.path), PASSPHRASE, bad)
    for bad in (request[:-8], answer, ""):
        with pytest.raises(JoiningDamaged):
            clinic.node.devices.add(bad)
    assert join_organisation(open_home(tablet.path), PASSPHRASE, answer)["devices"] == 2


def test_the_same_request_again_gives_an_answer_again(ward: tuple[Clinic, Clinic]) -> None:
    clinic, tablet = ward
    number = clinic.node.context.roster.number
    request = clinic.node.devices.list()
    assert len(request) == 2
    clinic.restart()
    assert clinic.node.context.roster.number == number
    assert len(clinic.node.devices.list()) == 2
    assert tablet.node.context.roster.encoded() == clinic.node.context.roster.encoded()


def test_a_device_that_is_left_out_opens_no_new_chart(ward: tuple[Clinic, Clinic]) -> None:
    clinic, tablet = ward
    level(clinic, tablet)
    assert clinic.node.devices.remove("tablet")["need_keys"] == []
    with pytest.raises(NotFound):
        clinic.node.devices.remove("tablet")
    clinic.take(patient("p9", "Sara Okot"), observation("unseen", "p9"))
    (chart,) = [one for one in clinic.charts() if one not in tablet.charts()]
    synced(clinic, tablet)
    synced(clinic, tablet)
    assert chart not in tablet.charts()
    fresh = clinic.replica(chart)
    held = set(tablet.node.context.identity.secrets.group_secrets.values())
    now = set(clinic.node.context.identity.secrets.group_secrets.values())
    assert len(now - held) == 3
    assert fresh.fold.membership.members
    assert all(tablet.device not in members for members in fresh.fold.membership.members.values())


def test_a_request_s_words_are_the_device_s_own(tmp_path: Path) -> None:
    clinic = made_clinic(tmp_path / "clinic", "clinic", 1)
    tablet = made_clinic(tmp_path / "tablet", "tablet", 2)
    pair(clinic, tablet)
    request = ask(tablet, clinic)
    for place in range(20, len(request), 37):
        changed = request[:place] + ("A" if request[place] != "A" else "B") + request[place + 1 :]
        with pytest.raises(JoiningDamaged):
            clinic.node.devices.add(changed)
    assert len(clinic.node.devices.list()) == 1


def test_an_older_answer_puts_nothing_back(tmp_path: Path) -> None:
    clinic = made_clinic(tmp_path / "clinic", "clinic", 1)
    tablet = made_clinic(tmp_path / "tablet", "tablet", 2)
    pair(clinic, tablet)
    request = ask(tablet, clinic)
    older = str(clinic.node.devices.add(request)["answer"])
    clinic.node.devices.remove("tablet")
    newer = str(clinic.node.devices.add(request)["answer"])
    tablet.close()
    home = open_home(tablet.path)
    assert join_organisation(home, PASSPHRASE, newer)["devices"] == 2
    with pytest.raises(BadRequest, match="older"):
        join_organisation(home, PASSPHRASE, older)
    assert join_organisation(home, PASSPHRASE, newer)["devices"] == 2
