"""The acts for patients as calls: broken glass, handover, requests for access (node/api)."""

from collections.abc import Sequence

from node.client.calls import Call, Result


def break_glass(
    chart: str, *, reason: str, seconds: Sequence[str] = (), holders: Sequence[str] = ()
) -> Call[Result]:
    """Break the glass of a chart; `holders` are the peers to ask for one that is not held."""
    return Call(
        "break-glass",
        {
            "chart": chart,
            "reason": reason,
            "seconds": list(seconds),
            "holders": list(holders),
        },
    )


def glass_state(chart: str) -> Call[Result]:
    """Whether the summary of a chart can be read by now."""
    return Call("glass-state", {"chart": chart})


def glass_list(chart: str | None = None) -> Call[list[Result]]:
    """Who broke the glass of a chart, or of any."""
    return Call("glass-list", {"chart": chart})


def glass_confirm(chart: str, *, who: str) -> Call[Result]:
    """Confirm a peer's break-glass as a second person."""
    return Call("glass-confirm", {"chart": chart, "who": who})


def handover(chart: str, *, to: str, recovery: Sequence[str]) -> Call[Result]:
    """Give a patient's own key root standing."""
    return Call("handover", {"chart": chart, "to": to, "recovery": list(recovery)})


def access_request(
    chart: str,
    *,
    holders: Sequence[str] = (),
    lanes: Sequence[str],
    rights: str = "append",
    reason: str = "",
) -> Call[Result]:
    """Ask peers for access to a chart."""
    return Call(
        "access-request",
        {
            "chart": chart,
            "holders": list(holders),
            "lanes": list(lanes),
            "rights": rights,
            "reason": reason,
        },
    )


def access_requests() -> Call[list[Result]]:
    """Who asked for access to charts of this node, and what became of it."""
    return Call("access-requests")


def access_approve(request: str, *, until: str | None = None) -> Call[Result]:
    """Give what was asked for."""
    return Call("access-approve", {"request": request, "until": until})


def access_decline(request: str) -> Call[Result]:
    """Decline a request; the asker is not told."""
    return Call("access-decline", {"request": request})
