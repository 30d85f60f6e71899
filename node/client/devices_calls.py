"""The acts about an organisation's devices as calls (node/api)."""

from node.client.calls import Call, Result


def device_request(peer: str) -> Call[Result]:
    """Ask to become a device of a paired node's organisation."""
    return Call("device-request", {"peer": peer})


def device_add(request: str) -> Call[Result]:
    """Take a device in; the answer is what it joins with."""
    return Call("device-add", {"request": request})


def device_remove(who: str) -> Call[Result]:
    """Leave a device out from now on."""
    return Call("device-remove", {"who": who})


def device_list() -> Call[list[Result]]:
    """The organisation's devices."""
    return Call("device-list")
