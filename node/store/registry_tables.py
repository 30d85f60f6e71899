"""The tables of what the registry says and what shall be said to it; migrations.py makes them."""

from typing import Final

FACTS: Final = (
    # Few thousand facts at most: a key that begins with something random costs little here.
    """CREATE TABLE registry_snapshots (
        id INTEGER PRIMARY KEY,
        block INTEGER NOT NULL,
        hash BLOB NOT NULL,
        timestamp INTEGER NOT NULL, -- the block's, seconds since 1970
        encoded BLOB NOT NULL
    ) STRICT""",
    "CREATE INDEX registry_snapshots_by_block ON registry_snapshots (block, hash)",
    """CREATE TABLE registry_facts (
        contract INTEGER NOT NULL,
        slot BLOB NOT NULL,
        word BLOB NOT NULL,
        revoked INTEGER NOT NULL,   -- terminal: never given up again
        snapshot INTEGER NOT NULL REFERENCES registry_snapshots,
        PRIMARY KEY (contract, slot)
    ) STRICT, WITHOUT ROWID""",
    "CREATE INDEX registry_facts_by_snapshot ON registry_facts (snapshot)",
    """CREATE TABLE registry_checkpoints (
        block INTEGER NOT NULL,
        hash BLOB NOT NULL,
        chain INTEGER NOT NULL,
        timestamp INTEGER NOT NULL,
        sets INTEGER NOT NULL,      -- which set of signers vouched, counted from 1
        standing TEXT NOT NULL,     -- registry_facts.py says which there are
        PRIMARY KEY (block, hash)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE registry_aside (
        block INTEGER NOT NULL,
        hash BLOB NOT NULL,
        timestamp INTEGER NOT NULL,
        encoded BLOB NOT NULL,
        PRIMARY KEY (block, hash)
    ) STRICT""",
    """CREATE TABLE registry_alarms (
        id INTEGER PRIMARY KEY,
        kind TEXT NOT NULL,
        block INTEGER NOT NULL,
        hash BLOB NOT NULL,
        at INTEGER NOT NULL,        -- seconds since 1970, by this node's clock
        UNIQUE (kind, block, hash)
    ) STRICT""",
)

OUTBOX: Final = (
    """CREATE TABLE outbox (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        key BLOB NOT NULL UNIQUE,   -- the same call is kept once
        kind TEXT NOT NULL,
        contract TEXT NOT NULL,
        calldata BLOB NOT NULL,
        effect BLOB NOT NULL,
        label TEXT NOT NULL,
        ordered BLOB,               -- those with the same go one after the other
        expires_at INTEGER,         -- seconds since 1970
        put_at INTEGER NOT NULL,    -- seconds since 1970
        stage TEXT NOT NULL,
        reason TEXT NOT NULL,
        payer BLOB,                 -- from here: the transaction, noted before it is sent
        nonce INTEGER,
        raw BLOB,
        hash BLOB,
        seen_block INTEGER,
        seen_hash BLOB
    ) STRICT""",
    "CREATE INDEX outbox_by_stage ON outbox (stage, number)",
    "CREATE INDEX outbox_by_order ON outbox (ordered, number) WHERE ordered IS NOT NULL",
)

