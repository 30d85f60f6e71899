"""What a run was measured on, in words, and whether anybody else was at work there."""

import os
import platform
from pathlib import Path
from typing import Final

BUSY_LOAD_PER_CORE: Final = 0.6
"""From this load on, before anything was measured, wall times say little."""
_KIBIBYTE: Final = 1024


def machine() -> dict[str, object]:
    """Cores, processor, memory, Python, and the load as the run begins."""
    load = os.getloadavg()
    cores = len(os.sched_getaffinity(0))
    return {
        "cores": cores,
        "processor": _field(Path("/proc/cpuinfo"), "model name") or platform.machine(),
        "memory_gibibytes": round(_kibibytes(Path("/proc/meminfo"), "MemTotal") / _KIBIBYTE**2, 1),
        "system": platform.system(),
        "python": platform.python_version(),
        "load": [round(one, 2) for one in load],
        "busy": load[0] > BUSY_LOAD_PER_CORE * cores,
    }


def memory_peak_mebibytes() -> float:
    """The most that this process ever had in memory."""
    return _kibibytes(Path("/proc/self/status"), "VmHWM") / _KIBIBYTE


def _kibibytes(file: Path, name: str) -> int:
    return int(_field(file, name).split()[0])


def _field(file: Path, name: str) -> str:
    for line in file.read_text().splitlines():
        found, _, value = line.partition(":")
        if found.strip() == name:
            return value.strip()
    return ""
