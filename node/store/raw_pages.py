"""The pages of the database as they lie in the files, decrypted: free ones and old ones as well.

SQLite shows only what is in tables. Whether something destroyed is really gone is a question to
the bytes, so this reads the files themselves, the database and its write-ahead log. The format is
SQLCipher 4's (https://www.zetetic.net/sqlcipher/design/): pages of 4096 bytes, each AES-256-CBC
with its IV and an HMAC-SHA512 over ciphertext, IV and page number in its last 80 bytes; in the
first page 16 bytes of salt come first.
"""

import hashlib
import hmac
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

PAGE_SIZE_BYTES: Final = 4096
_SALT_SIZE_BYTES: Final = 16
_IV_SIZE_BYTES: Final = 16
_RESERVED_SIZE_BYTES: Final = 80
_HMAC_SALT_MASK: Final = 0x3A
_HMAC_KEY_ROUNDS: Final = 2
_WAL_HEADER_SIZE_BYTES: Final = 32
_WAL_FRAME_HEADER_SIZE_BYTES: Final = 24


class RawPage(NamedTuple):
    """One page in a file. `content` is None where it does not authenticate under the key."""

    number: int
    content: bytes | None


class PageReader:
    """Decrypts the pages of one database under its raw key of 32 bytes."""

    def __init__(self, path: Path, key: bytes) -> None:
        """Read the salt from the file's start."""
        self._path = path
        self._key = key
        with path.open("rb") as file:
            salt = file.read(_SALT_SIZE_BYTES)
        masked = bytes(byte ^ _HMAC_SALT_MASK for byte in salt)
        self._hmac_key = hashlib.pbkdf2_hmac("sha512", key, masked, _HMAC_KEY_ROUNDS, 32)

    def database(self) -> Iterator[RawPage]:
        """Every page of the database file, in use or free."""
        with self._path.open("rb") as file:
            number = 1
            while page := file.read(PAGE_SIZE_BYTES):
                yield self._opened(number, page)
                number += 1

    def log(self) -> Iterator[RawPage]:
        """Every page in the write-ahead log, those included that no reader would look at."""
        wal = self._path.with_name(self._path.name + "-wal")
        if not wal.exists():
            return
        with wal.open("rb") as file:
            file.read(_WAL_HEADER_SIZE_BYTES)
            while header := file.read(_WAL_FRAME_HEADER_SIZE_BYTES):
                yield self._opened(int.from_bytes(header[:4], "big"), file.read(PAGE_SIZE_BYTES))

    def _opened(self, number: int, page: bytes) -> RawPage:
        start = _SALT_SIZE_BYTES if number == 1 else 0
        end = PAGE_SIZE_BYTES - _RESERVED_SIZE_BYTES
        sealed, iv = page[start:end], page[end : end + _IV_SIZE_BYTES]
        tag = page[end + _IV_SIZE_BYTES :]
        expected = hmac.digest(
            self._hmac_key, sealed + iv + number.to_bytes(4, "little"), hashlib.sha512
        )
        if not hmac.compare_digest(tag, expected):
            return RawPage(number, None)
        # Loading it takes longer than most of what a command does, and few read raw pages.
        from Crypto.Cipher import AES

        return RawPage(number, AES.new(self._key, AES.MODE_CBC, iv).decrypt(sealed))
