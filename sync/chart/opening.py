"""Opening a chart: its charter, its first epochs, and a cover in every lane (DESIGN section 4).

Every chart gets all lanes and a cover operation in each, so that neither a lane's existence nor
its first size says anything about the patient.
"""

from collections.abc import Iterable, Sequence

from sync.acts import Act, Rekey, RosterAct
from sync.chart.author import Author
from sync.chart.keyring import Keyring
from sync.chart.place import Pen
from sync.chart.replica import ChartReplica, NoticeCheck
from sync.charter import CONTENT_LANE_NAMES, Charter
from sync.errors import RosterError
from sync.identifiers import SealingKey, epoch_id
from sync.roster import Roster
from sync.sealing import Opener


def open_chart(
    charter: Charter,
    roster: Roster,
    openers: Iterable[Opener],
    pen: Pen,
    notice_valid: NoticeCheck,
    grants: Sequence[Act] = (),
) -> Author:
    """Write a new chart's first operations; the roster makes this device a group member.

    Who is given something by `grants`, acts of one operation, has its lanes' first keys at once;
    the access key comes in a letter.
    """
    replica = ChartReplica(charter, Keyring(charter.chart, openers), notice_valid)
    author = Author(replica, pen)
    under = charter.grant_ids()[0]
    access = replica.access_lane
    key = author.draw_key()
    boxes = author.boxes(key, _first_readers(charter, roster))
    first = Rekey(access, 1, epoch_id(charter.chart, access, key), boxes, frozenset())
    author.hold(access, key)
    author.begin([RosterAct(roster.encoded()), first], under, first.epoch)
    if grants:
        author.act(grants, under)
    rekeys = []
    for name in CONTENT_LANE_NAMES:
        lane_key = author.draw_key()
        rekeys.append(author.rekey_act(charter.lane(name), lane_key))
        author.hold(charter.lane(name), lane_key)
    author.act(rekeys, under, personal=False)
    for name in CONTENT_LANE_NAMES:
        author.cover(charter.lane(name))
    return author


def _first_readers(charter: Charter, roster: Roster) -> list[SealingKey]:
    readers = []
    for grantee in charter.grants:
        group = roster.group(grantee.name)
        if group is None or grantee.organisation != roster.organisation:
            raise RosterError("roster does not name the groups that the charter grants to")
        readers.append(group.sealing)
    return [*readers, *(root.sealing for root in charter.roots)]
