"""Every secret within a device's reach: what its keystore and store hold, and what it could open.

Checkers of consent try these on every body. Boxes and letters are opened by PyNaCl, wherever they
lie: a device that was stolen may get hold of anybody's ciphertext.
"""

from collections.abc import Iterator
from typing import Final

import cbor2
from nacl.bindings import crypto_box_seal_open, crypto_scalarmult_base
from nacl.exceptions import CryptoError

from scenarios.checking.evidence import Evidence, rows_of
from scenarios.engine.member import Member
from scenarios.world.world import World
from sync.acts import Keys, Rekey
from sync.identifiers import parse_chart_text

_KEY_SIZE_BYTES: Final = 32
_ZERO: Final = bytes(_KEY_SIZE_BYTES)


class Reach:
    """The secrets of one member's device."""

    def __init__(self, world: World, evidence: Evidence, member: Member) -> None:
        """Take what its keystore holds."""
        self._world = world
        self._evidence = evidence
        self._member = member
        secrets = member.running._keystore.secrets
        private = [secrets.device_sealing_secret, *secrets.group_secrets.values()]
        self._private = {crypto_scalarmult_base(secret): secret for secret in private}
        self.secrets = frozenset(
            {
                *private,
                secrets.device_seed,
                secrets.organisation_secret,
                secrets.owner_seed,
                secrets.store_key,
                _ZERO,
            }
        )

    def keys(self, chart: str) -> set[bytes]:
        """What may be the key of anything in a chart."""
        found = set(self.secrets)
        statement = "SELECT key FROM epoch_keys JOIN charts USING (n) WHERE chart = ?"
        raw = parse_chart_text(chart)
        found |= {bytes(key) for (key,) in rows_of(self._member, statement, raw)}
        for to, sealed in self._boxes(chart):
            opened = self._open(to, sealed)
            if opened is not None:
                found |= {opened} if len(opened) == _KEY_SIZE_BYTES else set(_letter_keys(opened))
        return found

    def _boxes(self, chart: str) -> Iterator[tuple[bytes, bytes]]:
        for operation in self._evidence.by_chart[chart]:
            for act in operation.acts:
                if isinstance(act, Rekey):
                    yield from act.boxes
                elif isinstance(act, Keys):
                    yield act.box
        statement = "SELECT encoded FROM letters JOIN charts USING (n) WHERE chart = ?"
        raw = parse_chart_text(chart)
        seen: set[bytes] = set()
        for member in self._world.members.values():
            for (encoded,) in rows_of(member, statement, raw):
                if encoded not in seen:
                    seen.add(encoded)
                    letter = cbor2.loads(encoded)
                    yield letter[2], letter[4]

    def _open(self, to: bytes, sealed: bytes) -> bytes | None:
        private = self._private.get(bytes(to))
        if private is None:
            return None
        try:
            return crypto_box_seal_open(sealed, bytes(to), private)
        except (CryptoError, ValueError, TypeError):
            return None


def _letter_keys(content: bytes) -> Iterator[bytes]:
    """The keys that a letter hands over, beside the charter."""
    for key in cbor2.loads(content)[1]:
        yield bytes(key)
