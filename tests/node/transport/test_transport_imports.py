"""libp2p takes most of a second to import, so only opening the real transport may load it."""

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "node.transport.interface",
        "node.transport.peer_id",
        "node.transport.memory_transport",
        "node.transport.opening",
        "node.replicator.driver",
        "node.replicator.exchange",
    ],
)
def test_importing_a_part_that_is_not_libp2p_loads_no_libp2p(module: str) -> None:
    code = f"import sys, {module}; sys.exit('libp2p' in sys.modules or 'multiaddr' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_opening_the_real_transport_is_silent_with_warnings_as_errors() -> None:
    code = (
        "import logging; from node.transport.opening import libp2p_transport\n"
        "libp2p_transport(bytes(32))\n"
        "logging.getLogger('libp2p.network').error('a line of libp2p')\n"
        "assert not logging.getLogger().handlers"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=False, capture_output=True, text=True
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
