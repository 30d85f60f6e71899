"""Every fixed limit of what the node takes of the registry, each with its unit last in its name."""

from typing import Final

network_name_length_chars_max: Final = 100
"""A network's name, as people see it."""

network_size_bytes_max: Final = 64 * 1024
"""A network file, as people keep it or encoded."""

network_urls_max: Final = 16
"""Endpoints that a network file may name."""

network_url_length_chars_max: Final = 512
"""One endpoint."""

chain_id_max: Final = (1 << 53) - 1
"""A chain's id: JSON readers elsewhere hold whole numbers up to here."""

block_number_max: Final = (1 << 53) - 1
"""A block's number."""

signers_max: Final = 32
"""Checkpoint signers of a network."""

signer_changes_max: Final = 64
"""Changes of the checkpoint signers that one snapshot may prove, one after the other."""

header_size_bytes_max: Final = 4096
"""A block header: under 800 bytes on Ethereum; private chains carry their seals in it."""

header_fields_max: Final = 32
"""Fields of a block header: 21 since Prague."""

proof_node_size_bytes_max: Final = 1024
"""One node of a Merkle proof: a full branch has 532 bytes."""

proof_nodes_max: Final = 32 * 1024
"""Nodes that one snapshot may carry."""

proof_depth_max: Final = 65
"""Nodes on one way from a root: a key has 64 nibbles."""

snapshot_slots_max: Final = 8192
"""Facts that one snapshot may prove."""

snapshot_size_bytes_max: Final = 8 * 1024 * 1024
"""An encoded snapshot."""

snapshot_file_size_bytes_max: Final = 64 * 1024 * 1024
"""A file of snapshots."""

snapshots_per_file_max: Final = 4096
"""Snapshots in such a file."""

checkpoints_signed_kept_max: Final = 64
"""Checkpoints of its own that a node remembers, so that it never signs one number twice."""

checkpoint_size_bytes_max: Final = 64 * 1024
"""A checkpoint file."""

checkpoint_ahead_seconds_max: Final = 24 * 3600
"""A checkpoint whose block is dated further ahead of this node's clock is set aside: one of both
is wrong, and nobody here can say which. A day, as clocks that are wrong by a time zone are common,
and who has such a one must not lose the registry by it."""

snapshots_aside_max: Final = 16
"""Snapshots that are kept set aside until the clock allows them; revocations in them count."""

alarms_max: Final = 1000
"""Alarms that the store keeps; older ones go."""

chain_answer_seconds_max: Final = 20.0
"""How long one question to a chain's endpoint may take, its whole answer included."""

chain_connect_seconds_max: Final = 5.0
"""How long an endpoint may take to take a connection."""

chain_answer_size_bytes_max: Final = 16 * 1024 * 1024
"""One answer of an endpoint."""

chain_message_length_chars_max: Final = 200
"""What is repeated of an endpoint's own error texts."""

chain_slots_asked_max: Final = 256
"""Slots of one contract that are asked for with one question."""

chain_logs_max: Final = 10_000
"""Events of one identity in one block."""

resolved_changes_max: Final = 10_000
"""Blocks in which one identity changed, as far back as a resolver walks."""

gas_margin_percent: Final = 20
"""What is allowed beyond an estimate of gas: a batch may find more to do when it is mined."""

receipt_wait_seconds_max: Final = 60.0
"""How long `registry sync` waits for a transaction to be in a block; the next one looks again."""

receipt_look_seconds: Final = 0.25
"""How long between two looks for it."""

outbox_sent_at_once_max: Final = 64
"""Transactions that are under way at once."""

gathered_slots_max: Final = 2048
"""Facts that are gathered into one snapshot."""

partial_checkpoints_max: Final = 8
"""Blocks of one signer that are kept until others vouch for them too."""

deployment_receipt_seconds_max: Final = 300.0
"""How long `chain deploy` waits for one transaction to be mined."""

deployment_final_seconds_max: Final = 3600.0
"""How long it waits until what it deployed is final: 13 minutes on Ethereum."""

deployment_poll_seconds: Final = 0.5
"""How often it looks meanwhile."""

proposal_size_bytes_max: Final = 64 * 1024
"""A council's proposal, signatures included."""

proposal_actions_max: Final = 16
"""Actions that the contract takes in one decision."""

proposal_signatures_max: Final = 16
"""Members that a council can have."""

proposal_days_usual: Final = 30
"""How long a proposal may be executed, where nobody says otherwise."""

proposals_kept_max: Final = 256
"""Proposals that `council list` remembers; the oldest go first."""

credential_keys_max: Final = 64
"""Keys that the contract takes in one batch."""

credential_issue_days: Final = 365
"""How long what was signed to issue a credential may wait for a chain."""

carried_intents_max: Final = 1024
"""Intents in a file that somebody else relays."""

carried_calldata_size_bytes_max: Final = 16 * 1024
"""One call of such a file: a batch of 64 has less."""

carried_size_chars_max: Final = 4 * 1024 * 1024
"""Such a file."""

carried_expiry_seconds_max: Final = (1 << 48) - 1
"""A deadline in such a file, since 1970: contracts keep times in as many bits."""
