"""What the property tests of the contracts share: letters that are sent, spoilt signatures, effort.

`SATCHEL_CONTRACT_STEPS=thorough` runs a hundred times as many histories.
"""

import os
from collections.abc import Callable
from typing import Any, NamedTuple

from bare_evm import Outcome, Registry, fresh_registry, secret
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from contracts.typed_data import Place, sign

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

THOROUGH = os.environ.get("SATCHEL_CONTRACT_STEPS") == "thorough"

EFFORT = settings(
    max_examples=4000 if THOROUGH else 20,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)

HUNT = settings(
    EFFORT,
    max_examples=100,
    phases=[Phase.generate],
    database=None,
    derandomize=True,
    report_multiple_bugs=False,
    print_blob=False,
)
"""For contracts with a guard removed: stop at the first history that shows it."""

FLAWS = st.sampled_from(
    [""] * 28 + ["chain", "contract", "stranger", "high s", "v", "zeros", "short"]
)
"""What is wrong with a signature; mostly nothing."""

DELAYS = st.sampled_from([3600, 3600, 3600, 3600, 60, 60, 0, -1])
"""Seconds from now to the deadline: past, now, later."""


class Refused(Exception):
    """The model refuses it: the contract must revert."""


class Letter(NamedTuple):
    """A transaction, and what it means: a function that changes the model or raises Refused."""

    contract: bytes
    data: bytes
    meaning: Callable[[], int | None]
    sender: bytes
    relayed: bool
    """Whether anybody may send it."""


def signature_with(flaw: str, key: bytes, place: Place, digest: Callable[[Place], bytes]) -> bytes:
    """A signature that counts where the flaw is empty, and nowhere else."""
    if flaw == "chain":
        return sign(key, digest(place._replace(chain_id=place.chain_id + 1)))
    if flaw == "contract":
        return sign(key, digest(place._replace(contract=b"\x77" * 20)))
    if flaw == "stranger":
        return sign(secret(666), digest(place))
    if flaw == "zeros":
        return bytes(65)
    made = sign(key, digest(place))
    if flaw == "high s":
        return turned(made)
    if flaw == "v":
        return made[:64] + bytes([made[64] - 27])
    if flaw == "short":
        return made[:64]
    return made


def turned(signature: bytes) -> bytes:
    """The other signature over the same digest by the same key."""
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


class ContractMachine(RuleBasedStateMachine):
    """A registry beside its model. Subclasses have a model with `copy`, `now_seconds`."""

    begin: Callable[[], Registry] = staticmethod(fresh_registry)

    def __init__(self) -> None:
        super().__init__()
        self.registry = type(self).begin()
        self.evm = self.registry.evm
        self.sent: list[Letter] = []
        self.model: Any = None

    def deadline(self, delay_seconds: int) -> int:
        return self.evm.now_seconds + delay_seconds

    def post(self, letter: Letter, *, sender: bytes | None = None) -> Outcome:
        """Send it; contract and model must agree on whether it counts, and on how many changed."""
        if letter.relayed:
            # What was signed for this chain does nothing on one with the same state and addresses.
            # The chain after next: what is spoilt by its chain was signed for the next.
            other = self.registry.fork(chain_id=self.evm.chain_id + 2).evm
            assert not other.send(letter.contract, letter.data).events
        before = self.model.copy()
        expected: int | None = None
        try:
            expected = letter.meaning()
            accepted = True
        except Refused:
            self.model = before
            accepted = False
        outcome = self.evm.send(letter.contract, letter.data, sender=sender or letter.sender)
        assert outcome.succeeded == accepted, outcome.reason or "it should have been refused"
        if accepted and expected is not None:
            assert outcome.number == expected
        self.sent.append(letter)
        return outcome

    def post_again(self, number: int, sender: bytes) -> None:
        """Somebody who saw a letter sends it once more: a relayed one from wherever they are."""
        if self.sent:
            letter = self.sent[number % len(self.sent)]
            self.post(letter, sender=sender if letter.relayed else None)

    def words(self, word: Callable[[bytes, bytes], int]) -> list[int]:
        """All words of interest, by a reader of (contract, slot)."""
        raise NotImplementedError
