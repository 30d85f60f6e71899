"""Foundry's anvil as another chain to hold ours against, from npm; tests skip where it is absent.

`@pytest.fixture def anvil(): with running_anvil() as chain: yield chain`. `reorganise` replaces the
newest blocks by others. Installed once, under the repository's build folder.
"""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

PACKAGES = {"@foundry-rs/anvil": "1.7.1", "ethers": "6.15.0"}
MODULES = Path(__file__).parents[2] / "build" / "javascript"
INSTALL_SECONDS_MAX = 180
START_SECONDS_MAX = 30


class Anvil:
    """A running anvil."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]") -> None:
        self.url = url
        self.process = process

    def ask(self, method: str, *parameters: Any) -> Any:
        """The result, or the whole answer where it is an error."""
        answer = ask(self.url, method, *parameters)
        return answer.get("result", answer)

    def reorganise(self, depth: int) -> None:
        """Replace the newest `depth` blocks by empty ones with other hashes."""
        found = self.ask("anvil_reorg", [depth, []])
        if isinstance(found, dict):
            found = self.ask("anvil_reorg", depth, [])
        assert not isinstance(found, dict), found

    def snapshot(self) -> str:
        """A point to `revert` to."""
        return str(self.ask("evm_snapshot"))

    def revert(self, snapshot: str) -> None:
        """Forget all blocks since."""
        assert self.ask("evm_revert", snapshot) is True

    def mine(self, count: int) -> None:
        """Add empty blocks: `finalized` stays 64 behind the newest."""
        self.ask("anvil_mine", hex(count))


def ask(url: str, method: str, *parameters: Any) -> dict[str, Any]:
    """Ask any JSON-RPC server one thing."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(parameters)})
    request = urllib.request.Request(  # noqa: S310 -- always http:// to this machine
        url, body.encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        found: dict[str, Any] = json.loads(answer.read())
        return found


def javascript_modules() -> Path:
    """The folder with node_modules in it; skips the test where it cannot be made."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        pytest.skip("Node.js is not here: its tools are not run against the chain")
    MODULES.mkdir(parents=True, exist_ok=True)
    with (MODULES / "install.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all(_is_there(name, version) for name, version in PACKAGES.items()):
            _install(npm)
    return MODULES


def _is_there(name: str, version: str) -> bool:
    try:
        text = (MODULES / "node_modules" / name / "package.json").read_text()
    except OSError:
        return False
    return bool(json.loads(text)["version"] == version)


def _install(npm: str) -> None:
    named = [f"{name}@{version}" for name, version in PACKAGES.items()]
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(MODULES)]
    try:
        done = subprocess.run(
            [npm, "install", *options, *named],
            cwd=MODULES,
            capture_output=True,
            text=True,
            check=False,
            timeout=INSTALL_SECONDS_MAX,
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not fetch anvil in time")
    if done.returncode:
        pytest.skip(f"npm cannot fetch anvil here: {done.stderr.strip().splitlines()[-1:]}")


@contextmanager
def running_anvil(*options: str, chain_id: int = 31337) -> Iterator[Anvil]:
    """An anvil on a free port, with the accounts of our own chain; skips where there is none."""
    program = javascript_modules() / "node_modules" / ".bin" / "anvil"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [program, "--port", str(port), "--chain-id", str(chain_id), "--silent", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "NO_COLOR": "1"},
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, process)
        yield Anvil(url, process)
    finally:
        # npm's launcher is not anvil itself: its whole group is ended, which it leads.
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    give_up_at = time.monotonic() + START_SECONDS_MAX
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            ask(url, "eth_chainId")
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.skip(f"anvil does not run here (exit {process.poll()})")
