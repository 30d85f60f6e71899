"""Giving access: grants, the keys that go with them, letters, and standing rules."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from node.application.access.gates import Release
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import BadRequest, NoStanding
from node.application.progress import Progress
from node.card.card import PairingCard
from node.keystore.recovery import Root
from sync.acts import Act, Grant, Keys, Revoke, RosterAct
from sync.chart.author import Author
from sync.chart.replica import ChartReplica
from sync.charter import ACCESS, CONTENT_LANE_NAMES, SUMMARY, Charter, Kind
from sync.errors import AuthorityError
from sync.grantee import RIGHTS_BY_NAME, Basis, Device, GivenBy, Grantee, How, Right
from sync.identifiers import ActId, ChartId, LaneId, SealingKey, chart_text
from sync.letter import write_letter
from sync.limits import letter_epochs_max
from sync.roster import parse_roster

KEYS_PER_OPERATION_MAX = 150
"""Keys acts that one operation carries: each has 200 bytes or so."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person said when they gave access."""

    lanes: tuple[str, ...]
    rights: Right
    basis: Basis = Basis.CARE
    given_by: GivenBy = GivenBy.NONE
    how: How = How.NONE
    until_milliseconds: int | None = None
    history: bool = False


def parse_terms(
    lanes: Sequence[str],
    rights: str,
    basis: str,
    given_by: str,
    how: str,
    until_milliseconds: int | None,
    history: bool,
) -> Terms:
    """Terms from the words of the command line, or raise BadRequest."""
    wanted = _content_lanes(lanes)
    if rights not in RIGHTS_BY_NAME:
        raise BadRequest(f"rights are one of {', '.join(RIGHTS_BY_NAME)}")
    try:
        return Terms(
            wanted,
            RIGHTS_BY_NAME[rights],
            Basis[basis.upper().replace("-", "_")],
            GivenBy[given_by.upper()],
            How[how.upper()],
            until_milliseconds,
            history,
        )
    except KeyError as error:
        raise BadRequest(f"{error.args[0].lower()} is no basis, giver or way of giving") from error


def _content_lanes(lanes: Sequence[str]) -> tuple[str, ...]:
    """The lanes that were named, each once; `all` is every one, `access` comes with any."""
    named = dict.fromkeys(lane for lane in lanes if lane != ACCESS)
    if "all" in named:
        return CONTENT_LANE_NAMES
    if not named or not set(named) <= set(CONTENT_LANE_NAMES):
        raise BadRequest(f"lanes are some of {','.join(CONTENT_LANE_NAMES)}, or all")
    return tuple(named)


@dataclass(frozen=True, slots=True)
class Introduction:
    """A grantee's keys, as its pairing card proves them; a group brings its roster."""

    sealing: SealingKey
    sealing_signature: bytes | None
    roster: bytes | None

    @classmethod
    def of(cls, to: Grantee, card: PairingCard, *, with_roster: bool = False) -> "Introduction":
        """What a card says of a grantee, or raise BadRequest.

        A device's comes `with_roster` where a registry judges it: that says whose device it is.
        """
        if isinstance(to, Device):
            roster = card.roster if with_roster else None
            return cls(card.sealing, card.sealing_signature, roster)
        group = parse_roster(card.roster).group(to.name)
        if group is None:
            raise BadRequest(f"the organisation's roster has no group {to.name}")
        return cls(group.sealing, None, card.roster)


def give(
    author: Author,
    to: Grantee,
    introduction: Introduction,
    terms: Terms,
    policy: bytes | None = None,
    *,
    personal: bool = True,
) -> None:
    """Write one grant in one chart, with its keys and letter; not yet durable.

    Not `personal` is the device's own, under a named standing policy (DESIGN section 4).
    Raises NoStanding where this node does not administer the lanes, or where somebody above has
    revoked the grantee.
    """
    replica = author.replica
    lanes = frozenset(replica.charter.lane(name) for name in terms.lanes)
    under = _admin_standing(author, lanes)
    acts = acts_of_grant(
        replica.charter, to, introduction, terms, policy, despite=_revokes_of(replica, to)
    )
    written = author.act(acts, under, personal=personal)
    fold = replica.fold
    if not any(
        grant.operation == written.id and identity in fold.live
        for identity, grant in fold.grants.items()
    ):
        raise NoStanding(
            chart_text(replica.chart), "somebody above this node's standing has revoked them"
        )
    _hand_over_keys(author, under, introduction.sealing, terms)


