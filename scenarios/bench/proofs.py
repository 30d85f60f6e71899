"""How long a snapshot's facts take to verify, and what they weigh, beside one proof at a time.

`make bench` calls `measure`; nothing here is a test. The baseline is `trie`'s own verifier, which
is given the same nodes as a chain lists them: from the root for each slot.
"""

import time
from collections.abc import Callable
from random import Random

import rlp  # type: ignore[import-untyped]  # it has no types
from trie.hexary import HexaryTrie

from contracts.keccak import keccak
from contracts.loader import Name
from node.registry.proof import AccountProof
from node.registry.snapshot import decode_snapshot
from scenarios.bench.figure import Figure
from scenarios.soak.fuzz.chain_state import NETWORK, ChainState

MILLISECONDS_MAX = 1000.0
BYTES_PER_FACT_MAX = 1024.0
_ABSENT_OF_TEN = 1


def measure(
    facts: int = 1000, held: int = 20_000, runs: int = 5, seed: int = 1
) -> dict[str, object]:
    """Verify a snapshot of so many facts, a tenth of them absent, of a contract that holds more."""
    rng = Random(seed)
    slots = [rng.randbytes(32) for _ in range(held)]
    state = ChainState({Name.CONSENT: {slot: rng.getrandbits(200) + 1 for slot in slots}})
    absent = max(1, facts * _ABSENT_OF_TEN // 10)
    asked = sorted(
        [*rng.sample(slots, facts - absent), *(rng.randbytes(32) for _ in range(absent))]
    )
    encoded = state.snapshot({Name.CONSENT: asked}).encode()
    listed = state.proof(Name.CONSENT, asked)

    verify_seconds = _best(runs, lambda: decode_snapshot(encoded).verify(NETWORK))
    alone_seconds = _best(1, lambda: _one_by_one(listed))
    listed_bytes = sum(
        len(node) for nodes in (listed.nodes, *listed.storage.values()) for node in nodes
    )
    return {
        "figures": [
            Figure(
                f"verify a snapshot of {facts:,} facts",
                verify_seconds * 1000,
                "ms",
                MILLISECONDS_MAX,
                baseline=alone_seconds * 1000,
                against="trie, a proof at a time",
            ),
            Figure(
                "snapshot, a fact",
                len(encoded) / facts,
                "B",
                BYTES_PER_FACT_MAX,
                baseline=listed_bytes / facts,
                against="proofs as a chain lists them",
            ),
        ],
        "facts": facts,
        "held": held,
        "snapshot_bytes": len(encoded),
    }


def _one_by_one(proof: AccountProof) -> list[bytes]:
    """What `trie` reads of each list of nodes."""
    found = []
    for slot, nodes in proof.storage.items():
        root = keccak(nodes[0])
        decoded = [rlp.decode(node) for node in nodes]
        found.append(HexaryTrie.get_from_proof(root, keccak(slot), decoded))  # type: ignore[no-untyped-call]  # it has no types
    return found


def _best(runs: int, act: Callable[[], object]) -> float:
    """The shortest of several runs, in seconds: what else the machine did is not measured."""
    shortest = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        act()
        shortest = min(shortest, time.perf_counter() - began)
    return shortest
