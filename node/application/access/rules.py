"""Standing rules: `grant --all`, applied to the charts that are and to those that will be."""

from node.application.access.gates import is_denied
from node.application.access.granting import Introduction, Terms, give, write_letter_for
from node.application.access.pairing import card_of
from node.application.charts import Charts
from node.application.context import Context
from node.store.standing_rules import StandingRule
from sync.grantee import Device, Grantee
from sync.identifiers import ChartId


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


def apply_rules(context: Context, charts: Charts, chart: ChartId) -> None:
    """Grant in a new chart what the standing rules say; durable when this returns.

    Nothing to whom the registry denies: when that has changed, `grant --all` gives what was left.
    """
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
        author = charts.author(chart)
        give(author, rule.to, introduction, terms, policy=rule.id)
        with context.store.transaction():
            charts.keep(author)
            write_letter_for(context, author.replica, introduction.sealing)


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
