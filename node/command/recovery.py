"""`satchel recovery`: the words on paper, and shares of them."""

import getpass
import sys
from pathlib import Path
from typing import Final

import click

from node.client import calls
from node.command.files import STANDARD, read_text, write_new_file
from node.command.reaching import node
from node.command.shape import group
from node.command.telling import note, print_json, print_line, wants_json, warn
from node.command.words import read_words

_SHARES_LENGTH_CHARS_MAX: Final = 16 * 1024
_WORDS_A_LINE: Final = 3
_COLUMN_WIDTH: Final = 20

recovery = group(
    "recovery",
    help="Confirm the recovery words; make and combine shares of them.",
    example="satchel recovery confirm\nsatchel recovery create --shares 5 --threshold 3",
)


@recovery.command("confirm", example="satchel recovery confirm < words.txt")
@click.option(
    "--words-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=STANDARD,
    help="Where the words are; stdin where it is left away.",
)
def confirm(words_file: Path) -> None:
    """Type the 24 recovery words back, numbered or not, to show that they are on paper.

    Nothing of them is kept. They are never an argument: other processes could read it.
    """
    if words_file == STANDARD and sys.stdin.isatty():
        note("type the 24 words, then press Enter and Ctrl-D")
    words = read_words(words_file)
    with node() as reach:
        result = reach.ask(calls.recovery_confirm(words))
    if wants_json():
        print_json(result)
    else:
        print_line("the recovery words are right")


@recovery.command("create", example="satchel recovery create --shares 5 --threshold 3 --out shares")
@click.option("--shares", "count", type=click.IntRange(2, 16), required=True, help="How many.")
@click.option(
    "--threshold", type=click.IntRange(2, 16), required=True, help="How many bring it back."
)
@click.option(
    "--words-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    default=STANDARD,
    help="Where the 24 words are; stdin where it is left away.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Write a file a share into a folder instead of printing them.",
)
def create(count: int, threshold: int, words_file: Path, out: Path | None) -> None:
    """Make shares of the recovery words: any THRESHOLD of them bring the words back.

    Print each, give them to different people, and keep none together. Fewer than THRESHOLD say
    nothing about the key. Nothing of them is kept here; shares made later are another set, which
    works as well, and these go on working.
    """
    if threshold > count:
        raise click.UsageError("--threshold cannot be more than --shares")
    from node.keystore.recovery import entropy_from_words
    from node.keystore.shares import split_entropy

    if words_file == STANDARD and sys.stdin.isatty():
        note("type the 24 words, then press Enter and Ctrl-D")
    words = read_words(words_file)
    with node() as reach:
        reach.ask(calls.recovery_confirm(words))
    shares = split_entropy(entropy_from_words(words), count, threshold)
    sheets = [_sheet(share, place, count, threshold) for place, share in enumerate(shares, 1)]
    files: list[str] = []
    if out is not None:
        out.mkdir(mode=0o700, parents=True, exist_ok=True)
        for place, sheet in enumerate(sheets, 1):
            path = out / f"share-{place}-of-{count}.txt"
            write_new_file(path, sheet.encode())
            files.append(str(path))
    if wants_json():
        print_json(
            {
                "threshold": threshold,
                "shares": None if out is not None else [list(share) for share in shares],
                "files": files,
            }
        )
    elif out is not None:
        for file in files:
            print_line(file)
    else:
        print_line("\n".join(sheets).rstrip("\n"))
    warn("these are shown this once: print each, give them to different people")


@recovery.command("combine", example="satchel recovery combine one.txt two.txt --out words.txt")
@click.argument("files", type=click.Path(path_type=Path), nargs=-1, metavar="[FILE]...")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    required=True,
    help="A new file for the 24 words, for --recovery; delete it afterwards.",
)
def combine(files: tuple[Path, ...], out: Path) -> None:
    """Bring the recovery words back from enough shares.

    The shares are in FILEs, or come from stdin, or are typed without being shown. The words are
    never shown: they go to the new file, which every `--recovery FILE` takes.
    """
    from node.keystore.recovery import words_from_entropy
    from node.keystore.shares import combined_entropy, shares_from_text

    if files:
        texts = [read_text(path, _SHARES_LENGTH_CHARS_MAX) for path in files]
        shares = [share for text in texts for share in shares_from_text(text)]
    elif sys.stdin.isatty():
        shares = _typed_shares()
    else:
        shares = shares_from_text(read_text(STANDARD, _SHARES_LENGTH_CHARS_MAX))
    words = words_from_entropy(combined_entropy(shares))
    write_new_file(out, (" ".join(words) + "\n").encode())
    if wants_json():
        print_json({"file": str(out), "shares": len(shares)})
    else:
        print_line(f"the recovery words are in {out}")
    warn("whoever has this file is the root", "delete it when `--recovery` has been used")


def _typed_shares() -> list[tuple[str, ...]]:
    """Ask for shares one by one, unshown, until there are as many as the first one says."""
    from node.keystore.shares import shares_from_text, shares_needed

    shares: list[tuple[str, ...]] = []
    needed = 1
    while len(shares) < needed:
        typed = shares_from_text(getpass.getpass(f"share {len(shares) + 1} (not shown): "))
        if not typed:
            raise click.Abort
        shares += typed
        needed = shares_needed(shares[0])
    return shares


def _sheet(share: tuple[str, ...], place: int, count: int, threshold: int) -> str:
    """One share as it is printed."""
    lines = [f"# recovery share {place} of {count}: any {threshold} bring the words back"]
    for start in range(0, len(share), _WORDS_A_LINE):
        row = enumerate(share[start : start + _WORDS_A_LINE], start + 1)
        lines.append("".join(f"{at:2}. {word}".ljust(_COLUMN_WIDTH) for at, word in row).rstrip())
    return "\n".join(lines) + "\n"
