"""Who may be here twice: found as people come in, shown to a person, never merged by itself.

People are noted whenever a chart's Patient changes (`noting.py`). They are compared with the others
after an import, or at the latest before the list is shown, so that writing waits for neither.
"""

from contextlib import AbstractContextManager

from node.application.context import Context
from node.application.errors import BadRequest, NotFound
from node.application.progress import Progress
from node.limits import duplicates_listed_max, people_weighed_at_once_max
from node.matching.candidates import candidates
from node.matching.scoring import grade_of
from node.store.matching import Pair
from sync.identifiers import ChartId, chart_text


def weigh_waiting(
    context: Context, turn: AbstractContextManager[object], progress: Progress
) -> int:
    """Compare those who came in with everybody; gives how many of them may be here already.

    Takes the node's turn for some at a time. What is left after a crash waits for the next time.
    """
    matching = context.store.matching
    with turn:
        waiting = matching.waiting_count()
    done = found = 0
    while waiting:
        with turn, context.store.transaction():
            register = matching.register()
            some = matching.waiting(people_weighed_at_once_max)
            for number, person in some:
                found += bool(matching.keep(number, candidates(person, register, but=number)))
        if not some:
            break
        done += len(some)
        progress("duplicates", done, max(waiting, done))
    return found


def list_duplicates(context: Context, chart: ChartId | None) -> list[dict[str, object]]:
    """The pairs that a person should look at, the likeliest first."""
    pairs = context.store.matching.pairs(chart, duplicates_listed_max)
    return [_described(context, pair, chart) for pair in pairs]


def dismiss(context: Context, pair: tuple[ChartId, ChartId], *, undo: bool) -> dict[str, object]:
    """Keep two charts off this node's list: a person said that they are two people. Or undo it.

    Raises BadRequest, NotFound.
    """
    if pair[0] == pair[1]:
        raise BadRequest("a pair is two charts")
    names = [chart_text(chart) for chart in pair]
    if not undo:
        context.store.matching.dismiss(*pair, context.clock())
    elif not context.store.matching.dismiss_no_more(*pair):
        raise NotFound("dismissed pair", " ".join(names))
    return {"charts": names, "dismissed": not undo}


def _described(context: Context, pair: Pair, chart: ChartId | None) -> dict[str, object]:
    """A pair, the chart that was asked about first."""
    charts = sorted(pair.charts, key=lambda one: one != chart)
    return {
        "likelihood": str(grade_of(pair.bits)),
        "score": pair.bits,
        "charts": [_face(context, one) for one in charts],
        "reasons": [reason.words for reason in pair.reasons if not reason.against],
        "against": [reason.words for reason in pair.reasons if reason.against],
    }


def _face(context: Context, chart: ChartId) -> dict[str, object]:
    listed = context.store.faces.of_chart(chart)
    return {
        "chart": chart_text(chart),
        "name": listed.name if listed else "",
        "birth_date": listed.birth_date if listed else "",
        "gender": listed.gender if listed else "",
    }