PATIENTS: Final = (
    # What this node broke: why, with whom, and how far its tag on chain is.
    """CREATE TABLE glass_broken (
        id INTEGER PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts,
        at INTEGER NOT NULL,        -- milliseconds since 1970
        reason TEXT NOT NULL,
        seconds BLOB NOT NULL,      -- who confirmed it beside
        verdict TEXT NOT NULL,      -- what the registry said of this node then
        operation BLOB,             -- NULL: waits for the chart's letter
        giver BLOB,                 -- who gave that letter, and is owed the operation
        reason_kept INTEGER NOT NULL DEFAULT 0,
        tag BLOB,
        intent BLOB                 -- the outbox's call that carries the tag
    ) STRICT""",
    "CREATE INDEX glass_broken_by_chart ON glass_broken (n, at)",
    # Why, as far as that is sealed to somebody; stored beside the chart, as letters are.
    """CREATE TABLE glass_reasons (
        n INTEGER NOT NULL REFERENCES charts,
        operation BLOB NOT NULL,
        author BLOB NOT NULL,
        note BLOB NOT NULL,
        PRIMARY KEY (n, operation)
    ) STRICT, WITHOUT ROWID""",
    """CREATE TABLE glass_reasons_told (
        n INTEGER NOT NULL REFERENCES charts,
        operation BLOB NOT NULL,
        peer BLOB NOT NULL,
        PRIMARY KEY (n, operation, peer)
    ) STRICT, WITHOUT ROWID""",
    # Charts whose glass is broken: who broke it is owed the keys of what is written meanwhile.
    """CREATE TABLE glass_watched (
        n INTEGER PRIMARY KEY REFERENCES charts,
        until INTEGER NOT NULL
    ) STRICT""",
    # Letters given to who broke the glass and holds nothing yet: how many in the last hour.
    """CREATE TABLE glass_answers (
        id INTEGER PRIMARY KEY,
        peer BLOB NOT NULL,
        at INTEGER NOT NULL
    ) STRICT""",
    "CREATE INDEX glass_answers_by_peer ON glass_answers (peer, at)",
    # Notes for one peer, until it has them.
    """CREATE TABLE notes_waiting (
        id INTEGER PRIMARY KEY,
        peer BLOB NOT NULL,
        note BLOB NOT NULL,
        UNIQUE (peer, note)
    ) STRICT""",
    # Who asked for access, and what became of it.
    """CREATE TABLE access_requests (
        id BLOB PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts,
        asker BLOB NOT NULL,
        note BLOB NOT NULL,
        received_at INTEGER NOT NULL,
        state TEXT NOT NULL,        -- waiting, granted, declined
        why TEXT NOT NULL,
        policy BLOB,                -- the standing policy under which it was granted
        decided_at INTEGER
    ) STRICT""",
    "CREATE INDEX access_requests_by_chart ON access_requests (n, asker)",
)

VERDICTS: Final = (
    # Whom charts' access lanes name: the same of many charts, kept once.
    """CREATE TABLE registry_subjects (
        id INTEGER PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE,
        subjects BLOB NOT NULL
    ) STRICT""",
    """CREATE TABLE chart_subjects (
        n INTEGER PRIMARY KEY REFERENCES charts,
        subjects INTEGER NOT NULL REFERENCES registry_subjects
    ) STRICT""",
    "CREATE INDEX chart_subjects_by_subjects ON chart_subjects (subjects, n)",
    # Why somebody was given access although the registry's facts were too old.
    """CREATE TABLE registry_overrides (
        id INTEGER PRIMARY KEY,
        n INTEGER NOT NULL REFERENCES charts,
        at INTEGER NOT NULL,        -- milliseconds since 1970
        person BLOB NOT NULL,
        grantee BLOB NOT NULL,
        verdict TEXT NOT NULL,      -- what the registry said then
        reason TEXT NOT NULL
    ) STRICT""",
    "CREATE INDEX registry_overrides_by_chart ON registry_overrides (n, at)",
)

GOVERNANCE: Final = (
    # What the council may decide, as far as this home made, signed or was shown it.
    """CREATE TABLE proposals (
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL UNIQUE,
        text TEXT NOT NULL,
        added_at INTEGER NOT NULL   -- milliseconds since 1970
    ) STRICT""",
)

ANCHORS: Final = (
    # Roots of the audit on their way to a chain, or there.
    """CREATE TABLE anchors (
        id INTEGER PRIMARY KEY,
        entry INTEGER NOT NULL,     -- the last one of the audit that it covers
        root BLOB NOT NULL,
        salt BLOB NOT NULL,
        previous BLOB NOT NULL,
        head BLOB NOT NULL,
        at INTEGER NOT NULL         -- seconds since 1970
    ) STRICT""",
)

CONSENTS: Final = (
    # Which consents charts hold; made again from the charts themselves.
    """CREATE TABLE consents (
        n INTEGER NOT NULL REFERENCES charts,
        name TEXT NOT NULL,
        record BLOB NOT NULL,
        active INTEGER NOT NULL,
        PRIMARY KEY (n, name)
    ) STRICT""",
)
