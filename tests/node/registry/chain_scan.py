"""Everything that a development chain holds, searched for what must not be there in any form."""

import base64
import hashlib
from collections.abc import Iterable

from contracts.development.chain import DevelopmentChain
from node.registry.keccak import keccak

LENGTH_BYTES_MIN = 4
"""Shorter forms turn up by chance: a chain of some hundred kilobytes has every three bytes."""


def cells(chain: DevelopmentChain) -> set[bytes]:
    """Every row of every table of its file: trie nodes, storage, calldata, receipts, logs."""
    run = chain.node_database.connection.execute
    tables = [row[0] for row in run("SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {
        value if isinstance(value, bytes) else str(value).encode()
        for table in tables
        for row in run(f'SELECT * FROM "{table}"')  # noqa: S608 (the schema's own names)
        for value in row
    }


def joined(found: Iterable[bytes]) -> bytes:
    """Cells as one text to search, none running into the next."""
    return b"\xff\x00\xff".join(found)


def forms(secret: bytes) -> dict[str, bytes]:
    """How a value could be written: as it is, encoded, or hashed without a salt."""
    plain = {"bytes": secret}
    try:
        words = secret.decode()
    except UnicodeDecodeError:
        pass
    else:
        plain |= {"utf-16-le": words.encode("utf-16-le"), "utf-16-be": words.encode("utf-16-be")}
        plain |= {"lower": words.lower().encode(), "upper": words.upper().encode()}
    found = dict(plain)
    for name, value in plain.items():
        found[f"hex of {name}"] = value.hex().encode()
        found[f"HEX of {name}"] = value.hex().upper().encode()
        for digest in ("sha256", "sha3_256", "blake2s"):
            found[f"{digest} of {name}"] = hashlib.new(digest, value).digest()
        found[f"blake2b of {name}"] = hashlib.blake2b(value).digest()
        found[f"blake2b-256 of {name}"] = hashlib.blake2b(value, digest_size=32).digest()
        found[f"keccak of {name}"] = keccak(value)
        found[f"address of {name}"] = keccak(value)[-20:]
        for shift in range(3):  # base64 of it within something longer
            inner = base64.b64encode(bytes(shift) + value)[4 if shift else 0 :]
            cut = inner[: len(inner) // 4 * 4 - 4]
            found[f"base64 of {name}, {shift}"] = cut
            found[f"base64url of {name}, {shift}"] = base64.urlsafe_b64encode(bytes(shift) + value)[
                4 if shift else 0 :
            ][: len(cut)]
    return {name: form for name, form in found.items() if len(form) >= LENGTH_BYTES_MIN}


def leaks(content: bytes, secrets: Iterable[bytes]) -> list[str]:
    """Which forms of which secrets (by their place) are in it."""
    return [
        f"secret {place}: {name}"
        for place, secret in enumerate(secrets)
        for name, form in forms(secret).items()
        if form in content
    ]


def words_of(calldata: bytes) -> set[bytes]:
    """The 32-byte words of a call's arguments."""
    return {calldata[at : at + 32] for at in range(4, len(calldata), 32)}
