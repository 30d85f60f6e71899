"""Standing rules: `grant --all`, for every chart that this node administers, later ones too."""

from dataclasses import dataclass

from node.store.database import Database, Row
from sync.codec import decode, encode, fields, items, natural, octets, text
from sync.grantee import (
    Basis,
    GivenBy,
    Grantee,
    How,
    Right,
    grantee_value,
    parse_grantee,
)
from sync.identifiers import SealingKey

RULE_ID_SIZE_BYTES = 16
_LANES_MAX = 16
_NAME_LENGTH_CHARS_MAX = 32


@dataclass(frozen=True, slots=True)
class StandingRule:
    """What shall be granted on every chart. `id` is 16 random bytes: a grant's `policy`."""

    id: bytes
    to: Grantee
    lanes: frozenset[str]
    """Lanes by name; each chart has its own ids for them."""
    rights: Right
    basis: Basis
    given_by: GivenBy
    how: How
    until_milliseconds: int | None
    history: bool
    sealing: SealingKey | None
    """A device grantee's sealing key, with its own statement of it; None for a group."""
    sealing_signature: bytes | None
    made_at_milliseconds: int
    ended_at_milliseconds: int | None = None


class StandingRules:
    """The rules, ended ones included."""

    def __init__(self, database: Database) -> None:
        """Work on an open store's database."""
        self._database = database

    def add(self, rule: StandingRule) -> None:
        """Keep a new rule."""
        self._database.write(
            "INSERT INTO standing_rules (id, rule, made_at, ended_at) VALUES (?, ?, ?, ?)",
            (rule.id, _encoded(rule), rule.made_at_milliseconds, rule.ended_at_milliseconds),
        )

    def all(self) -> list[StandingRule]:
        """Every rule, the oldest first."""
        return [_rule(row) for row in self._database.rows(f"{_SELECT} ORDER BY made_at, id")]

    def standing(self, to: Grantee | None = None) -> list[StandingRule]:
        """The rules that have not ended, for anybody or for one grantee, the oldest first."""
        return [
            rule
            for rule in self.all()
            if rule.ended_at_milliseconds is None and to in (None, rule.to)
        ]

    def end(self, rule: bytes, at_milliseconds: int) -> bool:
        """End a rule by its id. False when there is none that stands."""
        return bool(
            self._database.write(
                "UPDATE standing_rules SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
                (at_milliseconds, rule),
            )
        )


_SELECT = "SELECT id, rule, made_at, ended_at FROM standing_rules"


def _encoded(rule: StandingRule) -> bytes:
    return encode(
        [
            grantee_value(rule.to),
            sorted(rule.lanes),
            int(rule.rights),
            int(rule.basis),
            int(rule.given_by),
            int(rule.how),
            rule.until_milliseconds,
            rule.history,
            rule.sealing,
            rule.sealing_signature,
        ]
    )


def _rule(row: Row) -> StandingRule:
    rule, encoded, made_at, ended_at = row
    to, lanes, rights, basis, given_by, how, until, history, sealing, signature = fields(
        decode(encoded), 10, "standing rule"
    )
    return StandingRule(
        rule,
        parse_grantee(to),
        frozenset(
            text(lane, "lane", _NAME_LENGTH_CHARS_MAX) for lane in items(lanes, "lanes", _LANES_MAX)
        ),
        Right(natural(rights, "rights")),
        Basis(natural(basis, "basis")),
        GivenBy(natural(given_by, "given by")),
        How(natural(how, "how")),
        None if until is None else natural(until, "until"),
        bool(history),
        None if sealing is None else SealingKey(octets(sealing, 32, "sealing key")),
        None if signature is None else octets(signature, 64, "signature"),
        made_at,
        ended_at,
    )
