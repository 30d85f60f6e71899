"""An operation whose body a newer version compressed: kept, carried, unreadable here, no damage."""

import pytest
from clinics import Three, level, observation, patient

from sync.dictionary import DICTIONARY_WRITTEN

ALL_LANES = ["summary", "care", "sensitive"]


def test_it_is_stored_and_carried_on_and_read_once_the_dictionary_is_known(
    three: Three, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = three
    a.take(patient("p1"), observation("known", "p1"))
    for other in (b, c):
        a.node.grant("all", to=other.name, lanes=ALL_LANES, rights="append", history=True)
    level(a, b, c)
    (chart,) = a.charts()
    newer = DICTIONARY_WRITTEN + 1
    with monkeypatch.context() as patch:
        from sync import compression

        packed = compression.compress
        patch.setattr("sync.body.compress", lambda plain: bytes([newer]) + packed(plain)[1:])
        a.add(chart, observation("newer", "p1"))
    level(a, b)
    level(b, c)
    for clinic in (b, c):
        held = {operation.id for operation in clinic.replica(chart).operations.values()}
        assert held == {operation.id for operation in a.replica(chart).operations.values()}
        assert {one["id"] for one in clinic.resources()} == {"p1", "known"}
        assert clinic.audit_ok()
        clinic.restart()
        assert clinic.node.chart_show(chart)["unreadable"] == 1
    with monkeypatch.context() as patch:
        decompress = compression.decompress
        patch.setattr(
            "sync.body.decompress",
            lambda body: decompress(bytes([min(body[0], DICTIONARY_WRITTEN)]) + body[1:]),
        )
        c.restart()
        assert {one["id"] for one in c.resources()} == {"p1", "known", "newer"}
        assert c.audit_ok()
