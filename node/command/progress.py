"""Progress bars on stderr, when a person looks and the work is long enough to be watched."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from node.command.telling import wants_json

Progress = Callable[[str, int, int | None], None]


@contextmanager
def progress_bar(what: str, *, of_bytes: bool = False) -> Iterator[Progress]:
    """Give a function that moves a bar; it does nothing unless stderr is a terminal.

    `what` is our own word for the work: a title never names a patient or a file.
    """
    if wants_json() or not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn

    amounts = DownloadColumn() if of_bytes else MofNCompleteColumn()
    columns = (TextColumn("{task.description}"), BarColumn(), amounts)
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None)

        def move(_what: str, done: int, total: int | None) -> None:
            bar.update(task, completed=done, total=total)

        yield move
