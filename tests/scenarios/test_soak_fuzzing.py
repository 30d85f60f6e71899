"""Every decoder meets changed inputs; a find is saved, timed, and named with its one command."""

import ast
import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from types import CodeType, FrameType

import cbor2
import pytest
from click.testing import CliRunner

from scenarios.soak.__main__ import soak
from scenarios.soak.fuzz import watching, working
from scenarios.soak.fuzz.catalogue import NOT_FED, TARGETS
from scenarios.soak.fuzz.mutation import Mutator
from scenarios.soak.fuzz.target import INPUT_SIZE_BYTES_MAX, Form, Target
from scenarios.soak.fuzz.watching import fuzz

PROJECT = Path(__file__).resolve().parents[2]
INPUTS = {"import": 60, "frames": 100, "reader": 150}
DECODERS = ("parse_", "decode_", "read_", "open_")
DECODERS_WHOLE = {"parse", "decode", "open", "feed", "read_frame"}
FILE_LIKE = {"node.command.files", "node.command.finding", "node.command.importing", "node.client"}
"""They open and stream files for a reader, and decode nothing; `read` is a file's own word."""


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_changed_inputs_do_no_harm(name: str, tmp_path: Path) -> None:
    found = fuzz(TARGETS[name], INPUTS.get(name, 300), "suite", tmp_path)
    assert [crash.what for crash in found.crashes] == []
    assert found.inputs == INPUTS.get(name, 300)


def public_decoders() -> set[str]:
    """The functions and methods in sync and node that are named as decoders are."""
    found = set()
    for package in ("sync", "node"):
        for path in sorted((PROJECT / package).rglob("*.py")):
            module = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
            if not module.startswith(tuple(FILE_LIKE)):
                module = module.removesuffix(".__init__")
                found |= {f"{module}:{name}" for name in _decoders_in(ast.parse(path.read_text()))}
    return found


def _decoders_in(tree: ast.Module) -> Iterator[str]:
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    scopes = [("", tree.body), *((f"{one.name}.", one.body) for one in classes)]
    for before, body in scopes:
        if before.startswith("_"):
            continue
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (
                node.name in DECODERS_WHOLE or node.name.startswith(DECODERS)
            ):
                yield before + node.name


def test_every_decoder_has_a_target_or_a_reason() -> None:
    covered = {name for target in TARGETS.values() for name in target.covers}
    decoders = public_decoders()
    assert decoders - covered - NOT_FED.keys() == set(), "feed them, or say why not"
    assert NOT_FED.keys() & covered == set()
    assert NOT_FED.keys() <= decoders, "these are gone"


@contextmanager
def called() -> Iterator[set[CodeType]]:
    """The code that runs inside."""
    codes: set[CodeType] = set()

    def look(frame: FrameType, event: str, _argument: object) -> None:
        if event == "call":
            codes.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield codes
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_a_target_reaches_what_it_says_it_covers(name: str) -> None:
    target = TARGETS[name]
    seeds = target.seeds()
    with called() as codes:
        for seed in seeds:
            target.fuzz_one(seed)
    if target.finish is not None:
        target.finish()
    for covered in target.covers:
        module, _, path = covered.partition(":")
        found: object = importlib.import_module(module)
        for part in path.split("."):
            found = getattr(found, part)
        assert found.__code__ in codes, f"{covered} is not called"  # type: ignore[attr-defined]


def target_of(act: Callable[[bytes], None]) -> Target:
    return Target("made", act, lambda: [b"a seed"], Form.BYTES, ())


def test_a_find_is_saved_with_what_it_raised(tmp_path: Path) -> None:
    def act(data: bytes) -> None:
        if data != b"a seed":
            raise KeyError("a find")

    found = fuzz(target_of(act), 30, "1", tmp_path)
    assert 20 < len(found.crashes) < 30
    first = found.crashes[0]
    assert first.what.startswith("KeyError: 'a find' at test_soak_fuzzing.py:")
    assert Path(first.saved).read_bytes() != b"a seed"
    assert "KeyError" in Path(first.saved + ".txt").read_text()
    assert first.replay == f"python -m scenarios.soak replay made {first.saved}"


def test_an_input_that_takes_too_long_is_a_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "INPUT_SECONDS_MAX", 0.05)

    def act(_data: bytes) -> None:
        while True:
            pass

    (crash,) = fuzz(target_of(act), 1, "1", tmp_path).crashes
    assert crash.what.startswith("TookTooLong")


def test_an_input_that_takes_much_memory_is_a_find(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = [0, 0, 0, 300 << 20]
    monkeypatch.setattr(watching, "resident_bytes_max", lambda: held.pop(0) if held else 0)
    (crash,) = fuzz(target_of(lambda _data: None), 2, "1", tmp_path).crashes
    assert crash.what.startswith("MemoryError: it took 300 MB more")


def test_what_is_checked_at_the_end_is_a_find_too(tmp_path: Path) -> None:
    def finish() -> None:
        raise AssertionError("it does not add up")

    target = Target(
        "made", lambda _data: None, lambda: [b"s"], Form.BYTES, (), finish=finish, finish_every=4
    )
    assert len(fuzz(target, 9, "1", tmp_path).crashes) == 3


@pytest.mark.parametrize("form", Form)
def test_changed_inputs_are_many_and_the_same_for_a_seed(form: Form) -> None:
    seeds = [cbor2.dumps([1, b"x" * 50, {"a": "text"}]), b'{"a":[1,"two",{"b":null}]}']
    one, other = (Mutator(Random("1"), seeds, form, 1) for _ in range(2))
    made = [one.next() for _ in range(2000)]
    assert made == [other.next() for _ in range(2000)]
    assert len(set(made)) > 1000
    assert max(map(len, made)) <= INPUT_SIZE_BYTES_MAX


def test_two_processes_share_the_inputs(tmp_path: Path) -> None:
    chosen = {name: TARGETS[name] for name in ("codec", "padding")}
    fed: list[int] = []
    done = working.run(chosen, inputs=400, seed="1", folder=tmp_path, progress=fed.append)
    assert done.passed
    assert done.inputs == sum(int(one["inputs"]) for one in done.targets.values()) == fed[-1]
    assert 390 <= done.inputs <= 410
    assert len(done.resident_megabytes_max) == working.WORKERS
    assert list(tmp_path.iterdir()) == []


def test_a_process_that_dies_is_a_find(tmp_path: Path) -> None:
    done = working.run(
        {"not in the catalogue": TARGETS["codec"]}, inputs=10, seed="1", folder=tmp_path
    )
    assert not done.passed
    assert [crash.what for crash in done.crashes] == ["the process died with 1"] * working.WORKERS


def test_a_saved_input_is_fed_again(tmp_path: Path) -> None:
    saved = tmp_path / "saved"
    saved.write_bytes(TARGETS["zstd"].seeds()[0])
    done = CliRunner().invoke(soak, ["replay", "zstd", str(saved)])
    assert (done.exit_code, done.output) == (0, "nothing was raised\n")
