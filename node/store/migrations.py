"""The store's tables, and the steps that lead to them; `store.py` applies what is missing.

Indexes begin with the chart's local number: one that begins with something random makes every
insert touch another page (DESIGN section 9). Nothing readable of a resource is kept beside its
ciphertext but what lists and search show (DESIGN section 6, "At rest").
"""

from typing import Final

from sqlcipher3 import dbapi2  # type: ignore[import-untyped]  # a C extension without stubs

from node.errors import NewerDatabase
from node.leaving_out import leaving_out
from node.store import registry_tables
from node.store.database import Database, explained

with leaving_out("numpy", "pandas"):  # it would only learn to store their types
    from sqlite_utils import Database as Tables
    from sqlite_utils.migrations import Migrations

migrations: Final = Migrations("satchel")

_CHARTS: Final = (
    """CREATE TABLE charts (
        n INTEGER PRIMARY KEY,
        chart BLOB NOT NULL UNIQUE,
        charter BLOB,               -- NULL: known only by a letter kept for somebody else
        kind INTEGER,
        held_since INTEGER,         -- milliseconds since 1970
        clock INTEGER NOT NULL      -- the latest believable stamp, offset (columns.py)
    ) STRICT""",
    """CREATE TABLE lanes (
        n INTEGER NOT NULL REFERENCES charts,
        lane INTEGER NOT NULL,      -- its place in the charter
        id BLOB NOT NULL,
        name TEXT NOT NULL,
        PRIMARY KEY (n, lane), UNIQUE (n, id)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE epoch_keys (
        n INTEGER NOT NULL REFERENCES charts,
        lane INTEGER NOT NULL,
        epoch BLOB NOT NULL,
        key BLOB NOT NULL,
        own INTEGER NOT NULL,       -- this node made the epoch
        PRIMARY KEY (n, lane, epoch)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE letters (
        id INTEGER PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts,
        recipient BLOB NOT NULL,
        hash BLOB NOT NULL,
        encoded BLOB NOT NULL,
        UNIQUE (n, hash)
    ) STRICT""",
    "CREATE INDEX letters_by_recipient ON letters (recipient, n)",
    """CREATE TABLE debts (
        id INTEGER PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts,
        owed BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX debts_by_chart ON debts (n)",
)

_OPERATIONS: Final = (
    """CREATE TABLE instances (
        instance INTEGER PRIMARY KEY,
        id BLOB NOT NULL UNIQUE
    ) STRICT""",
    """CREATE TABLE operations (
        row INTEGER PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts,
        lane INTEGER NOT NULL,
        instance INTEGER NOT NULL REFERENCES instances,
        sequence INTEGER NOT NULL,
        id BLOB NOT NULL,
        header BLOB NOT NULL,
        signature BLOB NOT NULL,
        stamp INTEGER NOT NULL,     -- offset (columns.py)
        doubtful INTEGER NOT NULL,
        merged INTEGER NOT NULL,    -- was merged here once
        destroyed INTEGER NOT NULL, -- the body was destroyed here: it never comes back
        UNIQUE (n, id)
    ) STRICT""",
    "CREATE INDEX operations_by_log ON operations (n, lane, instance, sequence)",
    # A table with row numbers: WITHOUT ROWID doubles the disk for rows of this size (DESIGN 9).
    """CREATE TABLE bodies (
        row INTEGER PRIMARY KEY REFERENCES operations,
        body BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE logs (
        n INTEGER NOT NULL REFERENCES charts,
        lane INTEGER NOT NULL,
        instance INTEGER NOT NULL REFERENCES instances,
        length INTEGER NOT NULL,
        heads BLOB NOT NULL,        -- sorted operation ids, one after the other
        PRIMARY KEY (n, lane, instance)
    ) STRICT, WITHOUT ROWID""",
)

_DERIVED: Final = (
    # Names and contents as keyed hashes: 16 bytes each, and they say nothing by themselves.
    """CREATE TABLE subjects (
        subject BLOB PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE resources (
        n INTEGER NOT NULL REFERENCES charts,
        resource BLOB NOT NULL,
        lane INTEGER NOT NULL,
        content BLOB NOT NULL,
        PRIMARY KEY (n, resource)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE faces (
        n INTEGER PRIMARY KEY REFERENCES charts,
        name TEXT NOT NULL,
        sorts_as TEXT NOT NULL,
        birth_date TEXT NOT NULL,
        gender TEXT NOT NULL,
        resources INTEGER NOT NULL,
        conflicts INTEGER NOT NULL,
        quarantined INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX faces_by_name ON faces (sorts_as, n)",
    """CREATE VIRTUAL TABLE face_words USING fts5 (
        names, numbers, birth_date,
        tokenize = "unicode61 remove_diacritics 2 categories 'L* M* N* Co'",
        prefix = '1 2 3'
    )""",
    # What a patient was called must not stay in the index's pages once it is taken out.
    "INSERT INTO face_words (face_words, rank) VALUES ('secure-delete', 1)",
    """CREATE TABLE conflicts (
        n INTEGER NOT NULL REFERENCES charts,
        conflict TEXT NOT NULL,
        type TEXT NOT NULL,
        touches TEXT NOT NULL,      -- the clinical group or element that it is about
        PRIMARY KEY (n, conflict)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE quarantine (
        n INTEGER NOT NULL REFERENCES charts,
        operation BLOB NOT NULL,
        banner INTEGER NOT NULL,
        PRIMARY KEY (n, operation)
    ) STRICT, WITHOUT ROWID""",
)

_VERSIONS: Final = (
    # Names and contents as keyed hashes of 8 bytes, which say nothing by themselves.
    """CREATE TABLE homes (
        name INTEGER PRIMARY KEY,
        n INTEGER NOT NULL          -- 0: several charts claim the name
    ) STRICT""",
    """CREATE TABLE versions (
        n INTEGER NOT NULL REFERENCES charts,
        resource INTEGER NOT NULL,
        row INTEGER NOT NULL REFERENCES operations,
        place INTEGER NOT NULL,
        content INTEGER NOT NULL,
        patient INTEGER NOT NULL,   -- it is a Patient
        PRIMARY KEY (n, resource, row, place)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX versions_of_patients ON versions (n, row) WHERE patient = 1",
    """CREATE TABLE sources (
        n INTEGER NOT NULL REFERENCES charts,
        source TEXT NOT NULL,       -- a system that named resources of the chart
        PRIMARY KEY (n, source)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE noted (
        n INTEGER PRIMARY KEY REFERENCES charts,
        row INTEGER NOT NULL        -- the last operation whose versions are noted
    ) STRICT""",
)

_ATTACHMENTS: Final = (
    """CREATE TABLE attachment_manifests (
        id INTEGER PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts,
        lane INTEGER NOT NULL,
        name BLOB NOT NULL,
        operation BLOB NOT NULL,
        encoded BLOB NOT NULL,
        UNIQUE (n, lane, name)
    ) STRICT""",
    "CREATE INDEX attachment_manifests_by_operation ON attachment_manifests (n, operation)",
    """CREATE TABLE attachment_pieces (
        id INTEGER PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts,
        lane INTEGER NOT NULL,
        name BLOB NOT NULL,
        size INTEGER NOT NULL,
        held INTEGER NOT NULL,      -- 0: named by a manifest, and still wanted
        UNIQUE (n, lane, name)
    ) STRICT""",
    """CREATE TABLE attachment_contents (
        id INTEGER PRIMARY KEY REFERENCES attachment_pieces,
        content BLOB NOT NULL       -- as it was sealed
    ) STRICT""",
    """CREATE TABLE attachment_lanes (
        n INTEGER NOT NULL REFERENCES charts,
        lane INTEGER NOT NULL,
        digest BLOB NOT NULL,       -- empty: to be computed anew
        PRIMARY KEY (n, lane)
    ) STRICT, WITHOUT ROWID""",
)

_SHREDS: Final = (
    # Times in milliseconds since 1970, by this node's clock but the first two.
    """CREATE TABLE shreds (
        n INTEGER NOT NULL REFERENCES charts,
        act BLOB NOT NULL,
        root BLOB NOT NULL,
        lanes TEXT NOT NULL,        -- names, with commas
        asked_at INTEGER NOT NULL,
        not_before INTEGER NOT NULL,
        learnt_at INTEGER NOT NULL,
        seen_at INTEGER NOT NULL,
        watched INTEGER NOT NULL,   -- how much of the hold was watched go by
        cancelled INTEGER NOT NULL,
        began_at INTEGER,           -- NULL: on hold
        bodies INTEGER NOT NULL,
        keys INTEGER NOT NULL,
        written_again INTEGER NOT NULL,
        waiting INTEGER NOT NULL,   -- operations for whose sake keys are not destroyed yet
        checked_at INTEGER,         -- NULL: the files are to be searched
        pages INTEGER NOT NULL,
        found INTEGER NOT NULL,
        PRIMARY KEY (n, act)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE retired_epochs (
        n INTEGER NOT NULL REFERENCES charts,
        epoch BLOB NOT NULL,        -- its key was destroyed: it never comes back
        PRIMARY KEY (n, epoch)
    ) STRICT, WITHOUT ROWID""",
    # What the files are searched for after a shred, inverted, until that is done.
    "CREATE TABLE shred_samples (id INTEGER PRIMARY KEY, inverted BLOB NOT NULL) STRICT",
)

_SEARCH: Final = (
    # A spelling is kept once, and says nothing of whose it is; backwards, for typos at its start.
    """CREATE TABLE spellings (
        spelling INTEGER PRIMARY KEY,
        text TEXT NOT NULL UNIQUE,
        backwards TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX spellings_backwards ON spellings (backwards)",
    """CREATE TABLE sounds (
        sound TEXT NOT NULL,
        spelling INTEGER NOT NULL,
        PRIMARY KEY (sound, spelling)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE named (
        spelling INTEGER NOT NULL,
        n INTEGER NOT NULL REFERENCES charts,
        PRIMARY KEY (spelling, n)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE numbered (
        form TEXT NOT NULL,
        n INTEGER NOT NULL REFERENCES charts,
        kind INTEGER NOT NULL,
        PRIMARY KEY (form, n, kind)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE face_terms (
        n INTEGER PRIMARY KEY REFERENCES charts,
        print BLOB NOT NULL,        -- alike for what is indexed alike
        spellings BLOB NOT NULL,    -- ids and flags, four bytes each
        numbers TEXT NOT NULL       -- a kind and a form a line
    ) STRICT""",
    "CREATE INDEX faces_by_birth ON faces (birth_date)",
)

_NODE: Final = (
    """CREATE TABLE settings (
        key TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE own_instances (
        place INTEGER PRIMARY KEY,
        instance BLOB NOT NULL UNIQUE,
        began_at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE certificates (
        id BLOB PRIMARY KEY,
        practitioner BLOB NOT NULL,
        instance BLOB NOT NULL,
        until INTEGER NOT NULL,
        encoded BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE peers (
        peer INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE COLLATE NOCASE,
        device BLOB NOT NULL UNIQUE,
        sealing BLOB NOT NULL,
        organisation BLOB NOT NULL,
        card BLOB NOT NULL,
        addresses BLOB NOT NULL,
        added_at INTEGER NOT NULL
    ) STRICT""",
    """CREATE TABLE sessions (
        id INTEGER PRIMARY KEY,
        device BLOB NOT NULL,
        ended_at INTEGER NOT NULL,
        sent INTEGER NOT NULL,
        received INTEGER NOT NULL,
        bytes_out INTEGER NOT NULL,
        bytes_in INTEGER NOT NULL,
        outcome TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX sessions_by_device ON sessions (device, id)",
    """CREATE TABLE receipts (
        device BLOB PRIMARY KEY,
        received_at INTEGER NOT NULL,
        receipt BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE standing_rules (
        id BLOB PRIMARY KEY,
        rule BLOB NOT NULL,
        made_at INTEGER NOT NULL,
        ended_at INTEGER
    ) STRICT""",
    """CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        chart BLOB,
        practitioner BLOB,
        hash BLOB NOT NULL
    ) STRICT""",
)


@migrations()
def m001_tables(tables: Tables) -> None:
    """Everything that the first version keeps."""
    for statement in (*_CHARTS, *_OPERATIONS, *_DERIVED, *_NODE):
        tables.execute(statement)


@migrations()
def m002_unsettled(tables: Tables) -> None:
    """Charts whose lists and duties wait after a session."""
    tables.execute("CREATE TABLE unsettled (n INTEGER PRIMARY KEY REFERENCES charts (n)) STRICT")


@migrations()
def m003_versions(tables: Tables) -> None:
    """Where each version of a resource is, so that writing one opens no whole chart."""
    tables.execute("DROP TABLE subjects")
    tables.execute("DROP TABLE resources")
    for statement in _VERSIONS:
        tables.execute(statement)
    # What was noted before is made anew from the operations.
    tables.execute("INSERT OR IGNORE INTO unsettled SELECT n FROM charts WHERE charter IS NOT NULL")


@migrations()
def m004_attachments(tables: Tables) -> None:
    """What is too large for an operation, in sealed pieces."""
    for statement in _ATTACHMENTS:
        tables.execute(statement)


@migrations()
def m005_shreds(tables: Tables) -> None:
    """Shreds on hold and carried out."""
    for statement in _SHREDS:
        tables.execute(statement)


@migrations()
def m006_search(tables: Tables) -> None:
    """Search by sound, with typos and across scripts."""
    tables.execute("DROP TABLE face_words")
    for statement in _SEARCH:
        tables.execute(statement)
    # What was found before is indexed anew.
    tables.execute("INSERT OR IGNORE INTO unsettled SELECT n FROM charts WHERE charter IS NOT NULL")


_MATCHING: Final = (
    # Keys are hashes of eight bytes; they say nothing by themselves.
    """CREATE TABLE matching_keys (
        key INTEGER NOT NULL,
        n INTEGER NOT NULL REFERENCES charts,
        PRIMARY KEY (key, n)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE matching_people (
        n INTEGER PRIMARY KEY REFERENCES charts,
        weighed INTEGER NOT NULL,   -- was compared with the others
        person BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX matching_people_weighed ON matching_people (weighed)",
    """CREATE TABLE matching_pairs (
        low INTEGER NOT NULL REFERENCES charts,
        high INTEGER NOT NULL REFERENCES charts,
        bits INTEGER NOT NULL,      -- hundredths
        reasons BLOB NOT NULL,      -- a byte each
        PRIMARY KEY (low, high)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX matching_pairs_by_high ON matching_pairs (high, low)",
    """CREATE TABLE matching_dismissed (
        low INTEGER NOT NULL REFERENCES charts,
        high INTEGER NOT NULL REFERENCES charts,
        at INTEGER NOT NULL,
        PRIMARY KEY (low, high)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE links (
        n INTEGER NOT NULL REFERENCES charts,
        pair BLOB NOT NULL,
        disputed INTEGER NOT NULL,
        PRIMARY KEY (n, pair)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX links_by_pair ON links (pair, n)",
)


@migrations()
def m007_matching(tables: Tables) -> None:
    """Who may be there twice, and who is linked."""
    for statement in _MATCHING:
        tables.execute(statement)


@migrations()
def m008_entitlements(tables: Tables) -> None:
    """What folds say of the devices that this node meets."""
    tables.execute(
        """CREATE TABLE entitlements (
            device BLOB NOT NULL,
            n INTEGER NOT NULL REFERENCES charts,
            entitled BLOB NOT NULL,
            PRIMARY KEY (device, n)
        ) STRICT, WITHOUT ROWID"""
    )
    tables.execute("CREATE INDEX entitlements_by_chart ON entitlements (n)")


@migrations()
def m009_lacking(tables: Tables) -> None:
    """Operations whose body was damaged here, until a peer brings it again."""
    tables.execute("CREATE TABLE lacking (row INTEGER PRIMARY KEY REFERENCES operations) STRICT")


@migrations()
def m010_registry_facts(tables: Tables) -> None:
    """What the registry says, with its proofs."""
    for statement in registry_tables.FACTS:
        tables.execute(statement)


@migrations()
def m011_outbox(tables: Tables) -> None:
    """What shall be done on chain, until it is."""
    for statement in registry_tables.OUTBOX:
        tables.execute(statement)


@migrations()
def m012_verdicts(tables: Tables) -> None:
    """Whom the registry's facts concern, and who was given access although they were old."""
    for statement in registry_tables.VERDICTS:
        tables.execute(statement)


@migrations()
def m013_governance(tables: Tables) -> None:
    """The council's proposals that this home knows."""
    for statement in registry_tables.GOVERNANCE:
        tables.execute(statement)


@migrations()
def m014_patients(tables: Tables) -> None:
    """Broken glass, notes that wait for a peer, and who asks for access."""
    for statement in registry_tables.PATIENTS:
        tables.execute(statement)


@migrations()
def m015_anchors(tables: Tables) -> None:
    """Roots of the audit for the chain."""
    for statement in registry_tables.ANCHORS:
        tables.execute(statement)


@migrations()
def m016_consents(tables: Tables) -> None:
    """Consents by chart."""
    for statement in registry_tables.CONSENTS:
        tables.execute(statement)


_NAMES: Final = frozenset(
    {
        m001_tables.__name__,
        m002_unsettled.__name__,
        m003_versions.__name__,
        m004_attachments.__name__,
        m005_shreds.__name__,
        m006_search.__name__,
        m007_matching.__name__,
        m008_entitlements.__name__,
        m009_lacking.__name__,
        m010_registry_facts.__name__,
        m011_outbox.__name__,
        m012_verdicts.__name__,
        m013_governance.__name__,
        m014_patients.__name__,
        m015_anchors.__name__,
        m016_consents.__name__,
    }
)
"""Every step that this version knows. A database with another one was written by a newer one."""


def migrate(database: Database) -> None:
    """Bring a database to this version's tables.

    Raises NewerDatabase, and then changes nothing; DamagedDatabase; StorageFailed.
    """
    tables = Tables(database.connection)
    try:
        if {applied.name for applied in migrations.applied(tables)} - _NAMES:
            raise NewerDatabase(database.path)
        if migrations.pending(tables):
            migrations.apply(tables)
    except dbapi2.Error as error:
        raise explained(database.path, error) from error
