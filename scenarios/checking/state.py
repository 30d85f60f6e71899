"""What each node shows in the end, as digests: two runs of one seed must agree in them."""

import hashlib

from scenarios.world.world import World


def state_digests(world: World) -> dict[str, str]:
    """A digest a node over everything that people can see there, history included."""
    found = {}
    for name, member in world.members.items():
        node = member.running
        lines = sorted(node.export(None, form="ndjson", history=True))
        lines += sorted(str(line["conflict"]).encode() for line in node.conflicts())
        found[name] = hashlib.sha256(b"\n".join(lines)).hexdigest()
    return found
