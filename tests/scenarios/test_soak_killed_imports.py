"""An import of 10,000 resources, killed five times and repeated, is as if it never was.

`make soak` imports a million, with twenty kills.
"""

from pathlib import Path

from scenarios.population.writing import Form
from scenarios.soak.killed_imports import run


def test_an_import_that_is_killed_and_repeated_is_as_a_clean_one(tmp_path: Path) -> None:
    done = run(tmp_path, patients=100, resources_each=100, kills=5, seed="killed", form=Form.BULK)
    assert done.resources >= 10_000
    assert done.kills_at_work >= 3
    assert done.equal
    assert 0 < done.resident_megabytes_max < 500
