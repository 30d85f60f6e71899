"""Says where the resources of a file would go and why, without a chart; `lanes explain` asks.

It reads like an import and writes nothing; the API feeds it piece by piece.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from node.fhir.found import Item, ReadResource, Rejection, Whole
from node.fhir.limits import explained_listed_max, explained_window_size_bytes
from node.fhir.placement.in_file import in_file
from node.fhir.placement.lane import Lane, Rule
from node.fhir.placement.lists import BLOOD_GROUP, SENSITIVE_LISTS, code_list, medicine_names
from node.fhir.placement.rules import SUMMARY_TYPES, placement_of
from node.fhir.reader import Reader

Progress = Callable[[str, int, int | None], None]
Result = dict[str, object]


class Explanation:
    """One file while it is read: feed it, then finish it. Memory stays bounded."""

    ready = False
    """Nothing is ever to be committed."""

    def __init__(self, label: str, lane: Lane | None) -> None:
        """Begin with nothing read; `lane` is one that a person named for all of it."""
        self._reader = Reader(label)
        self._in_file = in_file(self._reader.references)
        self._label = label
        self._lane = lane
        self._window: list[ReadResource] = []
        self._window_size_bytes = 0
        self._lanes: Counter[str] = Counter()
        self._resources: list[Result] = []
        self._rejected: list[dict[str, str]] = []
        self._rejected_count = 0

    def feed(self, piece: bytes, progress: Progress) -> None:
        """Read the next bytes. Never raises on content."""
        self._hold(self._reader.feed(piece))
        while self._reader.backlog:
            self._hold(self._reader.feed(b""))
        progress("explain", self._lanes.total(), None)

    def commit(self, progress: Progress) -> None:
        """Nothing is written."""

    def finish(self, progress: Progress) -> Result:
        """Each resource with its lane, the rule, what it found, and where in the resource."""
        self._hold(self._reader.finish())
        self._place()
        progress("explain", self._lanes.total(), self._lanes.total())
        return {
            "resources": self._resources,
            "lanes": {lane: self._lanes[lane] for lane in ("summary", "care", "sensitive")},
            "rejected": self._rejected,
            "rejected_count": self._rejected_count,
        }

    def abandon(self) -> None:
        """The rest will not come."""
        self._window.clear()

    def _hold(self, items: Sequence[Item]) -> None:
        for item in items:
            if isinstance(item, Rejection):
                self._reject(item)
                continue
            if isinstance(item, Whole):
                self._hold([*item.resources, *item.rejected])
                continue
            self._window.append(item)
            self._window_size_bytes += len(item.original)
            if self._window_size_bytes >= explained_window_size_bytes:
                self._place()

    def _place(self) -> None:
        """Place what was read so far: a prescription may stand before its Medication."""
        window, self._window, self._window_size_bytes = self._window, [], 0
        for resource in window:
            placed = placement_of(resource.document, self._lane, self._in_file)
            self._lanes[placed.lane] += 1
            if len(self._resources) < explained_listed_max:
                self._resources.append(
                    {
                        "resource": resource.key,
                        "lane": placed.lane,
                        "rule": str(placed.rule),
                        "detail": placed.detail,
                        "place": placed.place,
                        "position": resource.position,
                    }
                )

    def _reject(self, rejection: Rejection) -> None:
        self._rejected_count += 1
        if len(self._rejected) < explained_listed_max:
            place = f" {rejection.position}" if rejection.position else ""
            self._rejected.append({"source": self._label + place, "reason": rejection.reason})


def rules_listed() -> list[Result]:
    """The rules in the order in which they are asked, each with its lists."""
    lists = {
        Rule.CODE: [code_list(name) for name in SENSITIVE_LISTS],
        Rule.NAME: [medicine_names()],
        Rule.SUMMARY_CODE: [code_list(BLOOD_GROUP)],
    }
    return [
        {
            "rule": str(rule),
            "lane": _LANES[rule],
            "meaning": _MEANINGS[rule],
            "lists": [
                {
                    "name": one.name,
                    "title": one.title,
                    "codes": len(one.codes),
                    "sources": list(one.sources),
                }
                for one in lists.get(rule, ())
            ],
        }
        for rule in Rule
    ]


_LANES = {
    Rule.FORCED: "as named",
    Rule.LABEL: "sensitive",
    Rule.CODE: "sensitive",
    Rule.NAME: "sensitive",
    Rule.MEDICATION: "sensitive",
    Rule.SUMMARY_TYPE: "summary",
    Rule.SUMMARY_CODE: "summary",
    Rule.OTHERWISE: "care",
}
_MEANINGS = {
    Rule.FORCED: "--lane was given",
    Rule.LABEL: "meta.security has HIV, PSY, SDV, SEX, ETH, STD or a relative, or R or V",
    Rule.CODE: "a code of these lists stands where the resource says what it is about",
    Rule.NAME: "a medicine is called by one of these names, or a problem HIV or AIDS",
    Rule.MEDICATION: "the Medication that it refers to, in the same file, is sensitive",
    Rule.SUMMARY_TYPE: ", ".join(sorted(SUMMARY_TYPES)),
    Rule.SUMMARY_CODE: "an Observation with a code of this list",
    Rule.OTHERWISE: "no other rule applied",
}
