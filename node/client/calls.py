"""Every act of the API as a call: its name, its arguments, and the file that goes with it.

`Client.ask` and `AsyncClient.ask` perform them. What comes back is described in docs/COMMANDS.md,
under the command of the same name.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, Protocol, TypeVar

ResultT = TypeVar("ResultT")

_PIECE_SIZE_BYTES: Final = 256 * 1024

Result = dict[str, Any]


class Content(Protocol):
    """What an upload needs of a file."""

    def read(self, size_bytes: int, /) -> bytes:
        """The next bytes, none at the end."""

    def seek(self, place: int, /) -> int:
        """Go to a place."""


@dataclass(frozen=True)
class Upload:
    """An open file whose content goes with a call; it is read as it is sent."""

    file: Content

    def pieces(self) -> Iterator[bytes]:
        """The content, from the start: a call may have to be made again."""
        self.file.seek(0)
        while piece := self.file.read(_PIECE_SIZE_BYTES):
            yield piece


@dataclass(frozen=True)
class Call(Generic[ResultT]):
    """One act to ask for. Its repr shows the name only: arguments may be a patient's words."""

    act: str
    arguments: dict[str, object] = field(default_factory=dict, repr=False)
    upload: Upload | None = field(default=None, repr=False)


def identity() -> Call[Result]:
    """Who the node is: did, peer_id, addresses, name, kind, organisation, card."""
    return Call("identity")


def recovery_confirm(words: Sequence[str]) -> Call[Result]:
    """Show that the recovery words were written down."""
    return Call("recovery-confirm", {"words": list(words)})


def peers_add(card: str, name: str | None = None) -> Call[Result]:
    """Pair with the node whose card this is."""
    return Call("peers-add", {"card": card, "name": name})


def peers_list() -> Call[list[Result]]:
    """The paired nodes."""
    return Call("peers-list")


def peers_remove(name: str) -> Call[Result]:
    """Forget a card."""
    return Call("peers-remove", {"name": name})


def import_file(
    label: str, upload: Upload, *, source: str | None = None, lane: str | None = None
) -> Call[Result]:
    """Take a FHIR file in: accepted, unchanged, rejected, charts."""
    return Call("import-file", {"label": label, "source": source, "lane": lane}, upload)


def record_add(chart: str, label: str, upload: Upload, *, lane: str | None = None) -> Call[Result]:
    """Put a file's resources into one chart."""
    return Call("record-add", {"chart": chart, "label": label, "lane": lane}, upload)


def lanes_explain(label: str, upload: Upload, *, lane: str | None = None) -> Call[Result]:
    """Where a file's resources would go, and why; nothing is taken."""
    return Call("lanes-explain", {"label": label, "lane": lane}, upload)


def lanes_list() -> Call[list[Result]]:
    """The rules that place resources, in order, with their code lists."""
    return Call("lanes-list")


def export(
    chart: str | None = None, *, form: str = "ndjson", history: bool = False
) -> Call[Iterator[bytes]]:
    """One chart or all, as `ndjson` or `bundle`; ask for it with `pieces`."""
    return Call("export", {"chart": chart, "format": form, "history": history})


def charts() -> Call[list[Result]]:
    """The charts that are held."""
    return Call("charts")


def chart_show(chart: str, *, linked: bool = False) -> Call[Result]:
    """One chart: banner, resources, access, conflicts; what linked charts say as well."""
    return Call("chart-show", {"chart": chart, "linked": linked})


def chart_history(chart: str) -> Call[list[Result]]:
    """A chart's operations, causes first."""
    return Call("chart-history", {"chart": chart})


def search(text: str) -> Call[list[Result]]:
    """Charts by name, number, birth date or age, the best first; `match` says why."""
    return Call("search", {"text": text})


