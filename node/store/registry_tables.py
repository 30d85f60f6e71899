"""The tables of what the registry says and what shall be said to it; migrations.py makes them."""

from typing import Final

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
