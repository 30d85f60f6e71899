"""Taking an organisation's next key into use: rosters, charts, and what the chain is told.

The address stays; what changes is the key that signs for it (docs/decisions, organisation keys).
"""

import dataclasses
from typing import Final

from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import NotTheHolder
from node.application.progress import Progress
from node.keystore.identity import Identity
from node.keystore.keystore import Keystore
from node.keystore.recovery import Root
from node.keystore.secrets import Secrets
from node.keystore.succession import Succession
from node.registry.network import Network
from sync.acts import RosterAct
from sync.charter import ACCESS
from sync.codec import decode, encode
from sync.errors import AuthorityError
from sync.grantee import Right
from sync.identifiers import ActId, ChartId, chart_text, did_ethr, root_standing
from sync.limits import roster_statements_of_a_key_max

Result = dict[str, object]

_STATED: Final = "organisation.statements"
"""Digests of the statements that the key in use signed."""
_CARRYING: Final = "organisation.carrying"
"""There while a new key's statement may be missing from charts."""


def note_statement(context: Context) -> None:
    """Remember the statement that this version makes: a later key must say that it counts."""
    known = _stated(context)
    digest = context.roster.digest
    if digest not in known:
        with context.store.transaction():
            _put_stated(context, [*known, digest])


def rotate(
    context: Context,
    charts: Charts,
    keystore: Keystore,
    network: Network | None,
    root: Root | None,
    progress: Progress,
) -> Result:
    """Take the next key into use, or finish that where it was cut off; carry it into all charts.

    Of an organisation that never pledged a next key only that is done: it can rotate from then on.
    """
    if not context.identity.holds_organisation:
        raise NotTheHolder(context.identity.organisation_did)
    state = "finished"
    if context.store.settings.get(_CARRYING) is None:
        state = _take_next(context, keystore, network)
    carried, without = _carry(context, charts, root, progress)
    if not without:
        with context.store.transaction():
            context.store.settings.remove(_CARRYING)
    keys = context.identity.secrets.succession
    return {
        "state": state,
        "organisation": context.identity.organisation_did,
        "key": None if keys is None else did_ethr(keys.address),
        "charts": [chart_text(chart) for chart in carried],
        "without": [chart_text(chart) for chart in without],
        "queued": state == "rotated" and network is not None,
    }


def _take_next(context: Context, keystore: Keystore, network: Network | None) -> str:
    secrets = keystore.secrets
    roster = context.roster
    before = secrets.succession
    if before is None:
        after = Succession.begin(
            secrets.organisation_secret, context.random, roster.number + 1, roster.hash
        )
    else:
        after = before.rotated(
            context.identity.organisation, _stated(context), roster.hash, context.random
        )
    with context.store.transaction():
        context.store.settings.put(_CARRYING, b"\x01")
        if before is not None and network is not None:
            _tell_chain(context, network, before, after)
    _use(context, keystore, dataclasses.replace(secrets, succession=after))
    with context.store.transaction():
        kept = [] if before is not None else _stated(context)
        _put_stated(context, [*kept, context.roster.digest])
    return "pledged" if before is None else "rotated"


def _use(context: Context, keystore: Keystore, secrets: Secrets) -> None:
    keystore.save(secrets)
    context.identity = Identity(secrets)
    for remembered in ("roster", "openers"):
        context.__dict__.pop(remembered, None)


def _tell_chain(context: Context, network: Network, before: Succession, after: Succession) -> None:
    from node.registry.signed_calls import change_owner

    for intent in change_owner(
        network, context.identity.organisation, before.secret, after.address
    ):
        context.store.outbox.put(intent, context.clock() // 1000)


def _carry(
    context: Context, charts: Charts, root: Root | None, progress: Progress
) -> tuple[list[ChartId], list[ChartId]]:
    """Write the statement in use into every chart that knows this organisation."""
    carried: list[ChartId] = []
    without: list[ChartId] = []
    own = context.identity.organisation
    keys = context.identity.secrets.succession
    statement = context.roster
    every = list(charts.ids())
    for place, chart in enumerate(every):
        progress("rotate", place, len(every))
        replica = charts.replica(chart)
        known = replica.fold.membership.organisation_keys
        held = replica.fold.membership.statements
        if own not in known or statement.digest in held:
            continue
        under = _standing(context, charts, chart, root)
        if under is None:
            if replica.charter.custodian == own:  # paper can carry it; elsewhere nobody here can
                without.append(chart)
            continue
        try:
            with charts.trying(chart):
                author = charts.author(chart, root)
                author.act([RosterAct(statement.encoded())], under)
                charts.keep(author)
        except AuthorityError:
            without.append(chart)
        else:
            carried.append(chart)
    progress("rotate", len(every), len(every))
    if keys is None:
        raise AssertionError("an organisation that rotates has a next key")
    return carried, without


def _standing(context: Context, charts: Charts, chart: ChartId, root: Root | None) -> ActId | None:
    if root is not None:
        return root_standing(chart)
    replica = charts.replica(chart)
    lane = replica.charter.lane(ACCESS)
    found = replica.fold.standing(context.identity.device, Right.APPEND, lane, context.clock())
    return found[0] if found else None


def _stated(context: Context) -> list[bytes]:
    kept = context.store.settings.get(_STATED)
    return [] if kept is None else [bytes(each) for each in decode(kept)]


def _put_stated(context: Context, digests: list[bytes]) -> None:
    kept = digests[-roster_statements_of_a_key_max:]
    context.store.settings.put(_STATED, encode(kept))
