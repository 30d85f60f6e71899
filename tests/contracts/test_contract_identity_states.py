"""Our DIDRegistry beside the well-known EthereumDIDRegistry: same acts, same answers, same events.

The one is uPort's, as deployed on Ethereum (ethereum_did_registry.json); both run every history.
"""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from bare_evm import Evm, Outcome, Registry, fresh_registry, secret
from contract_machines import EFFORT, ORDER, turned
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from contracts import calls, slots
from contracts.compiling import SOURCES
from contracts.keccak import keccak
from contracts.loader import Name, artifact
from contracts.typed_data import address_of, identity_digest, sign

THEIRS: dict[str, Any] = json.loads(
    (Path(__file__).parent / "ethereum_did_registry.json").read_text()
)
PEOPLE = {address_of(secret(n)): secret(n) for n in (1, 2, 3)}
NAMES = [b"did/svc/Records", b"did/pub/Ed25519/veriKey/base64"]
TYPES = [b"veriKey", b"sigAuth"]
VALUES = [b"", b"https://clinic.example", bytes(range(256)) * 3]

people = st.sampled_from(list(PEOPLE))
ACTS = st.one_of(
    st.tuples(st.just("changeOwner"), st.tuples(people)),
    st.tuples(
        st.just("addDelegate"),
        st.tuples(st.sampled_from(TYPES), people, st.sampled_from([0, 60, 86400])),
    ),
    st.tuples(st.just("revokeDelegate"), st.tuples(st.sampled_from(TYPES), people)),
    st.tuples(
        st.just("setAttribute"),
        st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES), st.sampled_from([0, 60])),
    ),
    st.tuples(
        st.just("revokeAttribute"), st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES))
    ),
)
CALLS: dict[str, Callable[..., bytes]] = {
    "changeOwner": calls.change_owner,
    "addDelegate": calls.add_delegate,
    "revokeDelegate": calls.revoke_delegate,
    "setAttribute": calls.set_attribute,
    "revokeAttribute": calls.revoke_attribute,
}


def packed(act: str, arguments: tuple[Any, ...]) -> list[bytes]:
    """Arguments as ERC-1056 packs them: names and types fill 32 bytes, values do not."""
    named = act != "changeOwner"
    return [
        of.to_bytes(32, "big")
        if isinstance(of, int)
        else (of.ljust(32, b"\0") if named and at == 0 else of)
        for at, of in enumerate(arguments)
    ]


@cache
def _both() -> tuple[Registry, bytes]:
    registry = fresh_registry()
    theirs = registry.evm.create(bytes.fromhex(THEIRS["bytecode"].removeprefix("0x")))
    return registry, theirs


def both(begin: Callable[[], Registry] | None = None) -> tuple[Evm, bytes, bytes]:
    """An EVM with our registry and theirs."""
    if begin is None:
        registry, theirs = _both()
        return registry.evm.fork(), registry.did, theirs
    registry = begin()
    theirs = registry.evm.create(bytes.fromhex(THEIRS["bytecode"].removeprefix("0x")))
    return registry.evm, registry.did, theirs


def comparable(abi: list[dict[str, Any]]) -> set[str]:
    """An ABI as one line an entry: what a caller or a reader of events depends on."""
    return {
        json.dumps(
            [
                entry["type"],
                entry["name"],
                [(of["type"], of.get("indexed")) for of in entry["inputs"]],
                [of["type"] for of in entry.get("outputs", [])],
                entry.get("stateMutability"),
            ]
        )
        for entry in abi
    }


def test_functions_and_events_are_those_of_the_well_known_registry() -> None:
    assert comparable(artifact(Name.DID).abi) == comparable(THEIRS["abi"])


def test_parameters_have_the_names_of_the_standard_where_the_language_lets_them() -> None:
    def names(abi: list[dict[str, Any]]) -> dict[str, list[str]]:
        return {
            entry["name"]: [of["name"].removesuffix("_") for of in entry["inputs"]]
            for entry in abi
            if entry["inputs"] and entry["inputs"][0]["name"] == "identity"
        }

    assert names(artifact(Name.DID).abi) == names(THEIRS["abi"])


@pytest.mark.parametrize(
    ("function", "selector"),
    [
        ("identityOwner", "8733d4e8"),
        ("changeOwner", "f00d4b5d"),
        ("changeOwnerSigned", "240cf1fa"),
        ("addDelegate", "a7068d66"),
        ("addDelegateSigned", "9c2c1b2b"),
        ("revokeDelegate", "80b29f7c"),
        ("revokeDelegateSigned", "93072684"),
        ("setAttribute", "7ad4b0a4"),
        ("setAttributeSigned", "123b5e98"),
        ("revokeAttribute", "00c023da"),
        ("revokeAttributeSigned", "e476af5c"),
        ("validDelegate", "622b2a3c"),
    ],
)
def test_selectors_are_those_in_use(function: str, selector: str) -> None:
    assert calls.selector(Name.DID, function).hex() == selector
    assert selector.removeprefix("00") in THEIRS["bytecode"]


