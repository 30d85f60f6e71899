"""Processes that send an outbox are killed (SIGKILL) around transactions; each is sent once."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chained import anchors, deployed, revocation
from relaying_process import KEYED, STORE_KEY

from node.registry.chain import Chain
from node.registry.http_provider import HttpProvider
from node.registry.signers import SignerSet
from node.store.store import create_store
from sync.signing import Signer

SATCHEL = Path(sys.executable).with_name("satchel")
PROCESS = Path(__file__).with_name("relaying_process.py")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A chain in a process of its own."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    state = tmp_path_factory.mktemp("chain") / "chain.sqlite"
    process = subprocess.Popen(
        [SATCHEL, "chain", "serve", "--state", state, "--port", str(port)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.send_signal(signal.SIGTERM)


def test_a_relay_that_is_killed_again_and_again_sends_each_once(url: str, tmp_path: Path) -> None:
    provider = HttpProvider(url)
    network = deployed(provider, SignerSet((Signer(b"c" * 32).public,), 1), (url,))
    (tmp_path / "network.json").write_bytes(network.to_json())
    with create_store(tmp_path / "store.db", STORE_KEY, lambda size: b"r" * size) as store:
        for intent in [revocation(KEYED, 1), *anchors(KEYED, 2)]:
            store.outbox.put(intent, 1)

    given = (tmp_path / "store.db", url, tmp_path / "network.json")

    def run(method: str, number: int, when: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, PROCESS, *given, method, str(number), when],
            env={**os.environ, "PYTHONPATH": str(PROCESS.parents[3])},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode in (0, -signal.SIGKILL), done.stderr
        return done.returncode, done.stdout.strip()

    deaths = [
        run("eth_sendRawTransaction", 1, "before"),
        run("eth_sendRawTransaction", 2, "after"),
        run("eth_getTransactionReceipt", 1, "after"),
    ]
    assert [code for code, _ in deaths].count(-signal.SIGKILL) >= 2
    assert run("none", 1, "before") == (0, "done")
    assert Chain(provider, "the test's chain").next_nonce(KEYED.address) == 3
    provider.close()
