"""How long a month of a district takes to simulate, and what one reception costs of it.

`make bench` calls `measure`; nothing here is a test. All that a run does is counted: nodes made,
records imported, sessions, coming to rest, the eleven checks. Its baseline is libsodium's check of
one signature for each operation that came: no simulation of the production code can do without.
"""

import resource
import time
from pathlib import Path
from typing import Final

from nacl.signing import SigningKey

from scenarios.bench.figure import AT_LEAST, Figure
from scenarios.plan.reading import read_scenario
from scenarios.plan.scenario import Scenario
from scenarios.simulate.islands import run_islands

HERE: Final = Path(__file__).parent
WIDE: Final = HERE / "wide.toml"
DISTRICT: Final = HERE / "district.toml"
SECONDS_MAX: Final = 120.0
"""For the whole of `wide.toml` on two cores; a part of it, in proportion to its patients."""
CORES: Final = 2
PATIENTS: Final = 20_000
_SIGNATURES: Final = 2_000


def with_patients(scenario: Scenario, patients: int) -> Scenario:
    """The same with so many patients at each node."""
    care = [part.model_copy(update={"patients": patients}) for part in scenario.care]
    return scenario.model_copy(update={"care": care})


def measure(path: Path = DISTRICT, patients: int = 400, seed: int = 1) -> dict[str, object]:
    """Simulate a file with so many patients at each node."""
    scenario = with_patients(read_scenario(path), patients)
    before = _processor_seconds()
    began = time.monotonic()
    run = run_islands(scenario, seed)
    seconds = time.monotonic() - began
    processor_seconds = _processor_seconds() - before
    told = run.as_json(seconds)
    people = patients * told["nodes"]
    came = told["received_clinical"] + told["received_structural"]
    seconds_max = SECONDS_MAX * people / PATIENTS
    words = f"{told['nodes']} nodes, {people:,} patients, {told['virtual_seconds'] // 86400} days"
    return {
        "figures": [
            Figure(
                f"simulate {words}",
                seconds,
                "s",
                seconds_max,
            ),
            Figure("processor time of it", processor_seconds, "s", CORES * seconds_max),
            Figure(
                "processor time an operation received, all in all",
                processor_seconds / max(1, came) * 1e6,
                "µs",
                CORES * seconds_max / max(1, came) * 1e6,
                baseline=_signature_seconds() * 1e6,
                against="libsodium: one signature checked",
            ),
            Figure(
                "clinical receptions, verified and decrypted",
                told["received_clinical"],
                "operations",
                15.0 * people,
                AT_LEAST,
            ),
        ],
        **{name: value for name, value in told.items() if name != "checks"},
        "failed": [check["name"] for check in told["checks"] if not check["passed"]],
        "processor_seconds": processor_seconds,
    }


def _processor_seconds() -> float:
    """Of this process, and of those that it waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _signature_seconds() -> float:
    signer = SigningKey(bytes(32))
    signed = [signer.sign(number.to_bytes(36, "big")) for number in range(_SIGNATURES)]
    began = time.process_time()
    for one in signed:
        signer.verify_key.verify(one)
    return (time.process_time() - began) / _SIGNATURES