class IdentityMachine(RuleBasedStateMachine):
    """Every act is sent to both registries; a plain model says who owns what."""

    begin: Callable[[], Registry] | None = None

    def __init__(self) -> None:
        super().__init__()
        self.evm, self.ours, self.theirs = both(type(self).begin)
        self.owners: dict[bytes, bytes] = {}
        self.nonces: dict[bytes, int] = {}
        self.relayed: list[tuple[bytes, bytes]] = []

    def owner(self, identity: bytes) -> bytes:
        return self.owners.get(identity, identity)

    def post(self, ours: bytes, theirs: bytes, sender: bytes = b"\x99" * 20) -> Outcome:
        """Send calldata to both and compare what they do."""
        mine = self.evm.send(self.ours, ours, sender=sender)
        other = self.evm.send(self.theirs, theirs, sender=sender)
        assert mine.succeeded == other.succeeded, mine.reason
        assert mine.output == other.output or not mine.succeeded
        assert [of[1:] for of in mine.events] == [of[1:] for of in other.events]
        return mine

    @rule(seconds=st.sampled_from([1, 59, 86400]), blocks=st.integers(0, 2))
    def pass_time(self, seconds: int, blocks: int) -> None:
        self.evm.now_seconds += seconds
        self.evm.block += blocks

    @rule(identity=people, sender=st.one_of(st.none(), st.none(), people), act=ACTS)
    def act(self, identity: bytes, sender: bytes | None, act: tuple[str, tuple[Any, ...]]) -> None:
        name, arguments = act
        sender = sender or self.owner(identity)
        data = CALLS[name](identity, *arguments)
        outcome = self.post(data, data, sender)
        assert outcome.succeeded == (sender == self.owner(identity))
        if outcome.succeeded and name == "changeOwner":
            self.owners[identity] = arguments[0]

    @rule(
        identity=people,
        signer=st.one_of(st.none(), st.none(), people),
        act=ACTS,
        ahead=st.sampled_from([0, 0, 0, 1, -1]),
    )
    def act_signed(
        self, identity: bytes, signer: bytes | None, act: tuple[str, tuple[Any, ...]], ahead: int
    ) -> None:
        name, arguments = act
        owner = self.owner(identity)
        signer, nonce = signer or owner, max(0, self.nonces.get(owner, 0) + ahead)
        letters = []
        for registry in (self.ours, self.theirs):
            digest = identity_digest(registry, nonce, identity, name, packed(name, arguments))
            made = sign(PEOPLE[signer], digest)
            letters.append(CALLS[name](identity, *arguments, made))
            assert self.is_refused(registry, identity, name, arguments, turned(made))
        outcome = self.post(*letters)
        assert outcome.succeeded == (signer == owner and nonce == self.nonces.get(owner, 0))
        if outcome.succeeded:
            self.nonces[owner] = nonce + 1
            self.relayed.append((letters[0], letters[1]))
            if name == "changeOwner":
                self.owners[identity] = arguments[0]

    def is_refused(
        self, registry: bytes, identity: bytes, name: str, arguments: tuple[Any, ...], made: bytes
    ) -> bool:
        """Whether a signature of the upper half is refused; theirs takes it, and is not asked."""
        if registry == self.theirs:
            return True
        data = CALLS[name](identity, *arguments, made)
        before = self.everything()
        return not self.evm.send(registry, data).succeeded and self.everything() == before

    @rule(number=st.integers(0, 1000), swapped=st.booleans())
    def replay(self, number: int, swapped: bool) -> None:
        """What was relayed once is never taken again, by this registry or another."""
        if self.relayed:
            ours, theirs = self.relayed[number % len(self.relayed)]
            if swapped:
                ours, theirs = theirs, ours
            assert not self.post(ours, theirs).succeeded

    @rule(kind=st.sampled_from(TYPES), identity=people, delegate=people)
    def ask_delegate(self, kind: bytes, identity: bytes, delegate: bytes) -> None:
        data = calls.call(Name.DID, "validDelegate", identity, kind.ljust(32, b"\0"), delegate)
        self.post(data, data)
        data = calls.call(Name.DID, "delegates", identity, keccak(kind.ljust(32, b"\0")), delegate)
        self.post(data, data)

    def everything(self) -> list[int]:
        reading = (slots.owner_slot, slots.changed_slot, slots.nonce_slot)
        return [self.evm.word(self.ours, slot(of)) for slot in reading for of in PEOPLE]

    @invariant()
    def owners_and_nonces_are_the_model_s(self) -> None:
        for of in PEOPLE:
            owner = self.evm.word(self.ours, slots.owner_slot(of)).to_bytes(20, "big")
            assert owner == self.owners.get(of, bytes(20))
            assert self.evm.word(self.ours, slots.nonce_slot(of)) == self.nonces.get(of, 0)


TestIdentityHistories = IdentityMachine.TestCase
TestIdentityHistories.settings = settings(
    EFFORT, max_examples=EFFORT.max_examples * 5 // 8
)  # three calls and two signatures a step


def test_nobody_owns_the_zero_address() -> None:
    evm, ours, _ = both()
    nothing = bytes(64) + b"\x1b"

    refused = evm.send(ours, calls.change_owner(bytes(20), b"\x66" * 20, nothing))

    assert refused.reason == "bad_signature"


def test_a_signature_of_another_registry_is_refused() -> None:
    evm, ours, theirs = both()
    identity, owner = list(PEOPLE)[:2]
    digest = identity_digest(theirs, 0, identity, "changeOwner", [owner])
    data = calls.change_owner(identity, owner, sign(PEOPLE[identity], digest))

    assert evm.send(ours, data).reason == "bad_signature"
    assert evm.send(theirs, data).succeeded


@pytest.mark.parametrize("name", Name)
def test_a_signature_may_have_an_s_up_to_half_the_order(name: Name) -> None:
    assert f"S_MAX: constant(bytes32) = 0x{ORDER // 2:X}" in (SOURCES / f"{name}.vy").read_text()
