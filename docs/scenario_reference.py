"""Writes docs/SCENARIOS.md from the models of scenario files, the library and the checkers.

`make docs` runs it; a test compares.
"""

import inspect
import sys
import types
import typing
from pathlib import Path
from typing import Annotated, Any

from pydantic.fields import FieldInfo

from scenarios.checking.checkers import CHECKERS
from scenarios.network.link import PRESETS, Link
from scenarios.plan.cast import cast_of
from scenarios.plan.moments import DAY, Duration, TimeOfDay
from scenarios.plan.reading import read_scenario
from scenarios.plan.scenario import Part, Scenario

LIBRARY = Path(__file__).parent.parent / "scenarios" / "library"

HEAD = """# Scenarios

A scenario file says who takes part, who meets whom, who comes to be treated, what goes wrong and
what people do about it. `satchel simulate` runs it: whole nodes in virtual time, over links that
lose and delay, with clocks, disks and power that fail. Then checkers judge what is left. The same
file, seed and version give the same digest.

```
satchel simulate scenarios/library/earthquake.toml               # one run
satchel simulate scenarios/library/earthquake.toml --seed 7      # another run of the same
satchel simulate scenarios/library/earthquake.toml --until 3d    # only its beginning
satchel simulate scenarios/library/mass-casualty-hour.toml --nodes desk=12
satchel simulate scenarios/library/earthquake.toml --search 200  # many seeds, until one fails
satchel simulate scenarios/library/earthquake.toml --real        # with real processes
satchel simulate --random --seed 17                              # a small world that the seed makes
satchel simulate scenarios/library/earthquake.toml --report out  # and a page with pictures of it
```

It exits with 0 when every check holds, with 1 when one does not, and with 2 when the file cannot
be understood; then it says what is wrong and where. A search that finds a failing seed looks for
the fewest faults with which it still fails, and prints the one command that shows it again.

With `--real` each node is a process of its own, and each session goes over libp2p through a proxy
on loopback that has the link's rate, delay, stalls and cuts, ten times as quick. Nothing is waited
for but the sessions: the processes' clocks show the file's time, each as wrong as the file says.
Power is SIGKILL, a full disk a limit on files, a hostile node one whose sessions are those of the
simulation. There is no chain; the run says so. Two runs differ, as processes do: no digest is
promised.

A random world (`--random`) has four clinics and a relay for thirty hours, with power, disks,
clocks, links, partitions and breakdowns that fail; two fifths have a chain that is down, rewritten
or lying, a third a relay that does harm, a fifth a clinic that does. `make test` runs two hundred
of them.

A report is `report.html`, one page that needs nothing else (pictures by matplotlib, of the extra
`satchel[simulate]`), `report.json` with the same numbers, and `history.ndjson` with every event
that the digest covers. Making one changes nothing of the run.

This page is made from the code by `make docs`.
"""

TIMES = """## How times are written

Durations are texts such as `90s`, `30min`, `6h`, `2d 6h`; a moment is a duration since the
scenario's start, `-2h` is two hours back. Times of day are `06:30`. Nodes are meant by their
name, by the name of their group, by a kind (`clinic`, `relay`, `patient`), by a place, or by
`all`.
"""


def reference() -> str:
    """The whole page."""
    return "\n".join((HEAD, _library(), _checkers(), TIMES, _presets(), *_parts()))


def _library() -> str:
    lines = ["## The library", ""]
    for path in sorted(LIBRARY.glob("*.toml")):
        scenario = read_scenario(path)
        about, cast = scenario.scenario, cast_of(scenario)
        lines += [
            f"### {about.title}",
            "",
            f"`scenarios/library/{path.name}`: {len(cast)} nodes, {about.lasts / DAY:.3g} days.",
            "",
            about.introduction.strip(),
            "",
            f"It fails without the handling of {about.fault}. What must hold:",
            "",
            *(f"- {line}" for line in about.must_hold),
            "",
        ]
    return "\n".join(lines)


def _checkers() -> str:
    lines = [
        "## What is checked",
        "",
        "| check | what must hold | what a test breaks to see it fail |",
    ]
    lines.append("|---|---|---|")
    for checker in CHECKERS:
        lines.append(f"| {checker.name} | {checker.promise} | {checker.mutation} |")
    return "\n".join([*lines, ""])


def _presets() -> str:
    names = [name for name in inspect.signature(Link).parameters if name != "name"]
    head = ["link", *(name.replace("_", " ") for name in names)]
    lines = ["## Links that need no description", "", _row(head), _row(["---"] * len(head))]
    lines += [
        _row([link.name, *(f"{getattr(link, name):,}" for name in names)])
        for link in PRESETS.values()
    ]
    return "\n".join(
        [*lines, "", "Loss, duplicate, reorder, corrupt and cut are shares of frames.", ""]
    )


def _parts() -> list[str]:
    pieces = [
        "## The file",
        "",
        "A file is TOML with these tables; what it does not know it refuses.",
        "",
    ]
    for name, field in Scenario.model_fields.items():
        part, many = _part_of(field.annotation)
        title = f"[[{name}]]" if many else f"[{name}]"
        pieces += [f"### `{title}`", "", (inspect.getdoc(part) or "").splitlines()[0], ""]
        pieces += ["| field | what it takes | default | |", "|---|---|---|---|"]
        pieces += [
            _row(
                [f"`{label}`", _type(each.annotation, each), _default(each), each.description or ""]
            )
            for label, each in part.model_fields.items()
        ]
        pieces.append("")
    return pieces


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _part_of(annotation: Any) -> tuple[type[Part], bool]:
    arguments = typing.get_args(annotation)
    return (arguments[0], True) if arguments else (annotation, False)


def _type(annotation: Any, field: FieldInfo | None = None) -> str:
    if field is not None and any(_is(Duration, each) for each in field.metadata):
        return "duration"
    if field is not None and any(_is(TimeOfDay, each) for each in field.metadata):
        return "time of day"
    if typing.get_origin(annotation) is Annotated:
        if annotation == Duration:
            return "duration"
        return _type(typing.get_args(annotation)[0])
    arguments = typing.get_args(annotation)
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(f"`{each}`" for each in arguments)
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        rest = [each for each in arguments if each is not type(None)]
        return " or ".join(_type(each) for each in rest)
    if typing.get_origin(annotation) is list:
        return f"list of {_type(arguments[0])}"
    if typing.get_origin(annotation) is tuple:
        return "[" + ", ".join(_type(each) for each in arguments) + "]"
    if inspect.isclass(annotation) and issubclass(annotation, Part):
        fields = ", ".join(annotation.model_fields)
        return f"`{{ {fields} }}`"
    words = {"str": "text", "int": "whole number", "float": "number", "bool": "true or false"}
    return words.get(annotation.__name__, "date and time with its zone")


def _is(alias: Any, metadata: object) -> bool:
    return metadata in typing.get_args(alias)[1:]


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or value == []:
        return ""
    if (
        any(_is(Duration, each) for each in field.metadata)
        or _type(field.annotation) == "[duration, duration]"
    ):
        values = value if isinstance(value, tuple) else (value,)
        return ", ".join(f"`{_words(each)}`" for each in values)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _words(milliseconds: int) -> str:
    for size, unit in ((DAY, "d"), (3_600_000, "h"), (60_000, "min"), (1000, "s")):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return f"{milliseconds}ms" if milliseconds else "0s"


if __name__ == "__main__":
    sys.stdout.write(reference())
