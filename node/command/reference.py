"""Writes docs/COMMANDS.md from the commands themselves; called by `make docs` and by a test."""

import sys
import textwrap
from collections.abc import Iterator, Mapping
from typing import Final

import click

from node.command.main import satchel
from node.command.shape import SatchelCommand, SatchelGroup
from node.exits import ExitCode

OPENING = """\
# Commands

Made by `make docs`; do not edit. Data goes to stdout, messages to stderr. A command asks the node
that runs in its home; where none runs it starts one for as long as it works, and while another
process has the home without answering it waits 10 s and then exits with 6, naming the process.

These options are accepted before and after every command's name:

"""

RESULTS_OPENING = """\

## Results with `--json`

One line of JSON on stdout. Errors are one line of JSON on stderr:
`{"error": {"class": …, "message": …, "hint": …, "exit_code": …}}`. Keys may be added later.

| command | keys |
|---|---|
"""

_OWN_PACKAGES: Final = frozenset({"scenarios", "tui"})
"""They add their commands by entry points, as anybody may."""

_CONSENT = (
    *("consent", "chart", "kind", "who", "accredited_days", "lanes", "rights", "until"),
    *("stands", "chain", "basis", "ends_with"),
)
_PEER = (
    *("name", "kind", "did", "peer_id", "organisation", "addresses", "network", "shares_network"),
)
_LISTED = (
    *("chart", "name", "birth_date", "gender", "resources", "conflicts", "quarantined", "shred"),
    "linked",
)
_PROPOSAL = (
    *("proposal", "state", "actions", "until", "signed_by", "signatures", "needed", "members"),
    *("missing", "text"),
)
_NETWORK = (
    *("name", "chain", "contracts", "signers", "threshold", "genesis", "development", "urls"),
    *("fingerprint", "words"),
)
_CHECKPOINT = ("block", "hash", "signed", "threshold", "checkpoint")
_SHRED = ("chart", "lanes", "operations", "until")
_TAKEN = (
    *("accepted", "unchanged", "rejected", "rejected_count", "charts", "chart_ids"),
    *("duplicates", "seconds"),
)
_LINKED = ("charts", "linked", "changed", "operations")
_CONFLICT = ("conflict", "chart", "lane", "resource", "elements", "shown", "values")

