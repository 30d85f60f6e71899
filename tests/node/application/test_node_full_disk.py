"""A node started where nothing can be written any more: what it holds is read all the same."""

import contextlib
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest
from clinics import Clinic, made_clinic, observation, patient

from node.errors import StorageFailed


@contextlib.contextmanager
def no_room() -> Iterator[None]:
    """Within, no file of this process grows, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.fixture
def clinic(tmp_path: Path) -> Clinic:
    made = made_clinic(tmp_path / "home", "A", 1)
    made.take(patient("p1"), observation("o1", "p1"))
    return made


@pytest.mark.parametrize("ended", ["closed", "power went"])
def test_a_node_starts_on_a_full_disk_and_shows_what_it_holds(clinic: Clinic, ended: str) -> None:
    if ended == "closed":
        clinic.close()
    else:
        clinic.node.context.store.database.connection.interrupt()  # else closing empties the log
        clinic.crash()
    with no_room():
        clinic.open()
        assert {str(one["id"]) for one in clinic.resources()} == {"p1", "o1"}
        (chart,) = clinic.charts()
        assert clinic.node.chart_show(chart)["name"] == "Amara Okafor"
        with pytest.raises(StorageFailed):
            clinic.take(patient("p2"))
    clinic.take(patient("p2"))
    assert len(clinic.charts()) == 2
    assert clinic.audit_ok()
    clinic.close()


def test_a_copy_on_a_full_disk_does_not_start_in_its_originals_name(clinic: Clinic) -> None:
    """A new instance that cannot be kept would write twice at one place in a log."""
    clinic.close()
    token = clinic.path / "instance.token"
    token.rename(clinic.path / "other")
    token.write_bytes((clinic.path / "other").read_bytes())
    with no_room(), pytest.raises((StorageFailed, OSError)):
        clinic.open()
    clinic.open()
    assert len(clinic.node.context.store.own_instances.all()) == 2
    clinic.close()
