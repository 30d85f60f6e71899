"""The entry point of `satchel`: parses, runs a command, and says what went wrong.

Importing it, and asking for help, loads neither an event loop nor libp2p nor web3.
"""

import gc
import os
import signal
import sys
from collections.abc import Sequence
from typing import Final

import click

from node.command.shape import Lazy, SatchelGroup
from node.command.telling import tell_failure
from node.exits import ExitCode
from node.failure import Account, account_of

COLLECTOR_THRESHOLDS: Final = (20_000, 20, 20)
"""How seldom Python looks for circles of objects: an import decodes millions and makes none. With
Python's own thresholds a tenth of its time goes into looking."""

COMMANDS: Final = {
    "init": Lazy("node.command.init:init", "Make a node: its keys, its store, its recovery words."),
    "id": Lazy("node.command.identity:show_identity", "Show who this node is; write its card."),
    "peer": Lazy("node.command.peer:peer", "Pair with other nodes by their cards."),
    "import": Lazy("node.command.importing:import_files", "Take FHIR files into charts."),
    "lanes": Lazy("node.command.lanes:lanes", "Say where resources go, and why."),
    "export": Lazy("node.command.exporting:export", "Write charts as FHIR."),
    "chart": Lazy("node.command.chart:chart", "List charts, show one, tell its history."),
    "search": Lazy("node.command.search:search", "Find a patient by name or number."),
    "record": Lazy("node.command.record:record", "Write in one chart."),
    "serve": Lazy("node.command.serve:serve_node", "Answer peers until stopped."),
    "sync": Lazy("node.command.sync:sync", "Meet a peer: send and take what both may have."),
    "grant": Lazy("node.command.grant:grant", "Give access to a chart, or to all."),
    "revoke": Lazy("node.command.revoke:revoke", "End access to a chart, or to all."),
    "break-glass": Lazy(
        "node.command.break_glass:break_glass", "Read a summary in an emergency, on the record."
    ),
    "handover": Lazy("node.command.handover:handover", "Hand a chart over to its patient."),
    "consent": Lazy("node.command.consent:consent", "Policies, and who asks for access."),
    "shred": Lazy("node.command.shred:shred", "Destroy a chart or a lane, after a hold."),
    "conflicts": Lazy("node.command.conflicts:conflicts", "Settle what was written apart."),
    "duplicates": Lazy(
        "node.command.duplicates:duplicates", "Look at people who may be here twice."
    ),
    "link": Lazy("node.command.linking:link", "Say that two charts are of one person."),
    "unlink": Lazy("node.command.linking:unlink", "Take two linked charts apart again."),
    "quarantine": Lazy("node.command.quarantine:quarantine", "Take in what waits for a person."),
    "audit": Lazy("node.command.audit:audit", "Check everything that is stored."),
    "registry": Lazy(
        "node.command.registry:registry", "Meet the shared registry; say what is known of it."
    ),
    "network": Lazy("node.command.network:network", "Show and check the registry's network file."),
    "checkpoint": Lazy(
        "node.command.checkpoint:checkpoint", "Vouch for blocks of the registry's chain."
    ),
    "org": Lazy("node.command.organisation:org", "Accredit and show organisations; change a key."),
    "council": Lazy("node.command.council:council", "Decide as a council: propose, sign, execute."),
    "credential": Lazy(
        "node.command.credential:credential", "Vouch for devices and people, and end that."
    ),
    "device": Lazy("node.command.device:device", "Take further devices into the organisation."),
    "doctor": Lazy("node.command.doctor:doctor", "Say what is amiss, and what to do."),
    "recovery": Lazy("node.command.recovery:recovery", "Confirm the recovery words; make shares."),
    "chain": Lazy("node.command.chain:chain", "Run a development chain; deploy the registry."),
    "version": Lazy("node.command.version:version", "Print the version."),
}

satchel = SatchelGroup(
    "satchel",
    lazy=COMMANDS,
    open_to_others=True,
    example="satchel init --name riverside\nsatchel import patients/",
    help="A patient's health record, kept by the people who care for them.",
)


@satchel.result_callback()
def _end(code: object, **_options: object) -> int:
    """A command returns its exit code, or None when everything was done."""
    return int(code) if isinstance(code, int) else int(ExitCode.ALL_TAKEN)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and end the process with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    gc.set_threshold(*COLLECTOR_THRESHOLDS)
    sys.exit(run(given))


def run(arguments: list[str]) -> int:
    """Run one command; returns its exit code."""
    as_json = "--json" in arguments
    try:
        code = satchel.main(arguments or ["--help"], prog_name="satchel", standalone_mode=False)
        return int(code or 0)
    except click.ClickException as error:
        tell_failure(_usage_account(error), as_json=as_json)
        return int(ExitCode.USAGE)
    except (KeyboardInterrupt, click.Abort):
        return 128 + signal.SIGINT
    except SystemExit as ended:
        # click ends by itself, with 1, where whoever read our output has enough.
        return 128 + signal.SIGPIPE if ended.code == 1 else int(ended.code or 0)
    except BrokenPipeError:
        # Whoever read our output has enough. Python must not stumble over it again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except Exception as error:  # noqa: BLE001 -- the last place that can keep a record's words off stderr
        account = account_of(error)
        tell_failure(account, as_json=as_json)
        return int(account.exit_code)


def _usage_account(error: click.ClickException) -> Account:
    """A usage error in our form; extra words may be a patient's name, and are not repeated."""
    message = error.format_message().strip().rstrip(".")
    if "unexpected extra argument" in message:
        message = "too many arguments: put quotes round a text that has spaces"
    path = (
        error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "satchel"
    )
    message = message[:1].lower() + message[1:]
    return Account(type(error).__name__, message, f"see `{path} -h`", ExitCode.USAGE)