RESULT_KEYS: Final[Mapping[str, tuple[str, ...]]] = {
    "init": ("did", "peer_id", "recovery_words", "organisation", "name", "kind", "network"),
    "id": (
        *("did", "peer_id", "addresses", "name", "kind", "organisation", "card"),
        *("checkpoint_key", "network", "development"),
    ),
    "peer add": _PEER,
    "peer list": _PEER,
    "peer remove": _PEER,
    "import": _TAKEN,
    "export": ("file", "bytes", "lines", "left_out", "not_here", "missing"),
    "lanes explain": ("resources", "lanes", "rejected", "rejected_count"),
    "lanes list": ("rule", "lane", "meaning", "lists"),
    "chart list": _LISTED,
    "chart show": (
        *("chart", "kind", "name", "birth_date", "gender", "custodian", "registry", "banner"),
        *("conflicts", "quarantined", "unreadable", "incomplete", "shred", "access"),
        *("resources", "linked", "glass", "overrides"),
    ),
    "chart history": (
        *("operation", "lane", "at", "author", "practitioner", "verdict", "labels", "changes"),
    ),
    "search": (*_LISTED, "match"),
    "record add": _TAKEN,
    "serve": ("addresses", "peer_id"),
    "sync": (
        *("sent", "received", "ops_sent", "ops_received", "letters_sent", "letters_received"),
        *("pieces_sent", "pieces_received"),
        *("facts_sent", "facts_received", "deposits_sent", "deposits_received"),
        *("bytes_out", "bytes_in", "round_trips", "refused", "seconds"),
    ),
    "chain serve": ("url", "chain", "development", "state"),
    "chain deploy": (
        *("network", "name", "chain", "fingerprint", "words", "development", "contracts"),
        *("council", "threshold", "genesis", "chosen"),
    ),
    "chain status": (
        *("chain", "software", "head", "head_timestamp", "finalized", "proofs", "development"),
        *("matches_network", "reason", "contracts"),
    ),
    "network show": _NETWORK,
    "network join": (*_NETWORK, "charts_before"),
    "network verify": ("well_formed", "home", "block", "fingerprint", "words"),
    "checkpoint sign": _CHECKPOINT,
    "checkpoint combine": _CHECKPOINT,
    "checkpoint follow": ("signers", "threshold", "block"),
    "registry snapshot save": ("snapshots", "facts", "bytes"),
    "registry snapshot verify": ("ok", "network", "snapshots"),
    "grant": ("to", "charts", "rule", "registry", "override"),
    "revoke": ("from", "charts", "still", "also_ended", "rules_ended"),
    "break-glass": (
        *("chart", "state", "operation", "at", "until", "left_this_hour", "second_people"),
        *("registry", "peers", "met", "readable", "resources"),
    ),
    "handover": ("chart", "to", "root", "roots", "meaning"),
    "consent request": ("request", "chart", "asked"),
    "consent requests": (
        *("request", "chart", "by", "did", "organisation", "lanes", "rights", "reason"),
        *("asked_at", "state", "why", "policy", "decided_at", "registry"),
    ),
    "consent approve": ("request", "chart", "to", "state", "registry"),
    "consent decline": ("request", "chart", "state"),
    "shred": _SHRED,
    "conflicts list": _CONFLICT,
    "conflicts show": _CONFLICT,
    "conflicts resolve": ("conflict", "chart", "operation", "open"),
    "duplicates list": ("likelihood", "score", "charts", "reasons", "against"),
    "duplicates dismiss": ("charts", "dismissed"),
    "link": _LINKED,
    "unlink": _LINKED,
    "quarantine list": (
        *("operation", "chart", "lane", "author", "at", "resources", "readable", "why"),
    ),
    "quarantine accept": ("operation", "chart"),
    "audit verify": (*("ok", "charts", "operations", "audit_entries", "findings", "senseless"),),
    "audit anchor": ("anchored", "entry", "waits", "outbox"),
    "consent policy": _CONSENT,
    "consent grant": (*_CONSENT, "registry", "override"),
    "consent revoke": (*_CONSENT, "ended", "access_ended", "access_stays"),
    "consent list": _CONSENT,
    "device request": ("organisation", "device"),
    "device add": ("device", "name", "organisation", "charts"),
    "device join": ("device", "organisation", "devices"),
    "device remove": ("device", "name", "organisation", "charts", "need_keys"),
    "device list": ("name", "device", "this"),
    "doctor": ("ok", "charts", "operations", "findings"),
    "org accredit": (*_PROPOSAL, "queued", "sent"),
    "org suspend": (*_PROPOSAL, "queued", "sent"),
    "org show": (
        *("organisation", "name", "state", "roles", "since", "until", "standing", "verdict"),
        *("member", "as_of_block", "age_seconds", "age", "disaster_until"),
    ),
    "org rotate": ("state", "organisation", "key", "charts", "without", "queued", "sent"),
    "council propose": _PROPOSAL,
    "council sign": _PROPOSAL,
    "council list": _PROPOSAL,
    "council execute": (*_PROPOSAL, "queued", "sent"),
    "credential issue": ("issuer", "keys", "until", "queued", "not_yet", "sent"),
    "credential revoke": ("issuer", "keys", "queued", "not_yet", "follows", "sent"),
    "credential check": (
        *("key", "issuer", "state", "kind", "issued_at", "until", "revoked_at", "as_of_block"),
        *("age_seconds", "age", "standing", "verdict"),
    ),
    "registry sync": (
        *("chain", "development", "block", "stale_blocks", "signed", "vouched_block"),
        *("adopted_block", "facts", "changed", "alarms", "sent", "plan", "unpayable", "outbox"),
    ),
    "registry status": (
        *("registry", "summary", "adopted", "last_asked", "signer", "signatures", "facts"),
        *("organisations", "peers", "alarms", "outbox"),
    ),
    "registry resolve": (
        *("did", "document", "metadata", "chain", "as_of_block", "as_of_time", "proven", "told"),
    ),
    "registry outbox": (
        *("number", "kind", "contract", "label", "stage", "reason", "put_at", "expires_at"),
        *("transaction", "payer", "block"),
    ),
    "recovery confirm": ("confirmed",),
    "recovery create": ("threshold", "shares", "files"),
    "recovery combine": ("file", "shares"),
    "version": ("version",),
    "demo": ("ok", "checks", "seconds", "commands"),
    "simulate": (
        *("scenario", "seed", "digest", "passed", "checks", "nodes", "virtual_seconds", "seconds"),
        *(
            "acts",
            "sessions",
            "received",
            "bytes",
            "first_seed",
            "tried",
            "failed",
            "detail",
            "replay",
        ),
    ),
}
"""What `--json` prints, by command; a list has a value a line with these keys each."""

