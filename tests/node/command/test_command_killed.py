"""`kill -9` amid a sync, on either side, at many points: nothing acknowledged is lost."""

import shutil
import signal
import time
from pathlib import Path

import pytest
from satchel_process import Satchel, Serving

from scenarios.population import Population, bundle

PATIENTS = 12
POINTS = 4


def lines(satchel: Satchel) -> list[str]:
    """What a home exports, sorted."""
    return sorted(satchel.done("export", "--all").lines)


@pytest.fixture(scope="module")
def loaded_homes(made_homes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Riverside with a day's patients, all granted to hilltop; tests work on copies."""
    folder = tmp_path_factory.mktemp("loaded")
    homes = []
    for name in ("riverside", "hilltop"):
        shutil.copytree(made_homes / name, folder / name)
        homes.append(Satchel(folder / name, made_homes / "passphrase"))
    riverside, hilltop = homes
    given = folder / "many"
    given.mkdir()
    for place, patient in enumerate(Population(5).patients(PATIENTS)):
        (given / f"{place}.json").write_bytes(bundle(patient))
    riverside.done("import", given)
    riverside.pair(hilltop)
    hilltop.pair(riverside)
    riverside.done(
        "grant", "--all", "--to", "hilltop", "--lanes", "summary,care,sensitive", "--history"
    )
    return folder


@pytest.fixture
def loaded(loaded_homes: Path, made_homes: Path, tmp_path: Path) -> tuple[Satchel, Satchel]:
    """Copies of riverside and hilltop; both write."""
    for name in ("riverside", "hilltop"):
        shutil.copytree(loaded_homes / name, tmp_path / name)
    passphrase = made_homes / "passphrase"
    return Satchel(tmp_path / "riverside", passphrase), Satchel(tmp_path / "hilltop", passphrase)


def seconds_of_a_sync(satchel: Satchel, address: str) -> float:
    """How long a whole first sync takes here, from the start of its process."""
    began = time.monotonic()
    satchel.done("sync", address)
    return time.monotonic() - began


def test_the_one_who_dials_is_killed_at_many_points_and_loses_nothing(
    loaded: tuple[Satchel, Satchel], tmp_path: Path
) -> None:
    riverside, hilltop = loaded
    measured = Satchel(tmp_path / "measured", hilltop.passphrase_file)
    shutil.copytree(hilltop.home, measured.home)
    serving: Serving = riverside.serve()
    try:
        whole_seconds = seconds_of_a_sync(measured, serving.line)
        held = 0
        for point in range(POINTS):
            process = hilltop.start("sync", serving.line)
            time.sleep(whole_seconds * (0.45 + 0.5 * point / POINTS))
            process.send_signal(signal.SIGKILL)
            process.communicate()
            verified = hilltop.done("audit", "verify", "--json").json
            assert verified["ok"]
            assert verified["operations"] >= held, "what was durable is gone"
            held = verified["operations"]
        hilltop.done("sync", serving.line)
    finally:
        serving.stop()
    assert lines(hilltop) == lines(riverside)
    assert hilltop.done("doctor", "--json").json["ok"]


def test_the_one_who_serves_is_killed_at_many_points_and_loses_nothing(
    loaded: tuple[Satchel, Satchel],
) -> None:
    riverside, hilltop = loaded
    serving = hilltop.serve()
    try:
        began = time.monotonic()
        hilltop_first = riverside.start("sync", serving.line)
        hilltop_first.communicate()
        whole_seconds = time.monotonic() - began
    finally:
        serving.stop(signal.SIGKILL)
    assert hilltop.done("audit", "verify", "--json").json["ok"]
    held = 0
    for point in range(POINTS):
        addition = hilltop.home.parent / f"more{point}.json"
        patient = list(Population(50 + point).patients(2))
        addition.write_bytes(bundle(patient[0]))
        riverside.done("import", addition)
        serving = hilltop.serve()
        process = riverside.start("sync", serving.line)
        time.sleep(whole_seconds * (0.4 + 0.5 * point / POINTS))
        serving.stop(signal.SIGKILL)
        process.communicate(timeout=60)
        assert riverside.done("audit", "verify", "--json").json["ok"]
        verified = hilltop.done("audit", "verify", "--json").json
        assert verified["ok"]
        assert verified["operations"] >= held
        held = verified["operations"]
    serving = hilltop.serve()
    try:
        riverside.done("sync", serving.line)
    finally:
        serving.stop()
    assert lines(hilltop) == lines(riverside)
