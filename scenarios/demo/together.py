"""Nodes that work at the same time: each part in a thread, the first failure ends them all."""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from scenarios.demo.processes import Processes


def together(processes: Processes, *parts: Callable[[], object]) -> None:
    """Do all parts at once. Ends the processes and raises when one fails or a person stops it."""
    with ThreadPoolExecutor(len(parts)) as pool:
        doing = [pool.submit(part) for part in parts]
        try:
            done, _ = wait(doing, return_when=FIRST_EXCEPTION)
            for one in done:
                one.result()
        except BaseException:
            # The threads wait for their commands: those end first.
            processes.end()
            raise
