"""A node whose disk was put back gets the charts again that it had opened since."""

import shutil
from pathlib import Path

import pytest
from clinics import ALL_LANES, Clinic, Make, level, observation, pair, patient


def put_back(clinic: Clinic, image: Path) -> None:
    """Close a node, and open its home as an image has it, its lock apart."""
    clinic.close()
    for path in image.iterdir():
        if path.suffix != ".lock":
            shutil.copy(path, clinic.path)
    clinic.open()


def test_a_chart_opened_since_the_image_comes_back_from_who_was_given_it(
    clinic: Make, tmp_path: Path
) -> None:
    a, b, truck = clinic("A"), clinic("B"), clinic("Truck")
    pair(a, b, truck)
    a.close()
    image = tmp_path / "image"
    shutil.copytree(a.path, image)
    a.open()
    a.take(patient("p1"), observation("o1", "p1"))
    (chart,) = a.charts()
    a.node.grant(chart, to="B", lanes=ALL_LANES, rights="append", history=True)
    a.node.grant(chart, to="Truck", lanes=ALL_LANES, rights="relay", history=True)
    level(a, b, truck)
    before = a.exported(history=True)
    put_back(a, image)
    assert a.charts() == []
    level(a, truck)
    level(a, b)
    level(a, truck, b)
    assert a.charts() == [chart]
    assert a.exported(history=True) == before
    a.add(chart, observation("o2", "p1"))
    level(a, b)
    assert b.resource("Observation", "o2")["id"] == "o2"
    assert a.audit_ok()
    letters = [
        letter
        for one in (b, truck)
        for letter in one.node.context.store.letters.of_chart(one.replica(chart).chart)
        if letter.to == a.node.context.identity.sealing_key
    ]
    assert len({letter.author for letter in letters}) == 1, "one letter is enough"


@pytest.mark.parametrize("given_again", [False, True])
def test_whom_it_revoked_since_the_image_gets_no_new_chart_once_it_has_heard_of_that(
    clinic: Make, tmp_path: Path, *, given_again: bool
) -> None:
    a, b, stolen = clinic("A"), clinic("B"), clinic("Stolen")
    pair(a, b, stolen)
    for name in ("B", "Stolen"):
        a.node.grant("all", to=name, lanes=ALL_LANES, rights="append", history=True)
    a.take(patient("p1"))
    level(a, b, stolen)
    a.close()
    image = tmp_path / "image"
    shutil.copytree(a.path, image)
    a.open()
    a.node.revoke("all", from_="Stolen")
    if given_again:
        a.node.grant("all", to="Stolen", lanes=ALL_LANES, rights="append", history=True)
    level(a, b)
    put_back(a, image)
    level(a, b)
    a.take(patient("p2"))
    (new,) = set(a.charts()) - set(b.charts())
    level(a, b, stolen)
    assert new in b.charts()
    assert (new in stolen.charts()) is given_again
