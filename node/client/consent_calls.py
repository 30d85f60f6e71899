"""The acts about consents as calls (node/api)."""

from collections.abc import Sequence

from node.client.calls import Call, Result


def consent_policy(
    chart: str,
    *,
    roles: Sequence[str],
    accredited_days: int = 0,
    lanes: Sequence[str],
    rights: str = "read",
    until: str | None = None,
) -> Call[Result]:
    """Open a chart to whoever is accredited in a role for long enough, once they ask."""
    return Call(
        "consent-policy",
        {
            "chart": chart,
            "roles": list(roles),
            "accredited_days": accredited_days,
            "lanes": list(lanes),
            "rights": rights,
            "until": until,
        },
    )


def consent_grant(
    chart: str,
    *,
    to: str,
    lanes: Sequence[str],
    rights: str = "append",
    given_by: str = "patient",
    how: str = "spoken",
    until: str | None = None,
    history: bool = False,
    override: str | None = None,
) -> Call[Result]:
    """Give somebody access because the patient said so."""
    return Call(
        "consent-grant",
        {
            "chart": chart,
            "to": to,
            "lanes": list(lanes),
            "rights": rights,
            "given_by": given_by,
            "how": how,
            "until": until,
            "history": history,
            "override": override,
        },
    )


def consent_revoke(chart: str, consent: str, *, keep_access: bool = False) -> Call[Result]:
    """End a policy or a grant; whom a policy let in may keep their access."""
    given = {"chart": chart, "consent": consent, "keep_access": keep_access}
    return Call("consent-revoke", given)


def consent_list(chart: str) -> Call[list[Result]]:
    """Everything that opens a chart now or did."""
    return Call("consent-list", {"chart": chart})
