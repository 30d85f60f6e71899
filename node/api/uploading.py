"""Takes a file in as it arrives; `service` calls it for the acts that can be larger than memory.

Reading a piece is work for a processor alone and waits for nobody; writing takes its turn with the
node's other work, a batch at a time. The next piece is asked for when the last is done with, so a
client that is quicker than the disk waits at its socket.
"""

from collections.abc import Callable
from contextlib import aclosing

import trio
from starlette.requests import Request

from node.api.facade import Intake, Progress, Result


async def take_in(
    request: Request, open_intake: Callable[[], Intake], work: trio.Lock, progress: Progress
) -> Result:
    """Take the body of a request in. `work` is held while the store is used.

    Raises what the intake raises, after the rest of the body was read and dropped, because a client
    hears of an error when it has sent all; and ClientDisconnect where that never came.
    """
    in_thread = trio.to_thread.run_sync
    async with aclosing(request.stream()) as pieces:
        try:
            async with work:
                intake = await in_thread(open_intake)
            try:
                async for piece in pieces:
                    await in_thread(intake.feed, piece, progress)
                    while intake.ready:
                        async with work:
                            await in_thread(intake.commit, progress)
                async with work:
                    return await in_thread(intake.finish, progress)
            except BaseException:
                intake.abandon()
                raise
        except Exception:
            async for _ in pieces:
                pass
            raise
