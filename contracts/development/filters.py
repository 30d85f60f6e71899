"""Logs by query, and filters that remember what was told already. Called by `JsonRpc`."""

from dataclasses import dataclass
from typing import Any

from contracts.development.chain import DevelopmentChain
from contracts.development.errors import ChainFailure, InvalidParameters
from contracts.development.limits import filters_max
from contracts.development.quantities import (
    address_of,
    block_number_of,
    mapping_of,
    number_of,
    shown,
    shown_bytes,
    word_of,
)
from contracts.development.records import LogQuery
from contracts.development.shapes import log_shape

_CHOICES_MAX = 128
"""Addresses, or values of one topic, in one query."""


@dataclass
class _Filter:
    asked: dict[str, Any] | None
    """Its query; None where it tells of new blocks."""
    next_block: int


class Filters:
    """eth_getLogs and the filters of clients, which end with the process."""

    def __init__(self, chain: DevelopmentChain) -> None:
        self._chain = chain
        self._filters: dict[int, _Filter] = {}
        self._made = 0

    def logs(self, asked: object) -> list[dict[str, Any]]:
        """eth_getLogs."""
        fields = dict(mapping_of(asked, "the query"))
        return [log_shape(self._chain, log) for log in self._chain.logs(self._query(fields))]

    def new_filter(self, asked: object) -> str:
        """eth_newFilter: of logs."""
        fields = {name: given for name, given in mapping_of(asked, "the query").items() if given}
        self._query(fields)
        return self._keep(fields)

    def new_block_filter(self) -> str:
        """eth_newBlockFilter."""
        return self._keep(None)

    def changes(self, which: object) -> list[Any]:
        """eth_getFilterChanges: what is new since it was last asked."""
        found = self._found(which)
        head = int(self._chain.head.block_number)
        # After a reorganisation the head may lie below what was told.
        first, found.next_block = min(found.next_block, head + 1), head + 1
        if found.asked is None:
            return [
                shown_bytes(self._chain.header(number).hash) for number in range(first, head + 1)
            ]
        # What it was made without does not begin with whatever block is the newest now.
        query = self._query({"fromBlock": "earliest"} | found.asked)
        query = LogQuery(max(first, query.first), query.last, query.addresses, query.topics)
        return [log_shape(self._chain, log) for log in self._chain.logs(query)]

    def filter_logs(self, which: object) -> list[dict[str, Any]]:
        """eth_getFilterLogs: all that the filter's query matches."""
        found = self._found(which)
        if found.asked is None:
            raise ChainFailure("filter not found")
        return self.logs(found.asked)

    def uninstall(self, which: object) -> bool:
        """eth_uninstallFilter."""
        return self._filters.pop(number_of(which, "the filter"), None) is not None

    def _keep(self, asked: dict[str, Any] | None) -> str:
        while len(self._filters) >= filters_max:
            del self._filters[next(iter(self._filters))]
        self._made += 1
        self._filters[self._made] = _Filter(asked, int(self._chain.head.block_number) + 1)
        return shown(self._made)

    def _found(self, which: object) -> _Filter:
        found = self._filters.get(number_of(which, "the filter"))
        if found is None:
            raise ChainFailure("filter not found")
        return found

    def _query(self, fields: dict[str, Any]) -> LogQuery:
        if fields.get("blockHash") is not None:
            if fields.get("fromBlock") is not None or fields.get("toBlock") is not None:
                raise InvalidParameters("a query names a block's hash or a range, not both")
            number = self._chain.number_of(word_of(fields["blockHash"]))
            if number is None:
                raise ChainFailure("unknown block")
            first = last = number
        else:
            first = self._edge(fields.get("fromBlock"))
            last = self._edge(fields.get("toBlock"))
        return LogQuery(first, last, _addresses(fields.get("address")), _topics(fields))

    def _edge(self, which: object) -> int:
        """A block of the range; one that is still to come is allowed."""
        if which is None:
            return int(self._chain.head.block_number)
        try:
            return block_number_of(self._chain, which)
        except InvalidParameters:
            raise
        except ChainFailure:
            return min(number_of(which, "the block"), 1 << 62)


def _addresses(asked: object) -> tuple[bytes, ...]:
    if asked is None:
        return ()
    several = asked if isinstance(asked, list) else [asked]
    if len(several) > _CHOICES_MAX:
        raise InvalidParameters(f"more than {_CHOICES_MAX} addresses")
    return tuple(address_of(one) for one in several)


def _topics(fields: dict[str, Any]) -> tuple[tuple[bytes, ...], ...]:
    asked = fields.get("topics")
    if asked is None:
        return ()
    if not isinstance(asked, list) or len(asked) > 4:
        raise InvalidParameters("topics are a list of at most four")
    found = []
    for choice in asked:
        several = choice if isinstance(choice, list) else [] if choice is None else [choice]
        if len(several) > _CHOICES_MAX:
            raise InvalidParameters(f"more than {_CHOICES_MAX} values of a topic")
        found.append(tuple(word_of(one, "the topic") for one in several if one is not None))
    return tuple(found)
