"""Reads calldata of the contracts' functions: which function, with which arguments."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from contracts.calls import selector
from contracts.loader import Name, artifact
from scenarios.registry.errors import CallReverted

_Function = tuple[str, tuple[str, ...]]


def read_call(contract: Name, calldata: bytes) -> tuple[str, tuple[Any, ...]]:
    """The function's name and its arguments; addresses as 20 bytes. Raises CallReverted."""
    found = _functions(contract).get(calldata[:4])
    if found is None:
        raise CallReverted("no such function")
    name, types = found
    try:
        values = decode(types, calldata[4:])
    except (DecodingError, OverflowError) as error:
        raise CallReverted("its arguments cannot be read") from error
    return name, tuple(_plain(kind, value) for kind, value in zip(types, values, strict=True))


@cache
def _functions(contract: Name) -> dict[bytes, _Function]:
    return {
        selector(contract, str(entry["name"])): (
            str(entry["name"]),
            tuple(_type(of) for of in entry["inputs"]),
        )
        for entry in artifact(contract).abi
        if entry.get("type") == "function"
    }


def _type(parameter: dict[str, Any]) -> str:
    name = str(parameter["type"])
    if not name.startswith("tuple"):
        return name
    return f"({','.join(map(_type, parameter['components']))}){name.removeprefix('tuple')}"


def _plain(kind: str, value: Any) -> Any:
    """Addresses come as text, alone or in a tuple of a list."""
    if kind == "address":
        return bytes.fromhex(value[2:])
    if kind.startswith("("):
        kinds: Sequence[str] = kind[1 : kind.rindex(")")].split(",")
        return [
            tuple(_plain(one, part) for one, part in zip(kinds, each, strict=True))
            for each in value
        ]
    return value