def acts_of_grant(
    charter: Charter,
    to: Grantee,
    introduction: Introduction,
    terms: Terms,
    policy: bytes | None,
    *,
    despite: frozenset[ActId] = frozenset(),
) -> list[Act]:
    """One grant in a chart, and what says whose the grantee's key is."""
    acts: list[Act] = []
    if introduction.roster is not None:
        acts.append(RosterAct(introduction.roster))
    acts.append(
        Grant(
            to=to,
            lanes=frozenset(charter.lane(name) for name in terms.lanes),
            rights=terms.rights,
            basis=terms.basis,
            given_by=terms.given_by,
            how=terms.how,
            until_milliseconds=terms.until_milliseconds,
            history=terms.history,
            despite=despite,
            sealing=introduction.sealing if isinstance(to, Device) else None,
            sealing_signature=introduction.sealing_signature,
            policy=policy,
        )
    )
    return acts


def _hand_over_keys(author: Author, under: ActId, to: SealingKey, terms: Terms) -> None:
    """History by `keys` acts, or a new epoch for a lane without it (AUTHORITY rule 13)."""
    if Right.READ not in terms.rights:
        return
    replica = author.replica
    acts: list[Keys] = []
    for name in terms.lanes:
        lane = replica.charter.lane(name)
        if name == SUMMARY or terms.history:
            acts += [author.keys_act(lane, epoch, to) for epoch in replica.keyring.of_lane(lane)]
        else:
            author.rekey(lane)
    for start in range(0, len(acts), KEYS_PER_OPERATION_MAX):
        author.act(acts[start : start + KEYS_PER_OPERATION_MAX], under, personal=False)


def write_letter_for(context: Context, replica: ChartReplica, to: SealingKey) -> None:
    """Write and keep the letters that hand a grantee the charter and the access keys (rule 15).

    Every epoch that an access operation is under, in as many letters as that takes; of those that
    were only announced, which anybody with `append` can do by the thousand, what room is left.
    """
    lane = replica.charter.lane(ACCESS)
    held = replica.keyring.of_lane(lane)
    used = {one.prefix.epoch for one in replica.operations.values() if one.prefix.lane == lane}
    keys = [key for epoch, key in held.items() if epoch in used]
    spare = [key for epoch, key in held.items() if epoch not in used]
    keys += spare[: -len(keys) % letter_epochs_max]
    for start in range(0, max(1, len(keys)), letter_epochs_max):
        letter = write_letter(
            replica.charter,
            tuple(keys[start : start + letter_epochs_max]),
            to,
            context.identity.signer,
            context.random(32),
        )
        context.store.letters.add(letter)


def grant_in_charts(
    context: Context,
    charts: Charts,
    wanted: Iterable[ChartId],
    to: Grantee,
    introduction: Introduction,
    terms: Terms,
    policy: bytes | None,
    progress: Progress,
    root: Root | None = None,
    released: Release | None = None,
) -> list[ChartId]:
    """Write a grant in each chart, durable chart by chart. Returns the charts."""
    done: list[ChartId] = []
    all_wanted = list(wanted)
    for place, chart in enumerate(all_wanted):
        progress("grant", place, len(all_wanted))
        try:
            with charts.trying(chart):
                author = charts.author(chart, root)
                give(author, to, introduction, terms, policy)
                with context.store.transaction():
                    charts.keep(author)
                    write_letter_for(context, author.replica, introduction.sealing)
                    if released is not None:
                        released.record(context, chart)
        except AuthorityError as error:
            raise NoStanding(chart_text(chart), str(error)) from error
        done.append(chart)
    progress("grant", len(all_wanted), len(all_wanted))
    return done


def administered(context: Context, charts: Charts, root: Root | None = None) -> list[ChartId]:
    """The charts that this node (or the root) administers: all but the organisation's own keys."""
    found = []
    device = context.identity.device if root is None else root.signer.public
    for chart in charts.ids():
        replica = charts.replica(chart)
        if replica.charter.kind is Kind.KEYS:
            continue
        if replica.fold.standing(device, Right.ADMIN, None, context.clock()):
            found.append(chart)
    return found


def _admin_standing(author: Author, lanes: frozenset[LaneId]) -> ActId:
    """A live `admin` grant that covers all the lanes, or raise NoStanding."""
    fold = author.replica.fold
    standing = fold.standing(
        author.pen.signer.public, Right.ADMIN, None, author.pen.now_milliseconds
    )
    for identity in standing:
        grant = fold.grants.get(identity)
        if grant is None or lanes <= grant.lanes:
            return identity
    raise NoStanding(chart_text(author.replica.chart), "it does not administer these lanes")


def _revokes_of(replica: ChartReplica, to: Grantee) -> frozenset[ActId]:
    """The revokes that a new grant must name to escape them (AUTHORITY rule 5)."""
    return frozenset(
        identity
        for identity, revocation in replica.fold.revoked.items()
        if isinstance(revocation.act, Revoke) and revocation.target == to
    )
