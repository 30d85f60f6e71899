"""How the demo's clinicians read a conflict: its values in a line each, and which one to choose."""

from collections.abc import Mapping
from typing import Any

from node.command.telling import cell
from scenarios.demo.errors import Unexpected


def choices_told(shown: Mapping[str, Any]) -> list[str]:
    """A line for each value that disagrees, as `conflicts list` gives them."""
    return [
        f"  {value['choice']}. {cell(value['author'])}: "
        + ", ".join(_told(name, said) for name, said in sorted(_says(value).items()))
        for value in shown["values"]
    ]


def choose(shown: Mapping[str, Any], wanted: Mapping[str, Any]) -> int:
    """The number of the value that says what is wanted. Raises Unexpected."""
    for value in shown["values"]:
        if all(_says(value).get(name) == said for name, said in wanted.items()):
            return int(value["choice"])
    raise Unexpected("no value of a conflict says what the clinician wants")


def _says(value: Mapping[str, Any]) -> dict[str, Any]:
    """What one side says of the elements, out of the small documents that each of them is in."""
    return {name: said for document in value["says"].values() for name, said in document.items()}


def _told(name: str, said: Any) -> str:
    match said:
        case str():
            return f"{cell(name)} {cell(said)}"
        case [{"text": str(text)}, *_] | {"text": str(text)}:
            return cell(text)
        case _:
            return cell(name)
