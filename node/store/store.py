"""The store, opened: its parts gathered, and the transaction that holds what they do together.

The application opens one and is its only user. Calls are synchronous, so they are made in worker
threads; calls from several threads take turns. Each writing call is durable when it returns; within
`transaction` all are, together, when that ends.
"""

import contextlib
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from node.errors import DamagedDatabase
from node.randomness import Randomness
from node.store.access_requests import AccessRequests
from node.store.anchors import Anchors
from node.store.attachments import Attachments
from node.store.audit import Audit
from node.store.certificates import Certificates
from node.store.chart_subjects import ChartSubjects
from node.store.charts import Charts
from node.store.condition import Condition
from node.store.consents import Consents
from node.store.database import Database, create_database, open_database
from node.store.debts import Debts
from node.store.entitlements import Entitlements
from node.store.epoch_keys import EpochKeys
from node.store.faces import Faces
from node.store.glass import Glass
from node.store.lacking import Lacking
from node.store.letters import Letters
from node.store.links import Links
from node.store.logs import Logs
from node.store.matching import Matching
from node.store.meetings import Meetings
from node.store.migrations import migrate
from node.store.operations import Operations
from node.store.outbox import Outbox
from node.store.overrides import Overrides
from node.store.own_instances import OwnInstances
from node.store.partial_checkpoints import PartialCheckpoints
from node.store.peers import Peers
from node.store.proposals import Proposals
from node.store.reasons import Reasons
from node.store.resources import SECRET_SIZE_BYTES, Resources
from node.store.settings import Settings
from node.store.shreds import Shreds
from node.store.standing_rules import StandingRules
from node.store.unsettled import Unsettled
from node.store.waiting_notes import WaitingNotes
from node.store.worklist import Worklist

if TYPE_CHECKING:
    from node.store.registry_facts import RegistryFacts

_SECRET: Final = "store.secret"  # noqa: S105 (a name)


class Store:
    """Everything that a node knows, by concern."""

    def __init__(self, database: Database, secret: bytes) -> None:
        """Gather the parts; `create_store` and `open_store` make one."""
        self.database = database
        self.settings = Settings(database)
        self.charts = Charts(database)
        self.chart_subjects = ChartSubjects(database, self.charts)
        self.entitlements = Entitlements(database, self.charts, self.settings, self.chart_subjects)
        self.operations = Operations(database, self.charts, self.entitlements)
        self.logs = Logs(database, self.charts)
        self.epoch_keys = EpochKeys(database, self.charts, self.entitlements)
        self.letters = Letters(database, self.charts)
        self.attachments = Attachments(database, self.charts)
        self.debts = Debts(database, self.charts)
        self.unsettled = Unsettled(database, self.charts)
        self.resources = Resources(database, self.charts, secret)
        self.faces = Faces(database, self.charts)
        self.worklist = Worklist(database, self.charts)
        self.matching = Matching(database, self.charts, secret)
        self.links = Links(database, self.charts)
        self.own_instances = OwnInstances(database, self.settings)
        self.certificates = Certificates(database)
        self.peers = Peers(database)
        self.meetings = Meetings(database)
        self.standing_rules = StandingRules(database)
        self.audit = Audit(database)
        self.anchors = Anchors(database)
        self.shreds = Shreds(database, self.charts)
        self.condition = Condition(database)
        self.lacking = Lacking(database, self.charts)
        self.glass = Glass(database, self.charts)
        self.waiting_notes = WaitingNotes(database)
        self.access_requests = AccessRequests(database, self.charts)
        self.outbox = Outbox(database)
        self.proposals = Proposals(database)
        self.consents = Consents(database, self.charts)
        self.overrides = Overrides(database, self.charts)
        self.reasons = Reasons(database, self.charts, self.shreds)
        self.partial_checkpoints = PartialCheckpoints(database, self.settings)

    @cached_property
    def registry_facts(self) -> "RegistryFacts":
        """What is proven of the registry; loaded where there is one."""
        from node.store.registry_facts import RegistryFacts

        return RegistryFacts(self.database)

    def transaction(self) -> contextlib.AbstractContextManager[None]:
        """Everything within is stored whole and durable at its end, or not at all.

        One within another undoes only itself. Enter and leave it in the same thread.
        """
        return self.database.transaction()

    def checkpoint(self) -> None:
        """Empty the write-ahead log, so that nothing destroyed before is left in the files."""
        self.database.checkpoint()

    def compact(self) -> None:
        """Write the whole file anew, so that no page keeps what was moved out of it."""
        self.database.compact()

    def findings(self) -> list[str]:
        """What is wrong with the stored pages, tables and chains; nothing when all is well."""
        return self.database.findings() + self._broken_audit()

    def close(self) -> None:
        """Close the store. Nothing is lost by not closing it."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _broken_audit(self) -> list[str]:
        number = self.audit.first_broken()
        return [] if number is None else [f"the audit is broken at entry {number}"]


def create_store(path: Path, key: bytes, randomness: Randomness) -> Store:
    """Make a store in a new file, under a raw key of 32 bytes from the keystore.

    Raises StoreExists, StorageFailed.
    """
    database = create_database(path, key)
    try:
        migrate(database)
        secret = randomness(SECRET_SIZE_BYTES)
        Settings(database).put(_SECRET, secret)
        database.checkpoint()
    except BaseException:
        database.close()
        raise
    return Store(database, secret)


def open_store(path: Path, key: bytes) -> Store:
    """Open a store under its key of 32 bytes, and bring its tables to this version.

    Raises StoreMissing, ForeignDatabase, NewerDatabase, DamagedDatabase, StorageFailed; then
    nothing was changed.
    """
    database = open_database(path, key)
    try:
        migrate(database)
        secret = Settings(database).get(_SECRET)
        if secret is None:
            raise DamagedDatabase(path)  # its making was cut off
    except BaseException:
        database.close()
        raise
    return Store(database, secret)
