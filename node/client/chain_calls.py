"""The acts about the registry's chain as calls (node/api)."""

from node.client.calls import Call, Result, Upload


def registry_sync(
    url: str | None = None,
    *,
    pay: bool = False,
    payer_key: str | None = None,
    wei_max: str | None = None,
) -> Call[Result]:
    """Meet a chain; `pay` sends what waits, for at most `wei_max` wei (decimal digits)."""
    return Call(
        "registry-sync", {"url": url, "pay": pay, "payer_key": payer_key, "wei_max": wei_max}
    )


def registry_status() -> Call[Result]:
    """What is held of the registry, and how old it is."""
    return Call("registry-status")


def registry_outbox() -> Call[list[Result]]:
    """What shall be done on chain, and how far it has come."""
    return Call("registry-outbox")


def registry_outbox_file() -> Call[Result]:
    """What waits, as a file for somebody else to send."""
    return Call("registry-outbox-file")


def registry_outbox_take(upload: Upload) -> Call[Result]:
    """Take over what somebody else wants sent."""
    return Call("registry-outbox-take", upload=upload)


def registry_resolve(did: str, url: str | None = None) -> Call[Result]:
    """A DID's document."""
    return Call("registry-resolve", {"did": did, "url": url})
