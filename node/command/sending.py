"""`--pay` of commands that write to the registry: send what waits at once, its cost shown first."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from node.client import NodeRefused, chain_calls
from node.command.files import read_text
from node.command.progress import progress_bar
from node.command.registry import check_asked
from node.command.registry_sync import tell_plan
from node.command.telling import cell, note, plural, print_line, wants_json, warn

if TYPE_CHECKING:
    from node.running.reach import Reach

_KEY_LENGTH_CHARS_MAX: Final = 200


@dataclass(frozen=True)
class Payment:
    """What `--pay`, `--url`, `--payer` and `--yes` said."""

    pay: bool
    url: str | None
    key: str | None
    yes: bool

    def learn(self, reach: "Reach") -> None:
        """Meet the chain before, where it will be paid: what is said may depend on its facts."""
        if self.pay:
            with progress_bar("meeting the chain") as progress:
                reach.ask(chain_calls.registry_sync(self.url, payer_key=self.key), progress)

    def send(self, reach: "Reach") -> dict[str, Any]:
        """Send what waits in the outbox, having shown what it costs; nothing without `--pay`."""
        if not self.pay:
            return {"sent": 0}
        with progress_bar("meeting the chain") as progress:
            with _kept():
                found = reach.ask(chain_calls.registry_sync(self.url, payer_key=self.key), progress)
            planned = found["plan"]
            if planned is None or not planned["transactions"]:
                told = {"sent": 0, "outbox": found["outbox"]}
                return told | ({"unpayable": found["unpayable"]} if found["unpayable"] else {})
            if not wants_json():
                tell_plan(planned)
            if not self.yes:
                click.confirm("Pay for it?", abort=True, err=True)
            paying = chain_calls.registry_sync(
                self.url, pay=True, payer_key=self.key, wei_max=planned["wei_max"]
            )
            with _kept():
                paid = reach.ask(paying, progress)
            if paid["sent"]:  # what it changed is known here from then on, where it is final
                reach.ask(chain_calls.registry_sync(self.url, payer_key=self.key), progress)
        return {"sent": paid["sent"], "gas": planned["gas"], "outbox": paid["outbox"]}

    def tell(self, sent: dict[str, Any], *, queued: bool) -> None:
        """Say what was sent, or how that is done."""
        if self.pay:
            print_line(f"{plural(sent['sent'], 'transaction')} sent")
            waiting = sent.get("outbox", {}).get("waiting", 0)
            if sent.get("unpayable"):
                warn(f"{waiting:,} in the outbox not sent: {cell(sent['unpayable'])}")
            elif waiting:
                warn(f"{waiting:,} in the outbox not sent", "`satchel registry outbox` says why")
        elif queued:
            note("nothing was spent: `satchel registry sync --pay` sends it")


@contextmanager
def _kept() -> Iterator[None]:
    """Say that what was asked for is queued already, where the chain then fails: once is enough."""
    try:
        yield
    except NodeRefused:
        note("it waits in the outbox: `satchel registry sync --pay` sends it")
        raise


def payment_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command `--pay`, `--url`, `--payer`, `--yes`, as one argument `payment`."""

    @click.option("--pay", is_flag=True, help="Send it now, after showing what it costs.")
    @click.option("--url", metavar="URL", help="The chain's endpoint; else the network file's.")
    @click.option(
        "--payer",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A file with the key that pays, 64 hexadecimal digits; - for stdin.",
    )
    @click.option("--yes", is_flag=True, help="Do not ask.")
    @functools.wraps(command)
    def with_payment(
        *arguments: Any, pay: bool, url: str | None, payer: Path | None, yes: bool, **options: Any
    ) -> Any:
        if pay:
            check_asked(yes=yes)
        key = None if payer is None else read_text(payer, _KEY_LENGTH_CHARS_MAX)
        return command(*arguments, payment=Payment(pay, url, key, yes), **options)

    return with_payment
