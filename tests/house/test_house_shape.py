"""Files and functions stay small, and are named for what they hold."""

import ast

import pytest
from tracked import name_of, python_files, tracked_files

FILE_LINES_MAX = 600
FUNCTION_LINES_MAX = 70
VAGUE = {"base", "common", "core", "data", "helper", "helpers", "manager", "misc", "util", "utils"}


def long_functions(source: str) -> list[tuple[str, int]]:
    """Names and lengths of the functions in `source` that reach the limit."""
    functions = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lengths = ((each.name, (each.end_lineno or 0) - each.lineno + 1) for each in functions)
    return [(name, lines) for name, lines in lengths if lines >= FUNCTION_LINES_MAX]


def test_no_python_file_passes_six_hundred_lines() -> None:
    lines = {name_of(path): len(path.read_text().splitlines()) for path in python_files()}

    assert {name: count for name, count in lines.items() if count > FILE_LINES_MAX} == {}


def test_no_function_reaches_seventy_lines() -> None:
    found = {name_of(path): long_functions(path.read_text()) for path in python_files()}

    assert {name: functions for name, functions in found.items() if functions} == {}


@pytest.mark.parametrize(("body_lines", "found"), [(68, []), (69, [("act", 70)])])
def test_a_long_function_would_be_found(body_lines: int, found: list[tuple[str, int]]) -> None:
    source = "class Home:\n    async def act(self):\n" + "        pass\n" * body_lines

    assert long_functions(source) == found


def test_every_module_says_what_lives_in_it() -> None:
    silent = [
        name_of(path)
        for path in python_files()
        if not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert silent == []


def test_no_file_or_folder_has_a_name_that_says_nothing() -> None:
    vague = [
        name_of(path)
        for path in tracked_files()
        if VAGUE & {part.removesuffix(".py") for part in name_of(path).split("/")}
    ]

    assert vague == []


def test_tests_have_no_packages_and_each_file_its_own_name() -> None:
    tests = [path for path in python_files() if name_of(path).startswith("tests/")]
    names = [path.name for path in tests if path.name != "conftest.py"]

    assert "__init__.py" not in names, "it hides the real package of the same name"
    assert sorted(names) == sorted(set(names))
