"""No plaintext: no name of a patient on any wire, in any log, in any file of any home.

Decrypted stores are looked at too: only the indexes that searching needs may hold names, and those
of nodes that read nothing hold none (DESIGN section 6, at rest).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scenarios.checking.check import Check
from scenarios.checking.entitled import Entitled
from scenarios.checking.evidence import rows_of
from scenarios.checking.wire import names_within, runs_of_letters
from scenarios.engine.member import Member
from scenarios.world.world import World

_FOR_SEARCH: Final = frozenset({"faces", "spellings", "sounds", "named", "face_terms"})
"""What lists and search need: names as they are, or as they sound."""
_FOR_MATCHING: Final = frozenset({"matching_people"})
"""What is compared to find one person twice."""
_ROWS_MAX: Final = 5_000
"""So many rows of a table are looked at, from its beginning and from its end."""
_PIECE_SIZE_BYTES: Final = 1 << 20
_OVERLAP_SIZE_BYTES: Final = 256


def no_plaintext(world: World) -> Check:
    """Look for names on wires, in logs, in files and in the tables of stores."""
    names, wire, entitled = world.ledger.names, world.wire, Entitled(world)
    found = [
        f"{len(leaked)} on a wire" for leaked in [names_within(wire.on_wires, names)] if leaked
    ]
    found += [f"{len(leaked)} in a log" for leaked in [names_within(wire.in_logs, names)] if leaked]
    size = files = 0
    for name, member in world.members.items():
        for path in sorted(member.home.rglob("*")):
            if path.is_file():
                files += 1
                size += path.stat().st_size
                runs = set(_runs_in_file(path)) | set(runs_of_letters(path.name.encode()))
                if names_within(runs, names):
                    found.append(f"in {path.name} of {name}")
        allowed = frozenset() if entitled.is_relay(name) else _FOR_SEARCH | _FOR_MATCHING
        for table in _tables(member):
            if table not in allowed and names_within(set(_runs_in_table(member, table)), names):
                found.append(f"in the table {table} of {name}")
    told = (
        f"{len(names)} names; {wire.frames} frames ({wire.size_bytes / 1e6:.1f} MB),"
        f" {wire.lines} log lines, {files} files ({size / 1e6:.1f} MB), every table"
    )
    if found:
        return Check("no plaintext", False, f"{'; '.join(found[:3])}: {told}")
    return Check("no plaintext", True, told)


def _runs_in_file(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        before = b""
        while piece := file.read(_PIECE_SIZE_BYTES):
            yield from runs_of_letters(before + piece)
            before = piece[-_OVERLAP_SIZE_BYTES:]


def _tables(member: Member) -> list[str]:
    return [
        str(name)
        for (name,) in rows_of(member, "SELECT name FROM sqlite_schema WHERE type = 'table'")
    ]


def _runs_in_table(member: Member, table: str) -> Iterator[bytes]:
    """The runs of letters in a table's values; of a long one, in its first and last rows."""
    keyed = rows_of(member, f'SELECT * FROM "{table}" LIMIT {_ROWS_MAX}')  # noqa: S608 (the schema's own name)
    if len(keyed) == _ROWS_MAX:
        count = rows_of(member, f'SELECT count(*) FROM "{table}"')[0][0]  # noqa: S608 (as above)
        rest = (
            f'SELECT * FROM "{table}" LIMIT {_ROWS_MAX} OFFSET {max(_ROWS_MAX, count - _ROWS_MAX)}'  # noqa: S608 (as above)
        )
        keyed += rows_of(member, rest)
    for row in keyed:
        for value in row:
            if isinstance(value, bytes):
                yield from runs_of_letters(value)
            elif isinstance(value, str):
                yield from runs_of_letters(value.encode(errors="surrogatepass"))
