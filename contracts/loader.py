"""The compiled contracts as this package carries them. Called by whoever deploys or calls one."""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any, Final

from contracts.errors import ArtifactMissing
from contracts.keccak import keccak


class Name(StrEnum):
    """The registry's contracts."""

    DID = "DIDRegistry"
    ACCREDITATION = "Accreditation"
    CONSENT = "ConsentRegistry"


IMMUTABLES: Final = {Name.DID: 0, Name.ACCREDITATION: 1, Name.CONSENT: 1}
"""How many addresses a contract keeps in its code: 32 bytes each, at the code's end."""


@dataclass(frozen=True)
class Artifact:
    """What the compiler made of one contract (`python -m contracts.compiling`)."""

    name: Name
    abi: list[dict[str, Any]]
    bytecode: bytes
    """What a transaction without a receiver carries, before the constructor's arguments."""
    runtime: bytes
    """The deployed code, without the immutables that the constructor appends to it."""
    layout: dict[str, int]
    """The storage slot of each variable."""


@cache
def artifact(name: Name) -> Artifact:
    """The artifact of a contract, or raise ArtifactMissing."""
    try:
        text = files("contracts").joinpath("artifacts", f"{name}.json").read_text("utf-8")
        made = json.loads(text)
        return Artifact(
            name,
            made["abi"],
            bytes.fromhex(made["bytecode"][2:]),
            bytes.fromhex(made["runtime"][2:]),
            {variable: int(slot) for variable, slot in made["layout"].items()},
        )
    except (OSError, ValueError, KeyError) as error:
        raise ArtifactMissing(
            f"no readable artifact of {name}: install the package again"
        ) from error


def deployed_code(name: Name, *immutables: bytes) -> bytes:
    """The code that stands on chain after a deployment with these addresses (20 bytes each).

    The Accreditation has the DIDRegistry's address, the ConsentRegistry the Accreditation's.
    """
    if len(immutables) != IMMUTABLES[name] or any(len(address) != 20 for address in immutables):
        raise ValueError(f"{name} keeps {IMMUTABLES[name]} addresses of 20 bytes in its code")
    return artifact(name).runtime + b"".join(address.rjust(32, b"\0") for address in immutables)


def code_hash(name: Name, *immutables: bytes) -> bytes:
    """Keccak-256 of the deployed code: what the chain's account proof says of the contract."""
    return keccak(deployed_code(name, *immutables))
