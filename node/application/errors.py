"""Errors of the application: a part of the node's tree (node/errors.py).

NodeError
└── ApplicationError
    ├── NotFound            no such chart, peer, conflict, operation
    ├── AmbiguousName       a prefix or name that fits several
    ├── PeerUnknown         no pairing card of the grantee
    ├── LinkMissing         two charts that are not linked
    ├── NoStanding          this node has no right to do that in the chart
    ├── NothingToRevoke
    ├── BadRequest          an argument that makes no sense
    ├── PeerDenied          the registry proves that the peer was revoked
    ├── PeerUnproven        nobody paired with it, and no proof of it is new enough
    ├── ReleaseRefused      keys are for nobody whom the registry denies
    ├── ReleaseUnproven     no proof of the grantee is new enough to release keys by
    ├── CouncilRefused      a decision of the council that cannot be signed or executed
    ├── SecondPersonNeeded  five glasses broken within the hour
    ├── SecondPersonRefused
    └── RecoveryWordsDiffer
"""

from node.errors import NodeError
from node.exits import ExitCode


class ApplicationError(NodeError):
    """the act cannot be done"""

    exit_code = ExitCode.REFUSED


class NotFound(ApplicationError):
    """no {what} {id}"""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, what: str, id: str) -> None:
        """Name the kind of thing and the id that was asked for."""
        super().__init__(what=what, id=id)


class AmbiguousName(ApplicationError):
    """{id} fits more than one {what}"""

    exit_code = ExitCode.NOT_FOUND
    hint = "give more of it"

    def __init__(self, what: str, id: str) -> None:
        """Name the kind of thing and the text that was given."""
        super().__init__(what=what, id=id)


class PeerUnknown(ApplicationError):
    """no pairing card of {who} is held here"""

    exit_code = ExitCode.NOT_FOUND
    hint = "pair first: `satchel peer add CARD`"

    def __init__(self, who: str) -> None:
        """Name whom the command named."""
        super().__init__(who=who)


class NoStanding(ApplicationError):
    """this node cannot do that in chart {chart}: {reason}"""

    def __init__(self, chart: str, reason: str) -> None:
        """Name the chart and why."""
        super().__init__(chart=chart, reason=reason)


class NotTheHolder(ApplicationError):
    """the key of {organisation} is not on this device"""

    hint = "do it on the device that took this one in"

    def __init__(self, organisation: str) -> None:
        """Name the organisation."""
        super().__init__(organisation=organisation)


class LinkMissing(ApplicationError):
    """charts {one} and {other} are not linked"""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, one: str, other: str) -> None:
        """Name the charts."""
        super().__init__(one=one, other=other)


class NothingToRevoke(ApplicationError):
    """{who} holds nothing in {where} that this node can revoke"""

    exit_code = ExitCode.NOT_FOUND

    def __init__(self, who: str, where: str) -> None:
        """Name whom, and the chart or `any chart`."""
        super().__init__(who=who, where=where)


class BadRequest(ApplicationError):
    """{what}"""

    exit_code = ExitCode.USAGE

    def __init__(self, what: str) -> None:
        """Say what about the request makes no sense."""
        super().__init__(what=what)


class PeerDenied(ApplicationError):
    """{peer} is not served: {verdict}"""

    def __init__(self, peer: str, verdict: str) -> None:
        """Name the peer and the registry's verdict."""
        super().__init__(peer=peer, verdict=verdict)


class PeerUnproven(ApplicationError):
    """{peer} is not served yet: {verdict}"""

    hint = "pair with it (`satchel peer add CARD`), or sync first with a node that saw the chain"

    def __init__(self, peer: str, verdict: str) -> None:
        """Name the peer and the registry's verdict."""
        super().__init__(peer=peer, verdict=verdict)


class ReleaseRefused(ApplicationError):
    """{who} is given no key: {verdict}"""

    hint = "where that has changed on chain, sync with a node that saw it; `registry status` tells"

    def __init__(self, who: str, verdict: str) -> None:
        """Name the grantee and the registry's verdict."""
        super().__init__(who=who, verdict=verdict)


class ReleaseUnproven(ApplicationError):
    """{who} is given no key by facts as old as these: {verdict}"""

    hint = "sync with a node that saw the chain; an admin may give --override REASON"

    def __init__(self, who: str, verdict: str) -> None:
        """Name the grantee and the registry's verdict."""
        super().__init__(who=who, verdict=verdict)


class RecoveryWordsDiffer(ApplicationError):
    """these are not the recovery words of this node"""

    hint = "type the 24 words in the order `satchel init` printed them"


class CouncilRefused(ApplicationError):
    """the council's decision cannot go on: {reason}"""

    def __init__(self, reason: str) -> None:
        """Say what is missing."""
        super().__init__(reason=reason)


class SecondPersonNeeded(ApplicationError):
    """this node broke {count} glasses within the hour: the next needs a second person"""

    hint = (
        "have somebody of a paired node run `satchel break-glass CHART --confirm-for PEER`, "
        "and give the file with --second FILE"
    )

    def __init__(self, count: int) -> None:
        """Name the limit."""
        super().__init__(count=count)


class SecondPersonRefused(ApplicationError):
    """the second person's confirmation is refused: {reason}"""

    hint = "have it made anew: `satchel break-glass CHART --confirm-for PEER` on the other node"

    def __init__(self, reason: str) -> None:
        """Say what is wrong with it."""
        super().__init__(reason=reason)
