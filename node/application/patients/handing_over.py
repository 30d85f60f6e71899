"""Handing a chart over to its patient: root standing for the patient's own key (AUTHORITY (a)).

Only the custodian's root can, from its paper, and only it can take that back. From then on the
patient's recovery words end anybody's access, the custodian's too, and that holds against all.
"""

from node.application.access.granting import (
    KEYS_PER_OPERATION_MAX,
    Introduction,
    Terms,
    give,
    write_letter_for,
)
from node.application.access.pairing import find_peer, grantee_text
from node.application.charts import Charts
from node.application.context import Context
from node.application.errors import BadRequest, NoStanding
from node.card.card import PairingCard, parse_card
from node.keystore.recovery import Root
from sync.acts import Handover
from sync.chart.author import Author
from sync.charter import CONTENT_LANE_NAMES, Kind
from sync.charter import Root as CharterRoot
from sync.grantee import RIGHTS_BY_NAME, Basis, Device, GivenBy, Right
from sync.identifiers import ChartId, SealingKey, chart_text, did_key, root_standing

CARD_PREFIX = "satchel-card:"

MEANING = (
    "their recovery words now do in this chart what a root does: give and end anybody's access, "
    "yours too, and have it shredded",
    "only the recovery words that signed this can take it back, and what was ended meanwhile stays",
    "your node goes on reading and writing it until they end that",
)


def hand_over(
    context: Context, charts: Charts, chart: ChartId, to: str, root: Root
) -> dict[str, object]:
    """Give a patient's root standing in a chart, and their node everything in it; durable.

    `to` is a paired patient's node by name, or its card's text. Raises BadRequest, PeerUnknown,
    NoStanding, errors of the card.
    """
    card = _card(context, to)
    if card.root is None:
        raise BadRequest(
            "a chart is handed over to a patient's node: `satchel init --kind patient`"
        )
    author = charts.author(chart, root)
    replica = author.replica
    if replica.charter.kind is not Kind.PATIENT:
        raise BadRequest("only a patient's chart can be handed over")
    if not replica.fold.is_root(root.signer.public):
        raise NoStanding(chart_text(chart), "these are not the recovery words of a root of it")
    heir = CharterRoot(card.root.signing, card.root.sealing)
    if heir in replica.fold.roots:
        raise BadRequest("that patient's root stands in it already")
    grantee = Device(card.device)
    terms = Terms(
        CONTENT_LANE_NAMES,
        RIGHTS_BY_NAME["admin"],
        basis=Basis.CONSENT,
        given_by=GivenBy.PATIENT,
        history=True,
    )
    with charts.trying(chart):
        author.act([Handover(heir)], root_standing(chart))
        give(author, grantee, Introduction.of(grantee, card), terms)
        _keys_for_paper(author, heir.sealing)
        _renew_epochs(context, author)
        with context.store.transaction():
            charts.keep(author)
            for to_key in (card.sealing, heir.sealing):
                write_letter_for(context, replica, to_key)
            context.store.unsettled.mark(chart)
    return {
        "chart": chart_text(chart),
        "to": grantee_text(context, grantee),
        "root": did_key(heir.signing),
        "roots": [did_key(one.signing) for one in replica.fold.roots],
        "meaning": list(MEANING),
    }


def _card(context: Context, to: str) -> PairingCard:
    if to.strip().startswith(CARD_PREFIX):
        return parse_card(to)
    return find_peer(context, to)[1]


def _keys_for_paper(author: Author, sealing: SealingKey) -> None:
    """Everything that was written so far, for the patient's paper alone to open."""
    replica = author.replica
    acts = [
        author.keys_act(lane, epoch, sealing)
        for lane in sorted(replica.charter.lane_ids)
        for epoch in replica.keyring.of_lane(lane)
    ]
    for start in range(0, len(acts), KEYS_PER_OPERATION_MAX):
        piece = acts[start : start + KEYS_PER_OPERATION_MAX]
        author.act(piece, root_standing(replica.chart), personal=False)


def _renew_epochs(context: Context, author: Author) -> None:
    """New epochs where this node reads: what is written from now on is the new root's as well."""
    fold = author.replica.fold
    for name in CONTENT_LANE_NAMES:
        lane = author.replica.charter.lane(name)
        if fold.standing(context.identity.device, Right.READ, lane, author.pen.now_milliseconds):
            author.rekey(lane)
