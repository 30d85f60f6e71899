"""The acts of governance as calls: keys, credentials, the council's proposals (node/api)."""

from collections.abc import Sequence

from node.client.calls import Call, Result


def org_rotate(recovery: Sequence[str] | None = None) -> Call[Result]:
    """Take the organisation's next key into use."""
    return Call("org-rotate", {"recovery": None if recovery is None else list(recovery)})


def org_show(who: str = "self") -> Call[Result]:
    """What is held of an organisation's accreditation."""
    return Call("org-show", {"who": who})


def credential_issue(
    *,
    devices: Sequence[str] = (),
    practitioners: Sequence[str] = (),
    own: bool = False,
    until: str | None = None,
) -> Call[Result]:
    """Issue credentials of this organisation."""
    return Call(
        "credential-issue",
        {
            "devices": list(devices),
            "practitioners": list(practitioners),
            "own": own,
            "until": until,
        },
    )


def credential_revoke(
    *,
    devices: Sequence[str] = (),
    practitioners: Sequence[str] = (),
    own: bool = False,
    confirmed: bool = False,
) -> Call[Result]:
    """Revoke credentials for ever; without `confirmed` it says what would follow."""
    return Call(
        "credential-revoke",
        {
            "devices": list(devices),
            "practitioners": list(practitioners),
            "own": own,
            "confirmed": confirmed,
        },
    )


def credential_check(who: str, issuer: str | None = None) -> Call[Result]:
    """What is held of a credential."""
    return Call("credential-check", {"who": who, "issuer": issuer})


def council_propose(
    actions: Sequence[str],
    *,
    until: str | None = None,
    sign: bool = False,
    network: str | None = None,
) -> Call[Result]:
    """Make a proposal of the actions that these words name.

    `network` is a network file's text, for a home that was made without one.
    """
    return Call(
        "council-propose",
        {"actions": list(actions), "until": until, "sign": sign, "network": network},
    )


def council_look(proposal: str, network: str | None = None) -> Call[Result]:
    """What a proposal does, who signed it, what is missing."""
    return Call("council-look", {"proposal": proposal, "network": network})


def council_sign(proposal: str, network: str | None = None) -> Call[Result]:
    """Sign a proposal as this organisation."""
    return Call("council-sign", {"proposal": proposal, "network": network})


def council_execute(proposal: str) -> Call[Result]:
    """Queue a proposal with enough signatures as one transaction."""
    return Call("council-execute", {"proposal": proposal})


def council_list() -> Call[list[Result]]:
    """Every proposal that this home knows."""
    return Call("council-list")
