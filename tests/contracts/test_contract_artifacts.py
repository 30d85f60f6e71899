"""The committed artifacts are what the pinned compiler makes of the sources, byte for byte."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from bare_evm import fresh_registry
from vyper_compiler import compiler

from contracts.compiling import ARTIFACTS, SOURCES, compiled, encoded
from contracts.errors import CompilerFailed, CompilerMissing
from contracts.keccak import keccak
from contracts.loader import Name, artifact, code_hash, deployed_code


@pytest.mark.parametrize("name", Name)
def test_a_contract_compiles_to_its_committed_artifact(name: Name) -> None:
    made = compiled(SOURCES / f"{name}.vy", compiler())

    assert encoded(made) == (ARTIFACTS / f"{name}.json").read_text("utf-8")


def test_a_source_that_does_not_compile_is_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "Broken.vy"
    broken.write_text("x: uint25")

    with pytest.raises(CompilerFailed, match=r"^Broken\.vy does not compile"):
        compiled(broken, compiler())


def test_a_missing_compiler_is_said_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CompilerMissing, match="make install"):
        compiled(SOURCES / "DIDRegistry.vy", tmp_path / "vyper")


def test_the_code_on_chain_is_the_code_that_the_loader_says() -> None:
    registry = fresh_registry()
    kept = {
        Name.DID: (registry.did, ()),
        Name.ACCREDITATION: (registry.accreditation, (registry.did,)),
        Name.CONSENT: (registry.consent, (registry.accreditation,)),
    }

    for name, (address, immutables) in kept.items():
        code = registry.evm.code(address)
        assert code == deployed_code(name, *immutables)
        assert keccak(code) == code_hash(name, *immutables)


def test_code_with_other_addresses_in_it_is_other_code() -> None:
    assert code_hash(Name.CONSENT, b"\1" * 20) != code_hash(Name.CONSENT, b"\2" * 20)


def test_addresses_that_a_contract_does_not_keep_are_refused() -> None:
    with pytest.raises(ValueError, match="keeps 0 addresses"):
        deployed_code(Name.DID, bytes(20))


@pytest.mark.parametrize("name", Name)
def test_no_contract_has_an_owner_or_can_be_replaced(name: Name) -> None:
    functions = {entry.get("name") for entry in artifact(name).abi}

    assert not functions & {"owner", "transferOwnership", "upgradeTo", "initialize", "pause"}
    for opcode in ("DELEGATECALL", "CALLCODE", "SELFDESTRUCT", "CREATE2"):
        assert opcode not in opcodes(artifact(name).runtime)


def opcodes(code: bytes) -> set[str]:
    """The named opcodes that a code has outside of pushed values."""
    names = {0xF2: "CALLCODE", 0xF4: "DELEGATECALL", 0xF5: "CREATE2", 0xFF: "SELFDESTRUCT"}
    # The compiler's metadata and jump tables at the end are no code; its last two bytes count them.
    found, at = set(), 0
    while at < len(code):
        if 0x60 <= code[at] <= 0x7F:
            at += code[at] - 0x5F
        elif code[at] in names:
            found.add(names[code[at]])
        at += 1
    return found


@pytest.mark.parametrize("name", Name)
def test_every_function_is_documented_with_its_parameters_and_result(name: Name) -> None:
    source = SOURCES / f"{name}.vy"
    done = subprocess.run(
        [compiler(), "-f", "userdoc,devdoc", source], capture_output=True, text=True, check=True
    )
    notices, details = (json.loads(line) for line in done.stdout.strip().splitlines())
    declared = set(re.findall(r"^def ([a-z]\w+)\(", source.read_text(), re.MULTILINE))
    functions = [of for of in artifact(name).abi if of.get("name") in declared]

    assert len(functions) == len(declared) > 0
    for function in functions:
        types = ",".join(type_of(parameter) for parameter in function["inputs"])
        written = f"{function['name']}({types})"
        assert notices["methods"][written]["notice"]
        said = details["methods"].get(written, {})
        assert said.get("params", {}).keys() == {of["name"] for of in function["inputs"]}, written
        assert len(said.get("returns", {})) == len(function["outputs"]), written


def type_of(parameter: dict[str, Any]) -> str:
    if not parameter["type"].startswith("tuple"):
        return str(parameter["type"])
    parts = ",".join(type_of(part) for part in parameter["components"])
    return f"({parts}){parameter['type'].removeprefix('tuple')}"
