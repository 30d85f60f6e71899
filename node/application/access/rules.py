"""Standing rules: `grant --all`, applied to the charts that are and to those that will be."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from node.application.access.gates import is_denied
from node.application.access.granting import (
    Introduction,
    Terms,
    acts_of_grant,
    give,
    write_letter_for,
)
from node.application.access.pairing import card_of
from node.application.charts import Charts
from node.application.context import Context
from node.store.standing_rules import StandingRule
from sync.acts import Act
from sync.charter import Charter, Kind
from sync.grantee import Device, Grantee
from sync.identifiers import ChartId

_AT_ONCE_MAX: Final = 16
_AT_ONCE_SIZE_BYTES_MAX: Final = 16 * 1024
"""How many rules, and how much of their grantees' rosters, one operation of a new chart holds."""


class _Due(NamedTuple):
    """A rule that stands, and what is to be said of its grantee."""

    rule: StandingRule
    introduction: Introduction
    terms: Terms


def make_rule(
    context: Context, to: Grantee, introduction: Introduction, terms: Terms
) -> StandingRule:
    """Keep a new rule, instead of any that stood for the same grantee with the same lanes."""
    rule = StandingRule(
        id=context.random(16),
        to=to,
        lanes=frozenset(terms.lanes),
        rights=terms.rights,
        basis=terms.basis,
        given_by=terms.given_by,
        how=terms.how,
        until_milliseconds=terms.until_milliseconds,
        history=terms.history,
        sealing=introduction.sealing,
        sealing_signature=introduction.sealing_signature,
        made_at_milliseconds=context.clock(),
    )
    rules = context.store.standing_rules
    with context.store.transaction():
        for older in rules.standing(to):
            if older.lanes <= rule.lanes and older.rights <= rule.rights:
                rules.end(older.id, context.clock())
        rules.add(rule)
    return rule


def end_rules(context: Context, to: Grantee) -> int:
    """End every rule for a grantee; returns how many there were."""
    standing = context.store.standing_rules.standing(to)
    with context.store.transaction():
        for rule in standing:
            context.store.standing_rules.end(rule.id, context.clock())
    return len(standing)


def open_by_rules(context: Context, charts: Charts, kind: Kind) -> ChartId:
    """Open a chart and give it to whom the standing rules say; durable when this returns.

    Nothing to whom the registry denies: when that has changed, `grant --all` gives what was left.
    A few rules are one operation of the new chart, and their grantees have the lanes' first keys.
    """
    due = list(_due(context))
    size_bytes = sum(len(one.introduction.roster or b"") for one in due)
    if len(due) > _AT_ONCE_MAX or size_bytes > _AT_ONCE_SIZE_BYTES_MAX:
        chart = charts.open(kind).replica.chart
        _give_one_by_one(context, charts, chart, due)
        return chart
    with context.store.transaction():
        author = charts.open(kind, lambda charter: _acts(charter, due))
        for one in due:
            write_letter_for(context, author.replica, one.introduction.sealing)
    return author.replica.chart


def _acts(charter: Charter, due: Sequence[_Due]) -> list[Act]:
    return [
        act
        for one in due
        for act in acts_of_grant(charter, one.rule.to, one.introduction, one.terms, one.rule.id)
    ]


def _give_one_by_one(context: Context, charts: Charts, chart: ChartId, due: Sequence[_Due]) -> None:
    for one in due:
        author = charts.author(chart)
        give(author, one.rule.to, one.introduction, one.terms, policy=one.rule.id)
        with context.store.transaction():
            charts.keep(author)
            write_letter_for(context, author.replica, one.introduction.sealing)


def _due(context: Context) -> Iterator[_Due]:
    """The rules that stand, with the grantees' keys."""
    for rule in context.store.standing_rules.standing():
        until = rule.until_milliseconds
        if until is not None and until <= context.clock():
            continue
        introduction = _introduction(context, rule)
        if introduction is None or is_denied(context, rule.to):
            continue
        terms = Terms(
            tuple(sorted(rule.lanes)),
            rule.rights,
            rule.basis,
            rule.given_by,
            rule.how,
            rule.until_milliseconds,
            rule.history,
        )
        yield _Due(rule, introduction, terms)


def _introduction(context: Context, rule: StandingRule) -> Introduction | None:
    """The grantee's keys: a device's are in the rule, a group's in its organisation's newest card.

    None where no card of the organisation is held any more: `doctor` says so.
    """
    if rule.sealing is None:
        return None
    if isinstance(rule.to, Device):
        return Introduction(rule.sealing, rule.sealing_signature, None)
    cards = [card_of(p) for p in context.store.peers.of_organisation(rule.to.organisation)]
    if not cards:
        return None
    return Introduction.of(rule.to, max(cards, key=lambda card: card.issued_at_seconds))