RESULTS_END = """
`import`: `charts` is how many were touched, `chart_ids` which; `rejected` has a source and a
reason each, of the first 1,000, and `rejected_count` says how many there were. `export` prints
this with `-o FILE` only, else the export itself. `serve` prints when it is ready.
`shred --list` gives a line a shred: chart, lanes, state, by, asked_at, until, destroyed_at, bodies,
keys, written_again, waiting, checked_at, pages (searched) and found (of those); `shred --cancel`
gives chart, cancelled and too_late (texts destroyed here before). A chart's `shred` has lanes,
state, and on (its day), or is null. `duplicates` of an import: how many people may have been here
already. `duplicates list`: the likeliest pair first; its score is in bits, 0 for even odds. A
`linked` chart of `chart show` has chart (null: it is not here), through (the chart that says so),
disputed, and where it is here name, birth_date, gender, allergies, and with `--linked` resources.
`break-glass`: state is written, asked (the chart's letter), or open (it was broken before);
resources are those of the summary that can be read; `break-glass list` gives a line each, as
`glass` of `chart show` does: chart, operation, by, practitioner, at, until, open, counted, why
(null: not for this node), tag (what the chain has of it); `--confirm-for` gives chart, for, by,
until and confirmation. `doctor`: each
finding has a level (error, warning, note), what and a hint.
"""


def reference() -> str:
    """The whole document."""
    return OPENING + "".join(_lines())


def all_commands() -> Iterator[tuple[str, SatchelCommand]]:
    """Every command of our own with its full name, groups left away."""
    yield from _below("satchel", satchel)


def _below(path: str, group: SatchelGroup) -> Iterator[tuple[str, SatchelCommand]]:
    context = click.Context(group, info_name=path)
    for name in group.list_commands(context):
        other = group.others().get(name)
        if other is not None and other.module.partition(".")[0] not in _OWN_PACKAGES:
            continue  # another distribution's, which may be installed here
        found = group.get_command(context, name)
        if isinstance(found, SatchelGroup):
            yield from _below(f"{path} {name}", found)
        elif isinstance(found, SatchelCommand):
            yield f"{path} {name}", found


def _lines() -> Iterator[str]:
    for parameter in satchel.params:
        yield _option(parameter)
    for path, command in all_commands():
        context = click.Context(command, info_name=path)
        usage = " ".join(command.collect_usage_pieces(context))
        yield f"\n## {path}\n\n`{path} {usage}`\n\n{_paragraphs(command.help)}\n\n"
        shared = {parameter.name for parameter in satchel.params}
        options = [one for one in command.params if one.name not in shared]
        listed = [_option(one) for one in options if isinstance(one, click.Option)]
        if listed:
            yield "".join(listed) + "\n"
        yield f"```\n{command.example}\n```\n"
    yield RESULTS_OPENING
    for name, keys in RESULT_KEYS.items():
        yield f"| `{name}` | {', '.join(keys)} |\n"
    yield RESULTS_END
    yield "\n## Exit codes\n\n| code | means |\n|---|---|\n"
    for code in ExitCode:
        yield f"| {int(code)} | {code.meaning} |\n"
    yield (
        "| 128 + n | ended by signal n: 130 for ctrl-C, 141 where whoever read the output "
        "had enough |\n"
    )


def _option(parameter: click.Parameter) -> str:
    record = parameter.get_help_record(click.Context(satchel))
    if record is None:
        return ""
    names, meaning = record
    return f"- `{names}`: {meaning}\n"


def _paragraphs(text: str | None) -> str:
    """A help text with its paragraphs as lines of their own."""
    return "\n\n".join(_paragraph(part) for part in (text or "").split("\n\n"))


def _paragraph(part: str) -> str:
    if part.lstrip(" ").startswith("\b\n"):  # lines that stay lines
        return "```text\n" + textwrap.dedent(part.partition("\n")[2]) + "\n```"
    return " ".join(part.split())


if __name__ == "__main__":
    sys.stdout.write(reference())
