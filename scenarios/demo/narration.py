"""What a person sees of the demo: a few lines, a bar while they wait, a table at the end."""

import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from node.command.telling import clean, print_line, print_wrapped, terminal_width
from scenarios.demo.checks import Check

if TYPE_CHECKING:
    from rich.progress import Progress

COMMANDS_TOTAL: Final = 127
"""How many commands the story has; the bar's length, held by a test."""


class Narrator:
    """Tells the story; with `silent` it says nothing (`--json`)."""

    def __init__(self, *, silent: bool) -> None:
        """Begin; a bar is shown on stderr only when a person looks."""
        self._silent = silent
        self._bar = _bar() if not silent and sys.stderr.isatty() else None
        self.commands = 0

    def moved(self) -> None:
        """A command of a node was done. Called by the acts' threads."""
        self.commands += 1
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], advance=1)

    def act(self, title: str) -> None:
        """A new act begins."""
        self._say(lambda: print_line(f"\n{title}"))

    def tell(self, text: str) -> None:
        """A line of the story; what came from records in it was cleaned by `cell`."""
        self._say(lambda: print_wrapped(text, "  "))

    def conclude(self, checks: Sequence[Check], seconds: float) -> None:
        """The table of what was checked, once the bar is gone."""
        if not self._silent:
            _table(checks, seconds)

    def _say(self, say: Callable[[], object]) -> None:
        if self._silent:
            return
        if self._bar is None:
            say()
            return
        self._bar.stop()  # its line goes, so that stdout's own can come
        say()
        self._bar.start()

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()


def _bar() -> "Progress":
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TimeElapsedColumn

    columns = (BarColumn(bar_width=40), TimeElapsedColumn())
    console = Console(stderr=True)
    bar = Progress(
        *columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False
    )
    bar.add_task("demo", total=COMMANDS_TOTAL)
    return bar


def _table(checks: Sequence[Check], seconds: float) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("check", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("figure")
    for check in checks:
        result = Text("ok", "green") if check.passed else Text("FAILED", "bold red")
        table.add_row(Text(check.name), result, Text(clean(check.detail)))
    console = Console(file=sys.stdout, width=terminal_width(), highlight=False)
    console.print(table)
    failed = sum(not check.passed for check in checks)
    outcome = f"{failed} of {len(checks)} failed" if failed else f"all {len(checks)} hold"
    console.print(f"{outcome}, after {seconds:.0f} s", markup=False)
