"""npm's ethr-did-resolver, an independent reader of DIDRegistries; tests skip without it."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

VERSION = "11.1.3"
FOLDER = Path(__file__).parents[2] / "build" / "resolver"
PACKAGES = (f"ethr-did-resolver@{VERSION}", "did-resolver@5.0.1")
SCRIPT = """
import { Resolver } from 'did-resolver'
import { getResolver } from 'ethr-did-resolver'
const [rpcUrl, registry, chainId, ...dids] = JSON.parse(process.argv[2])
const resolver = new Resolver(getResolver({ networks: [
  { name: 'mainnet', rpcUrl, registry, chainId },
  { name: '0x' + chainId.toString(16), rpcUrl, registry, chainId },
] }))
const found = []
for (const did of dids) found.push(await resolver.resolve(did))
console.log(JSON.stringify(found))
process.exit(0)
"""


def resolve_by_npm(
    url: str, registry: bytes, chain_id: int, dids: Sequence[str]
) -> list[dict[str, Any]]:
    """What it makes of each DID."""
    _install()
    script = FOLDER / "resolve.mjs"
    script.write_text(SCRIPT)
    asked = json.dumps([url, "0x" + registry.hex(), chain_id, *dids])
    done = subprocess.run(
        ["node", str(script), asked], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def _install() -> None:
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("Node.js is not here: no other resolver reads our registry")
    try:
        text = (FOLDER / "node_modules/ethr-did-resolver/package.json").read_text()
        if json.loads(text)["version"] == VERSION:
            return
    except OSError:
        FOLDER.mkdir(parents=True, exist_ok=True)
    options = ["--no-audit", "--no-fund", "--ignore-scripts", "--prefix", str(FOLDER)]
    done = subprocess.run(
        [npm, "install", *options, *PACKAGES],
        cwd=FOLDER,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    if done.returncode:
        pytest.skip("npm cannot fetch ethr-did-resolver here")
