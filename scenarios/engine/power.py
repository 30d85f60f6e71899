"""Power that goes in the middle of an act; disks raise it, `Member.working` takes it."""


class PowerLost(BaseException):
    """The node is off from here on. No code of the node may catch it."""
