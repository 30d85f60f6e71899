"""Images of a home: everything in it as it was at a time, to be put back later."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NEVER: Final = ("-shm", ".lock", ".sock")
"""What belongs to a process, and no restored disk has."""


@dataclass(frozen=True)
class Image:
    """A copy of a home."""

    folder: Path
    size_bytes: int


def save_image(home: Path, folder: Path) -> Image:
    """Copy a home, open or not, between two writes."""
    folder.mkdir(0o700)
    size = 0
    for path in sorted(home.iterdir()):
        if path.is_file() and not path.name.endswith(_NEVER):
            shutil.copyfile(path, folder / path.name)
            (folder / path.name).chmod(0o600)
            size += path.stat().st_size
    return Image(folder, size)


def put_back(image: Image, home: Path, but: frozenset[str]) -> None:
    """Make a closed home what an image has, files named in `but` apart."""
    for path in sorted(home.iterdir()):
        if path.is_file() and path.name not in but and not path.name.endswith(".lock"):
            path.unlink()
    for path in sorted(image.folder.iterdir()):
        if path.name not in but:
            shutil.copyfile(path, home / path.name)
            os.chmod(home / path.name, 0o600)  # noqa: PTH101 (as copyfile)
