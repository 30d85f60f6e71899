"""A canary patient goes through everything: nothing of it in a log record, an error or a repr."""

import logging
import traceback
from collections.abc import Callable, Iterator

import pytest
from clinics import (
    ALL_LANES,
    Clinic,
    Three,
    allergy,
    as_file,
    level,
    observation,
    patient,
    synced,
)

from node.application.syncing.sharing import SharedCharts

NAME = "Kanaryushka Zwitscherfeder"
CANARIES = (
    "Kanaryushka",
    "Zwitscherfeder",
    "kanaryushka",
    "zwitscherfeder",
    "1911-11-17",
    "canary-patient-id",
    "canary-observation-id",
    "CanaryAllergen",
    "canary-mrn-90210",
    "+99900canary",
)
PATIENT = {
    **patient("canary-patient-id", NAME, "1911-11-17"),
    "identifier": [{"system": "urn:mrn", "value": "canary-mrn-90210"}],
    "telecom": [{"system": "phone", "value": "+99900canary"}],
}


class Ear(logging.Handler):
    """Hears every record of every logger, formatted, with its arguments' reprs."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(f"{self.format(record)} {record.args!r} {record.__dict__!r}")


@pytest.fixture
def ear() -> Iterator[Ear]:
    """Listens at DEBUG to all loggers."""
    root = logging.getLogger()
    before, level_before = root.handlers[:], root.level
    one = Ear()
    root.addHandler(one)
    root.setLevel(logging.DEBUG)
    yield one
    root.handlers[:] = before
    root.setLevel(level_before)


def told(error: BaseException) -> str:
    """All that a log or a person could see of an error, its causes and contexts included."""
    lines = [str(error), repr(error), *traceback.format_exception(error)]
    seen: BaseException | None = error
    while seen is not None:
        lines += [str(seen), repr(seen), repr(seen.args), repr(vars(seen))]
        seen = seen.__cause__ or seen.__context__
    return "\n".join(lines)


def reprs(clinic: Clinic, chart: str) -> str:
    """The reprs of everything within reach of a debugger's careless print."""
    replica = clinic.replica(chart)
    content = clinic.node._contents.of(replica.chart)
    entries = [
        replica.entry(operation)
        for operation in replica.operations.values()
        if operation.prefix.lane != replica.access_lane
    ]
    found: list[object] = [
        clinic.node,
        clinic.node.context,
        clinic.node.context.identity,
        clinic.node.context.store,
        replica.keyring,
        clinic._charts,
        content,
        *replica.operations.values(),
        *entries,
        *content.conflicts(),
        *content.resources(),
        *(line for held in content.resources() for line in held.view.history),
        *(element for held in content.resources() for element in held.view.elements.values()),
        *content.quarantined,
        *content.waiting(),
        content.face(),
        clinic.node.context.store.faces.all(),
    ]
    return "\n".join(map(repr, found))


def refusals(a: Clinic, b: Clinic, chart: str) -> Iterator[Callable[[], object]]:
    """Acts that fail while they hold the canary's data."""
    broken = as_file(PATIENT).replace(b'"birthDate"', b'"birthDate')
    two_people = as_file(PATIENT, {**PATIENT, "id": "another"})
    yield lambda: a.node.record_add("nochart", "f", as_file(PATIENT))
    yield lambda: a.node.conflict_resolve("0000", content=as_file(PATIENT))
    yield lambda: a.node.conflict_resolve(a.conflicts()[0], content=broken)
    yield lambda: a.node.conflict_resolve(a.conflicts()[0], content=two_people)
    yield lambda: a.node.conflict_resolve(a.conflicts()[0], choose=7)
    yield lambda: a.node.grant(chart, to="nobody", lanes=["care"])
    yield lambda: b.node.grant(chart, to="A", lanes=["care"])
    yield lambda: b.node.revoke(chart, from_="A")
    yield lambda: a.node.quarantine_accept("0" * 30)
    yield lambda: b.node.quarantine_accept(next(iter(b.quarantined()), "0" * 30))


def test_the_canary_is_in_no_log_no_error_and_no_repr(
    three: Three, ear: Ear, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b, c = three
    seen: list[str] = []
    assert a.take(PATIENT, observation("canary-observation-id", "canary-patient-id"))["accepted"]
    a.node.grant("all", to="B", lanes=ALL_LANES, history=True)
    synced(b, a)
    synced(c, a)
    (chart,) = a.charts()
    for one, born in ((a, "1911-11-18"), (b, "1911-11-19")):
        one.add(chart, {**PATIENT, "birthDate": born})
        one.add(chart, allergy(f"al-{one.name}", "canary-patient-id", "CanaryAllergen"))
    level(a, b)
    for refused in refusals(a, b, chart):
        with pytest.raises(Exception) as caught:  # noqa: PT011 (whatever it is, it must not tell)
            refused()
        seen.append(told(caught.value))
    seen.append(reprs(a, chart))
    a.node.conflict_resolve(a.conflicts()[0], choose=1)
    a.node.revoke("all", from_="B")
    b.add(chart, allergy("late", "canary-patient-id", "CanaryAllergen"))
    synced(b, a)
    seen += [repr(a.node.quarantine()), repr(a.node.doctor()), repr(a.node.audit_verify())]
    seen.append(reprs(a, chart))
    seen.append(reprs(b, chart))

    # The disk fails in the middle of an import and of a sync.
    def failing(*_: object, **__: object) -> None:
        raise OSError(5, "input/output error")

    failures = 0
    for name in ("operations.append", "faces.replace", "epoch_keys.add"):
        part, method = name.split(".")
        for act in (
            lambda: a.take({**PATIENT, "birthDate": "1911-11-20"}),
            lambda: a.node.grant(chart, to="C", lanes=ALL_LANES),
            lambda: synced(b, a),
        ):
            with monkeypatch.context() as broken:
                broken.setattr(type(getattr(a.node.context.store, part)), method, failing)
                try:
                    act()
                except OSError as error:
                    seen.append(told(error))
                    failures += 1
    assert failures > 4
    a.restart()
    b.restart()
    session = a.node.session(b.device, initiator=False)
    seen += [repr(session), repr(session.outcome)]
    sharing = SharedCharts(a.node.context, a._charts, a.node._lists, b.device)
    refused_operations = sharing.take(b.device, list(b.replica(chart).operations.values()))
    seen.append(repr(refused_operations))
    standard = capfd.readouterr()
    seen += [*ear.heard, standard.out, standard.err]
    assert a.audit_ok()
    text = "\n".join(seen)
    assert len(text) > 10_000
    for canary in CANARIES:
        assert canary not in text, canary


def test_the_ear_hears_and_the_teller_tells(ear: Ear) -> None:
    logging.getLogger("node.anything").debug("of %s", "Kanaryushka")
    assert any("Kanaryushka" in line for line in ear.heard)
    inner = ValueError("Zwitscherfeder")
    outer = RuntimeError("nothing")
    outer.__cause__ = inner
    assert "Zwitscherfeder" in told(outer)