def grant(
    chart: str,
    *,
    to: str,
    lanes: Sequence[str],
    rights: str = "append",
    basis: str = "care",
    given_by: str = "none",
    how: str = "none",
    until: str | None = None,
    history: bool = False,
    recovery: Sequence[str] | None = None,
    override: str | None = None,
) -> Call[Result]:
    """Give access to a chart, or by a standing rule to `all`."""
    return Call(
        "grant",
        {
            "chart": chart,
            "to": to,
            "lanes": list(lanes),
            "rights": rights,
            "basis": basis,
            "given_by": given_by,
            "how": how,
            "until": until,
            "history": history,
            "recovery": _words(recovery),
            "override": override,
        },
    )


def revoke(
    chart: str, *, from_: str, lost: bool = False, recovery: Sequence[str] | None = None
) -> Call[Result]:
    """End access to a chart, or to `all`."""
    arguments = {"chart": chart, "from": from_, "lost": lost, "recovery": _words(recovery)}
    return Call("revoke", arguments)


def shred(
    chart: str,
    *,
    lanes: Sequence[str] = (),
    hold_days: int | None = None,
    recovery: Sequence[str],
) -> Call[Result]:
    """Have a chart, or lanes of it, destroyed after a hold of 30 days or more."""
    arguments: dict[str, object] = {"chart": chart, "lanes": list(lanes), "hold_days": hold_days}
    return Call("shred", {**arguments, "recovery": list(recovery)})


def shred_cancel(chart: str, *, recovery: Sequence[str]) -> Call[Result]:
    """Take back every shred of a chart that stands."""
    return Call("shred-cancel", {"chart": chart, "recovery": list(recovery)})


def shreds() -> Call[list[Result]]:
    """The shreds that the node knows of, and how each stands."""
    return Call("shreds")


def sync(to: str) -> Call[Result]:
    """Meet a peer, by name or multiaddr."""
    return Call("sync", {"to": to})


def conflicts(chart: str | None = None) -> Call[list[Result]]:
    """What waits on the worklist."""
    return Call("conflicts", {"chart": chart})


def conflict_show(conflict: str) -> Call[Result]:
    """One conflict with its values."""
    return Call("conflict-show", {"conflict": conflict})


def conflict_choose(conflict: str, choose: int) -> Call[Result]:
    """Resolve a conflict by one of its values, counted from 1."""
    return Call("conflict-resolve", {"conflict": conflict, "choose": choose})


def conflict_answer(conflict: str, upload: Upload) -> Call[Result]:
    """Resolve a conflict by a resource that a person wrote."""
    return Call("conflict-resolve", {"conflict": conflict, "choose": None}, upload)


def quarantine() -> Call[list[Result]]:
    """Operations that are kept, carried, and wait for a person."""
    return Call("quarantine")


def quarantine_accept(operation: str, *, recovery: Sequence[str] | None = None) -> Call[Result]:
    """Take a quarantined operation in."""
    return Call("quarantine-accept", {"operation": operation, "recovery": _words(recovery)})


def duplicates(chart: str | None = None) -> Call[list[Result]]:
    """Charts that may be of one person, the likeliest pairs first."""
    return Call("duplicates", {"chart": chart})


def duplicates_dismiss(one: str, other: str, *, undo: bool = False) -> Call[Result]:
    """Keep a pair off that list."""
    return Call("duplicates-dismiss", {"one": one, "other": other, "undo": undo})


def link(one: str, other: str, *, reason: str = "") -> Call[Result]:
    """Say that two charts are of one person."""
    return Call("link", {"one": one, "other": other, "reason": reason})


def unlink(one: str, other: str, *, reason: str = "") -> Call[Result]:
    """Take two linked charts apart."""
    return Call("unlink", {"one": one, "other": other, "reason": reason})


def audit_verify() -> Call[Result]:
    """Check everything that is stored: ok, operations, charts, findings, senseless."""
    return Call("audit-verify")


def doctor(*, thorough: bool = False) -> Call[Result]:
    """Look at the node's health, at all contents where `thorough`: ok, findings."""
    return Call("doctor", {"thorough": thorough})


def rebuild() -> Call[Result]:
    """Make lists and indexes anew from the operations: how many charts."""
    return Call("rebuild")


def _words(recovery: Sequence[str] | None) -> list[str] | None:
    return None if recovery is None else list(recovery)
