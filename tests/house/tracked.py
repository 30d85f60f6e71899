"""The project's own files, for the tests of its house."""

import subprocess
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]

_NOT_OURS = {"build", "dist", "node_modules"}


def tracked_files() -> list[Path]:
    """All files that belong to the project: git's list, or the folder's where git has none."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=PROJECT, capture_output=True, check=False
    )
    if listed.returncode == 0 and listed.stdout:
        names = listed.stdout.decode().split("\0")
        return [PROJECT / name for name in names if name and (PROJECT / name).is_file()]
    return [path for path in PROJECT.rglob("*") if path.is_file() and not _made(path)]


def python_files() -> list[Path]:
    """The Python files among them."""
    return [path for path in tracked_files() if path.suffix == ".py"]


def name_of(path: Path) -> str:
    """The path as a person writes it, from the project's folder."""
    return path.relative_to(PROJECT).as_posix()


def _made(path: Path) -> bool:
    parts = path.relative_to(PROJECT).parts
    return any(
        part in _NOT_OURS or part == "__pycache__" or part.endswith(".egg-info") or part == ".git"
        for part in parts
    ) or (parts[0].startswith(".") and parts[0] not in {".ci", ".gitignore"})
