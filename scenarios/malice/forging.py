"""Forge: bodies, headers and signatures that are not their author's; others' names; letters."""

import random
from collections.abc import Sequence
from typing import Final

from scenarios.malice.drafts import Drafts, DraftsView
from scenarios.malice.false_shelf import FalseShelf
from scenarios.malice.hostile import Owner, running
from scenarios.malice.masked import Masked, lying
from sync.clock import Stamp
from sync.digest import Place
from sync.header import parse_header
from sync.identifiers import ActId, DeviceKey, operation_id
from sync.operation import DOMAIN, Operation
from sync.session.replica import Replica
from sync.session.shelf import Shelf

_CHARTS_A_SESSION: Final = 2
_LEFT_AS_IT_IS_SHARE: Final = 0.2


class _ForgedView(DraftsView):
    """Alters what is sent of others."""

    def __init__(self, real: Replica, forge: "Forge", trick: str) -> None:
        super().__init__(real, forge.drafts)
        self._forge = forge
        self._trick = trick

    def shelf(self, peer: DeviceKey) -> Shelf:
        """The attachments, perhaps with others' bytes."""
        return FalseShelf(self._real.shelf(peer), self._trick, self._forge.draws)

    def served(self, operation: Operation) -> Operation:
        """An operation of somebody else with something changed in it, now and then."""
        draws = self._forge.draws
        if (
            operation.prefix.device == self._forge.owner.device
            or draws.random() < _LEFT_AS_IT_IS_SHARE
        ):
            return operation
        return self._forge.altered(operation, self._trick)


class Forge:
    """Sends what its authors did not write."""

    kind = "forge"
    TRICKS: Final = (
        *("body", "header", "signature", "author", "instance", "no right", "bare"),
        *("pieces", "manifests"),
    )

    def __init__(self, owner: Owner, draws: random.Random, trick: str | None = None) -> None:
        """Forge in one way, or in each session in another."""
        self.owner = owner
        self.draws = draws
        self.drafts = Drafts(owner, draws)
        self._trick = trick

    def session(self, peer: DeviceKey, *, initiator: bool) -> Masked:
        """A session in which something is forged."""
        trick = self._trick or self.draws.choice(self.TRICKS)
        if trick in ("author", "instance", "no right"):
            for chart in self.drafts.charts(_CHARTS_A_SESSION):
                replica = self.drafts.replica(chart)
                for lane in replica.charter.lane_ids:
                    logs = [one for one in replica.operations.values() if one.prefix.lane == lane]
                    self._write(trick, Place(chart, lane), logs)
        return lying(
            self.owner, peer, lambda real: _ForgedView(real, self, trick), initiator=initiator
        )

    def _write(self, trick: str, place: Place, logs: Sequence[Operation]) -> None:
        """Add an operation in somebody's name, or instance, or without a right."""
        others = [one for one in logs if one.prefix.device != self.owner.device]
        if not others:
            return
        last = max(others, key=lambda one: (one.prefix.sequence, one.id))
        if trick == "no right":
            self.drafts.write(*place, b"", under=ActId(self.draws.randbytes(16)))
        elif trick == "instance":
            instance = last.prefix.instance
            if not any(one.prefix.instance == instance for one in self.drafts.by_place[place]):
                self.drafts.write(*place, b"", under=last.prefix.under, instance=instance)
        else:
            self.drafts.add(self._in_name_of(last))

    def _in_name_of(self, last: Operation) -> Operation:
        """The next operation of somebody's log, signed by somebody else."""
        prefix = last.prefix._replace(sequence=last.prefix.sequence + 1, previous=last.id)
        return self._signed_here(prefix.encoded() + last.header[len(last.associated) :], last)

    def altered(self, operation: Operation, trick: str) -> Operation:
        """An operation as a forger sends it."""
        body = operation.body
        if trick == "bare":
            return operation.without_body()
        if trick == "body" and body:
            place = self.draws.randrange(len(body))
            changed = body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]
            return _with(operation, operation.header, operation.signature, changed)
        if trick == "header":
            prefix = operation.prefix._replace(stamp=Stamp(operation.prefix.stamp + 1))
            header = prefix.encoded() + operation.header[len(operation.associated) :]
            return Operation(
                prefix,
                header,
                operation.signature,
                operation.body_hash,
                operation.body_size_bytes,
                body,
            )
        if trick == "signature":
            return self._signed_here(operation.header, operation)
        return operation

    def _signed_here(self, header: bytes, like: Operation) -> Operation:
        signer = running(self.owner).context.identity.signer
        signature = signer.sign(DOMAIN, operation_id(header))
        return _with(like, header, signature, like.body)


def _with(like: Operation, header: bytes, signature: bytes, body: bytes | None) -> Operation:
    prefix, body_hash, size = parse_header(header)
    return Operation(prefix, header, signature, body_hash, size, body)
