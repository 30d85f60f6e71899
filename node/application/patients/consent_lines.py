"""Who can open a chart or could, line by line, for the patient to read; `consent_desk` calls it."""

from collections.abc import Mapping

from node.application.access.pairing import grantee_text
from node.application.context import Context
from node.application.patients.glass_lines import glass_lines
from node.application.timestamps import time_text
from sync.access.grants import Granted
from sync.chart.replica import ChartReplica
from sync.charter import CONTENT_LANE_NAMES
from sync.grantee import RIGHTS_BY_NAME, Device, Grantee, Right
from sync.identifiers import ChartId, chart_text, did_ethr, did_key

Result = dict[str, object]


def access_lines(
    context: Context, replica: ChartReplica, policies: Mapping[str, bool]
) -> list[Result]:
    """Every grant, those on care or by a policy too; `policies` says which stand, by id."""
    fold = replica.fold
    names = {lane: name for name, lane in replica.charter.lanes}
    lines: list[Result] = []
    for granted in fold.grants.values():
        stands = granted.id in fold.live and not granted.expired(context.clock())
        lines.append(
            {
                "consent": None,
                "chart": chart_text(replica.chart),
                "kind": "access",
                "who": grantee_text(context, granted.to),
                "accredited_days": 0,
                "lanes": sorted(
                    names[lane] for lane in granted.lanes if names.get(lane) in CONTENT_LANE_NAMES
                ),
                "rights": rights_text(granted.rights),
                "until": time_or_none(granted.until_milliseconds),
                "stands": stands,
                "chain": "",
                "basis": _basis(granted, policies),
                "ends_with": _end(replica.chart, granted) if stands else "",
            }
        )
    return lines


def broken_lines(context: Context, replica: ChartReplica) -> list[Result]:
    """Every glass that was broken: four hours of the summary, whatever the patient had said."""
    return [
        {
            "consent": None,
            "chart": chart_text(replica.chart),
            "kind": "broken glass",
            "who": line["by"],
            "accredited_days": 0,
            "lanes": ["summary"],
            "rights": "read",
            "until": line["until"],
            "stands": bool(line["open"]),
            "chain": "",
            "basis": "vital-interest",
            "ends_with": "",
        }
        for line in glass_lines(context, replica)
    ]


def _end(chart: ChartId, granted: Granted) -> str:
    """What ends a grant; the custodian's own only the root, from its paper."""
    command = f"satchel revoke {chart_text(chart)[:16]} --from {did_of(granted.to)}"
    return command if granted.act is not None else f"{command} --recovery FILE"


def _basis(granted: Granted, policies: Mapping[str, bool]) -> str:
    """On what ground access was given, and by what; the charter's own has none."""
    if granted.act is None:
        return "this chart's custodian"
    ground = granted.act.basis.name.lower().replace("_", "-")
    if granted.act.policy is None:
        return ground
    policy = granted.act.policy.hex()
    if policy not in policies:
        return f"{ground}, by a standing rule of who gave it"
    return f"{ground}, by policy {policy[:8]}{'' if policies[policy] else ', which has ended'}"


def did_of(grantee: Grantee) -> str:
    """A device's own DID, or its organisation's for a group."""
    if isinstance(grantee, Device):
        return did_key(grantee.key)
    return did_ethr(grantee.organisation)


def rights_text(rights: Right) -> str:
    """The name of rights that add up, or what they are."""
    return next((name for name, bits in RIGHTS_BY_NAME.items() if bits == rights), str(rights))


def time_or_none(milliseconds: int | None) -> str | None:
    """A time for people, where there is one."""
    return None if milliseconds is None else time_text(milliseconds)
