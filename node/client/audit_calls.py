"""The acts about anchors of the audit as calls (node/api)."""

from node.client.calls import Call, Result


def audit_anchor() -> Call[Result]:
    """Put a root of the audit on its way to the chain."""
    return Call("audit-anchor")


def audit_prove(url: str | None = None) -> Call[Result]:
    """Hold the audit against what the chain has of it."""
    return Call("audit-prove", {"url": url})
