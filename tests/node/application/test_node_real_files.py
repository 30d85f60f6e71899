"""Real FHIR files through whole nodes: taken, shared, and exported alike at the other end."""

from pathlib import Path

import pytest
from clinics import ALL_LANES, Clinic, Two, exported, synced

TESTDATA = Path(__file__).parents[4] / "shared" / "testdata"

pytestmark = pytest.mark.skipif(not TESTDATA.is_dir(), reason="no ../shared/testdata here")


def imported(clinic: Clinic, files: list[Path], source: str | None = None) -> tuple[int, list[str]]:
    """How many resources of all files were taken, and why others were not."""
    accepted, reasons = 0, []
    for file in files:
        done = clinic.node.import_file(file.name, file.read_bytes(), source=source)
        taken, rejected = done["accepted"], done["rejected"]
        assert isinstance(taken, int)
        assert isinstance(rejected, list)
        accepted += taken
        reasons += [str(line["reason"]) for line in rejected]
    return accepted, reasons


def assert_shared(a: Clinic, b: Clinic) -> int:
    """B gets all that A holds; returns how many resources show."""
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    outcome, _ = synced(b, a)
    everything = exported(a, history=True)
    assert everything == exported(b, history=True)
    assert exported(a, form="bundle") == exported(b, form="bundle")
    assert outcome.resources_received == len(everything)
    assert b.audit_ok()
    again, _ = synced(b, a)
    assert (again.ops_received, again.ops_sent, again.round_trips) == (0, 0, 1)
    return len(exported(b))


def test_whole_lives_as_synthea_bundles(two: Two) -> None:
    a, b = two
    files = sorted((TESTDATA / "synthea" / "bundles").glob("*.json"))
    accepted, reasons = imported(a, files)
    assert reasons == []
    shown = assert_shared(a, b)
    assert 0 < accepted - shown < 30  # some files name the same organisations
    assert len(a.charts()) == len(files) - 1  # and the practitioners, in the directory


def test_a_bulk_export_of_ten_patients(two: Two) -> None:
    a, b = two
    files = sorted((TESTDATA / "synthea" / "bulk-10").glob("*.ndjson"))
    lines = sum(len(file.read_bytes().splitlines()) for file in files)
    accepted, reasons = imported(a, files)
    assert reasons == []
    assert accepted == lines == assert_shared(a, b)
    patients = next(file for file in files if file.name.startswith("Patient"))
    assert len(a.charts()) == len(patients.read_bytes().splitlines())
    written = a.everything_written()
    assert imported(a, files) == (lines, [])
    assert a.everything_written() == written


@pytest.mark.parametrize("folder", ["r4-examples", "us-core", "ips"])
def test_examples_of_every_type_are_taken_or_refused_with_a_reason(two: Two, folder: str) -> None:
    a, b = two
    files = sorted((TESTDATA / "fhir" / folder).glob("*.json"))
    accepted, reasons = imported(a, files)
    assert accepted > len(files) // 2
    assert all(len(reason) > 8 for reason in reasons)
    assert len(reasons) < max(10, len(files) // 5)
    shown = assert_shared(a, b)
    assert 0 < shown <= accepted
