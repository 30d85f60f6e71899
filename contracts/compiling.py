"""Compile the contracts into contracts/artifacts: `make contracts` runs this file.

Vyper has an environment of its own beside the node's: it holds back libraries that the node uses
newer. The artifacts are committed, so whoever only runs Satchel needs no compiler.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from contracts.errors import CompilerFailed, CompilerMissing
from contracts.loader import Name

SOURCES: Final = Path(__file__).parent
ARTIFACTS: Final = SOURCES / "artifacts"
COMPILER: Final = SOURCES.parent / ".venv" / "compiler" / "bin" / "vyper"


def compiled(source: Path, compiler: Path = COMPILER) -> dict[str, Any]:
    """What the compiler makes of a source: abi, bytecode, runtime, layout.

    Raises CompilerMissing, CompilerFailed.
    """
    command = [
        str(compiler), "-f", "abi,bytecode,bytecode_runtime,layout", str(source)
    ]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own compiler
    except FileNotFoundError as error:
        raise CompilerMissing("no Vyper compiler: run `make install`") from error
    if done.returncode:
        raise CompilerFailed(f"{source.name} does not compile:\n{done.stderr.strip()}")
    abi, bytecode, runtime, layout = done.stdout.strip().splitlines()
    return {
        "abi": json.loads(abi),
        "bytecode": bytecode,
        "runtime": runtime,
        "layout": {
            name: entry["slot"] for name, entry in json.loads(layout)["storage_layout"].items()
        },
    }


def encoded(made: dict[str, Any]) -> str:
    """An artifact's file: the same compiler makes the same text anywhere."""
    return json.dumps(made, indent=1, sort_keys=True) + "\n"


def main() -> None:
    """Compile all contracts and write their artifacts."""
    ARTIFACTS.mkdir(exist_ok=True)
    for name in Name:
        try:
            made = compiled(SOURCES / f"{name}.vy")
        except (CompilerMissing, CompilerFailed) as error:
            sys.exit(str(error))
        (ARTIFACTS / f"{name}.json").write_text(encoded(made), "utf-8")
        print(f"{name}: {len(made['runtime']) // 2 - 1} bytes of code")  # noqa: T201


if __name__ == "__main__":
    main()
