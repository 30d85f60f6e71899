"""All targets, and the decoders that none of them feeds, each with the reason."""

from typing import Final

from scenarios.soak.fuzz import (
    bodies,
    consents,
    exchange,
    files,
    governance,
    identities,
    intake,
    joining,
    notes,
    notices,
    outboxes,
    records,
    registry,
    statements,
)
from scenarios.soak.fuzz.target import Target

TARGETS: Final[dict[str, Target]] = {
    target.name: target
    for each in (
        statements,
        bodies,
        consents,
        exchange,
        records,
        files,
        governance,
        identities,
        intake,
        joining,
        notes,
        outboxes,
        notices,
        registry,
    )
    for target in each.TARGETS
}

_ACTS = "takes acts that `parse_deed` gave, no bytes; compared with a model in tests/sync/access"
_STORE = "reads what this node wrote into its own sealed store"
_FOLDER = "opens a folder or database of this node, whose bytes SQLCipher authenticates"
_FORM = "is an interface; what implements it is fed"
_ASKS = "is asked by the session or the API, and takes no bytes"

NOT_FED: Final[dict[str, str]] = {
    "sync.access.glass:read_breakings": _ACTS,
    "sync.access.grants:read_grants": _ACTS,
    "sync.access.membership:read_membership": _ACTS,
    "sync.access.merging:read_rights": _ACTS,
    "sync.access.revocations:read_revocations": _ACTS,
    "sync.access.roots:read_roots": _ACTS,
    "sync.chart.opening:open_chart": "begins a new chart; nothing is read",
    "sync.chart.replica:ChartReplica.open_access": "opens by `open_body` and `parse_deed`",
    "sync.session.replica:Replica.read_selected": _ASKS,
    "node.application.syncing.sharing:SharedCharts.read_selected": _ASKS,
    "node.application.access.rules:open_by_rules": "begins a new chart; nothing is read",
    "node.application.charts:Charts.open": "begins a new chart; nothing is read",
    "node.application.importing.intake:Importer.open": "begins an `Intake`, which is fed",
    "node.api.facade:Intake.feed": _FORM,
    "node.transport.interface:Stream.read_frame": _FORM,
    "node.application.debts:decode_debt": _STORE,
    "node.registry.subjects:decode_subjects": _STORE,
    "node.registry.chain:open_chain": "takes the URL that the user of this node typed",
    "node.home.creation:open_home": _FOLDER,
    "node.store.database:open_database": _FOLDER,
    "node.store.store:open_store": _FOLDER,
    "node.application.starting:open_node": _FOLDER,
    "node.application.organisation.council:read_proposal": "`parse_proposal_text` is fed",
    "node.application.organisation.council_words:parse_actions": "takes a person's words",
    "node.registry.kept_network:read_network": "reads a file by `parse_network`",
    "node.command.network:read_network": "reads a file by `parse_network`",
}
"""Decoders without a target. A test holds that this list and the targets name them all."""
