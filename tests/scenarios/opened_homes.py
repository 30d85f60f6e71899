"""Small opened homes for the demo's tests: sealed operations, and who holds which key."""

from scenarios.demo.opened_home import OpenedHome
from sync.act_codec import encode_deed
from sync.acts import Box, Deed, Rekey
from sync.body import seal_body
from sync.clock import Stamp
from sync.identifiers import (
    ActId,
    ChartId,
    EpochKey,
    InstanceId,
    LaneId,
    epoch_id,
)
from sync.operation import HeaderPrefix, Operation, sign_operation
from sync.sealing import Opener, seal
from sync.signing import Signer

CHART = ChartId(b"c" * 32)
LANE = LaneId(b"lanelane")
BEFORE_KEY = EpochKey(b"b" * 32)
AFTER_KEY = EpochKey(b"a" * 32)
REMOVED = Opener(b"r" * 32)
REMAINING = Opener(b"m" * 32)
_SIGNER = Signer(b"s" * 32)


def sealed(content: bytes, key: EpochKey, instance: bytes) -> Operation:
    """An operation whose body opens with a key; each instance's first."""
    prefix = HeaderPrefix(
        chart=CHART,
        lane=LANE,
        device=_SIGNER.public,
        instance=InstanceId(instance * 16),
        sequence=0,
        previous=None,
        stamp=Stamp(1),
        epoch=epoch_id(CHART, LANE, key),
        under=ActId(b"u" * 16),
    )
    return sign_operation(prefix, seal_body(content, key, prefix.encoded(), b"n" * 24), _SIGNER)


def boxed_for(recipient: Opener) -> Operation:
    """An access entry that gives the later key to one recipient."""
    box = Box(recipient.public, seal(AFTER_KEY, recipient.public, b"e" * 32))
    epoch = epoch_id(CHART, LANE, AFTER_KEY)
    deed = Deed((Rekey(LANE, 1, epoch, (box,), frozenset()),))
    return sealed(encode_deed(deed), BEFORE_KEY, b"d")


BEFORE = sealed(b"Condition c0", BEFORE_KEY, b"1")
AFTER = sealed(b"Condition c1", AFTER_KEY, b"2")


def opened_home(
    *operations: Operation,
    keys: tuple[EpochKey, ...] = (),
    openers: tuple[Opener, ...] = (),
) -> OpenedHome:
    """What a home gives away."""
    return OpenedHome((), operations, keys, openers)
