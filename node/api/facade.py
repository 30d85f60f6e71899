"""What the API needs of a node: its acts, which the application implements as `Node`.

All methods are synchronous, are called in worker threads one at a time, return what JSON can say,
and raise errors of our trees.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Protocol

from node.api.audit_facade import AuditDesk
from node.api.chain_facade import RegistryDesk
from node.api.checkpoint_facade import Checkpoints
from node.api.consent_facade import Consents
from node.api.devices_facade import Devices
from node.api.governance_facade import Governance
from node.api.patients_facade import Patients

Progress = Callable[[str, int, int | None], None]
"""What is being done, how much of it is, and of how much (None: nobody knows)."""

Result = dict[str, object]
Results = list[Result]


class Intake(Protocol):
    """One file on its way in. `feed` works on its own, the others on the node's store."""

    def feed(self, piece: bytes, progress: Progress) -> None:
        """Read the next bytes of the file. Never raises on content."""

    @property
    def ready(self) -> bool:
        """Whether `commit` has something to do before more is fed, so that memory stays bounded."""

    def commit(self, progress: Progress) -> None:
        """Write a batch of what was read; durable when it returns."""

    def finish(self, progress: Progress) -> Result:
        """The file has ended: write the rest; returns what `satchel import` prints."""

    def abandon(self) -> None:
        """The rest of the file will not come: what was written stays, what was not is let go."""


class People(Protocol):
    """The acts about people who are here twice."""

    def duplicates(self, chart: str | None, progress: Progress) -> Results:
        """See `satchel duplicates list`."""

    def dismiss(self, one: str, other: str, *, undo: bool) -> Result:
        """See `satchel duplicates dismiss`."""

    def link(self, one: str, other: str, *, reason: str) -> Result:
        """See `satchel link`."""

    def unlink(self, one: str, other: str, *, reason: str) -> Result:
        """See `satchel unlink`."""


class Facade(Protocol):
    """A running node's acts. Charts are ids or unique beginnings of ids."""

    @property
    def people(self) -> People:
        """The acts about people who are here twice."""

    @property
    def checkpoints(self) -> Checkpoints:
        """The acts about the home's network and the blocks that its signers vouch for."""

    @property
    def governance(self) -> Governance:
        """The organisation's keys and credentials, and the council's proposals."""

    @property
    def consents(self) -> Consents:
        """The patients' consents."""

    @property
    def devices(self) -> Devices:
        """The devices of the organisation that the node serves."""

    @property
    def patients(self) -> Patients:
        """The acts that are done for and by patients."""

    @property
    def registry_desk(self) -> RegistryDesk:
        """The acts about the registry's chain."""

    @property
    def audit_desk(self) -> AuditDesk:
        """The acts about anchors of the audit."""

    def identity(self) -> Result:
        """See `satchel id`."""

    def recovery_confirm(self, words: Sequence[str]) -> Result:
        """See `satchel recovery confirm`."""

    def peers_add(self, card: str, name: str | None) -> Result:
        """See `satchel peer add`."""

    def peers_list(self) -> Results:
        """See `satchel peer list`."""

    def peers_remove(self, name: str) -> Result:
        """See `satchel peer remove`."""

    def import_open(
        self, label: str, *, source: str | None, lane: str | None, chart: str | None = None
    ) -> Intake:
        """See `satchel import`, for one file; with a chart, see `satchel record add`."""

    def export(
        self, chart: str | None, *, form: str, history: bool, progress: Progress
    ) -> Generator[bytes, None, Result]:
        """See `satchel export`: pieces of text with their line ends; returns what it counted.

        An empty piece only says that work goes on.
        """

    def charts(self) -> Results:
        """See `satchel chart list`."""

    def chart_show(self, chart: str, *, linked: bool) -> Result:
        """See `satchel chart show`."""

    def chart_history(self, chart: str) -> Results:
        """See `satchel chart history`."""

    def search(self, text: str) -> Results:
        """See `satchel search`."""

    def grant(
        self,
        chart: str,
        *,
        to: str,
        lanes: Sequence[str],
        rights: str,
        basis: str,
        given_by: str,
        how: str,
        until: str | None,
        history: bool,
        recovery: Sequence[str] | None,
        override: str | None,
        progress: Progress,
    ) -> Result:
        """See `satchel grant`; `chart` may be `all`."""

    def revoke(
        self,
        chart: str,
        *,
        from_: str,
        lost: bool,
        recovery: Sequence[str] | None,
        progress: Progress,
    ) -> Result:
        """See `satchel revoke`; `chart` may be `all`."""

    def shred(
        self, chart: str, *, lanes: Sequence[str], hold_days: int, recovery: Sequence[str]
    ) -> Result:
        """See `satchel shred CHART`; no lanes are all of them."""

    def shred_cancel(self, chart: str, *, recovery: Sequence[str]) -> Result:
        """See `satchel shred CHART --cancel`."""

    def shreds(self) -> Results:
        """See `satchel shred --list`."""

    def conflicts(self, chart: str | None) -> Results:
        """See `satchel conflicts list`."""

    def conflict_show(self, conflict: str) -> Result:
        """See `satchel conflicts show`."""

    def conflict_resolve(
        self, conflict: str, *, choose: int | None, content: bytes | None
    ) -> Result:
        """See `satchel conflicts resolve`."""

    def quarantine(self) -> Results:
        """See `satchel quarantine list`."""

    def quarantine_accept(self, operation: str, *, recovery: Sequence[str] | None) -> Result:
        """See `satchel quarantine accept`."""

    def audit_verify(self, progress: Progress) -> Result:
        """See `satchel audit verify`."""

    def doctor(self, *, thorough: bool, progress: Progress) -> Result:
        """See `satchel doctor`."""

    def rebuild(self, progress: Progress) -> Result:
        """See `satchel doctor --rebuild`."""
