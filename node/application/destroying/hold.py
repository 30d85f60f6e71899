"""Whether a shred's hold is over, judged so that no wrong clock destroys anything early.

A clock that is fast, here or where the shred was ordered, must not shorten a hold. So a node waits
until its own clock is past the hold's end, *and* until it has itself watched as much time go by as
the hold is long, since it learnt of the shred. Between two looks at most a few days count, unless
an operation by a paired node's device was stamped later: then two clocks agree.
"""

import dataclasses

from node.application.context import Context
from node.limits import shred_watch_step_milliseconds_max
from node.store.shreds import WatchedShred
from sync.clock import stamp_milliseconds
from sync.identifiers import is_instance_of


def is_due(shred: WatchedShred, now_milliseconds: int) -> bool:
    """Whether a shred is to be carried out now."""
    return (
        not shred.cancelled
        and now_milliseconds >= shred.not_before_milliseconds
        and is_watched_through(shred)
    )


def is_watched_through(shred: WatchedShred) -> bool:
    """Whether this node has seen the whole hold go by."""
    return shred.watched_milliseconds >= shred.hold_milliseconds


def watch(context: Context, shred: WatchedShred, now_milliseconds: int) -> WatchedShred:
    """A shred with the time since the last look added to what was watched."""
    if is_watched_through(shred):
        return shred
    passed = max(0, now_milliseconds - shred.seen_at_milliseconds)
    counted = believed(context, shred, passed)
    return dataclasses.replace(
        shred,
        seen_at_milliseconds=time_now(context, now_milliseconds),
        watched_milliseconds=shred.watched_milliseconds + counted,
    )


def time_now(context: Context, now_milliseconds: int) -> int:
    """The time of a look: this node's, unless it holds something that was written later.

    A clock that was behind, and is put right, must not make the time between count.
    """
    return max(now_milliseconds, stamp_milliseconds(context.store.shreds.latest_stamp()))


def believed(context: Context, shred: WatchedShred, passed_milliseconds: int) -> int:
    """How much of the time since the last look counts."""
    if passed_milliseconds <= shred_watch_step_milliseconds_max:
        return passed_milliseconds
    elsewhere = latest_elsewhere(context) - shred.seen_at_milliseconds
    return max(shred_watch_step_milliseconds_max, min(passed_milliseconds, elsewhere))


def latest_elsewhere(context: Context) -> int:
    """The latest believable stamp by a paired node's device, in milliseconds since 1970; or 0."""
    devices = [peer.device for peer in context.store.peers.all()]
    return max(
        (
            stamp_milliseconds(stamp)
            for instance, stamp in context.store.shreds.latest_stamps()
            if any(is_instance_of(instance, device) for device in devices)
        ),
        default=0,
    )
