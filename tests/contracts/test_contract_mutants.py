"""The property tests see a missing guard: each is taken out, and a history must show it."""

import subprocess
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from bare_evm import CHAIN_ID, Registry
from contract_machines import HUNT, THOROUGH
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test
from test_contract_accreditation_states import AccreditationMachine
from test_contract_consent_states import ConsentMachine
from test_contract_identity_states import IdentityMachine
from vyper_compiler import compiler

from contracts.compiling import SOURCES
from contracts.loader import Name

HISTORIES: dict[Name, type[RuleBasedStateMachine]] = {
    Name.DID: IdentityMachine,
    Name.ACCREDITATION: AccreditationMachine,
    Name.CONSENT: ConsentMachine,
}

ONE_CHAIN = f"convert(0x{CHAIN_ID:064x}, uint256), self"


class Mutant(NamedTuple):
    """A contract with one piece of its source replaced."""

    contract: Name
    guard: str
    """What the guard is for."""
    source: str
    instead: str = "pass"


ALL_MUTANTS = [
    Mutant(Name.DID, "no replay", "self.nonce[signer] += 1"),
    Mutant(Name.DID, "only the owner", 'assert actor == self._owner(identity), "bad_actor"'),
    Mutant(
        Name.DID, "low s", 'assert convert(s, uint256) <= convert(S_MAX, uint256), "bad_signature"'
    ),
    Mutant(
        Name.ACCREDITATION,
        "a quorum",
        'assert len(signatures) >= self.council >> 8, "below threshold"',
    ),
    Mutant(
        Name.ACCREDITATION,
        "a signer counts once",
        'assert convert(signer, uint160) > convert(last, uint160), "signatures not ascending"',
    ),
    Mutant(
        Name.ACCREDITATION,
        "only members",
        'assert self.members[signer], "not a member"',
    ),
    Mutant(
        Name.ACCREDITATION,
        "a decision counts once",
        'assert not self.decided[digest], "decided already"',
    ),
    Mutant(
        Name.ACCREDITATION,
        "never below the threshold",
        'assert count >= threshold, "fewer members than threshold"',
    ),
    Mutant(
        Name.ACCREDITATION,
        "revoked is terminal",
        "if self.credentials[issuer][key] != 0:",
        "if self.credentials[issuer][key] >> 152 == LIVE:",
    ),
    Mutant(
        Name.ACCREDITATION,
        "only the accredited issue",
        'assert self._accredited(issuer), "not accredited"',
    ),
    Mutant(
        Name.ACCREDITATION,
        "nobody signs for the zero address",
        'assert signer != empty(address), "bad signature"',
    ),
    Mutant(
        Name.ACCREDITATION,
        "this chain",
        "chain.id, self",
        ONE_CHAIN,
    ),
    Mutant(Name.ACCREDITATION, "low s", 'assert s <= convert(S_MAX, uint256), "bad signature"'),
    Mutant(
        Name.ACCREDITATION,
        "a changed key ends",
        'assert self._issuer_owner(msg.sender) == msg.sender, "key was changed"',
    ),
    Mutant(
        Name.CONSENT,
        "revoked is terminal",
        "if self.commitments[id] != 0:",
        "if self.commitments[id] & 255 == LIVE:",
    ),
    Mutant(Name.CONSENT, "the owner is in the id", "abi_encode(owner, commitment)", "commitment"),
    Mutant(Name.CONSENT, "only the owner", " and signer == item.owner", ""),
    Mutant(
        Name.CONSENT,
        "nobody signs for the zero address",
        "signer != empty(address) and signer == item",
        "signer == item",
    ),
    Mutant(Name.CONSENT, "in time", "block.timestamp > item.deadline or ", ""),
    Mutant(Name.CONSENT, "low s", " or convert(item.s, uint256) > convert(S_MAX, uint256)", ""),
    Mutant(
        Name.CONSENT,
        "a root comes once",
        'assert self.anchors[publisher] == previous, "another head"',
    ),
    Mutant(Name.CONSENT, "this chain", "chain.id, self", ONE_CHAIN),
]


USUAL = {
    (Name.DID, "no replay"),
    (Name.ACCREDITATION, "a quorum"),
    (Name.ACCREDITATION, "a signer counts once"),
    (Name.ACCREDITATION, "low s"),
    (Name.CONSENT, "the owner is in the id"),
    (Name.CONSENT, "only the owner"),
}

MUTANTS = [of for of in ALL_MUTANTS if THOROUGH or of[:2] in USUAL]
"""A thorough run takes all, for a minute; every run takes some."""


@cache
def bytecodes(folder: Path) -> dict[Mutant, bytes]:
    """All mutants, compiled in one go: starting the compiler costs as much as a contract."""
    paths = []
    for number, mutant in enumerate(MUTANTS):
        source = (SOURCES / f"{mutant.contract}.vy").read_text()
        assert mutant.source in source, mutant
        paths.append(folder / f"mutant{number}.vy")
        paths[-1].write_text(source.replace(mutant.source, mutant.instead))
    done = subprocess.run(
        [compiler(), "-f", "bytecode", *paths], capture_output=True, text=True, check=True
    )
    made = [bytes.fromhex(line[2:]) for line in done.stdout.split()]
    return dict(zip(MUTANTS, made, strict=True))


@pytest.fixture(scope="module")
def mutants(tmp_path_factory: pytest.TempPathFactory) -> dict[Mutant, bytes]:
    return bytecodes(tmp_path_factory.mktemp("mutants"))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda of: f"{of.contract}-{of.guard}")
def test_a_contract_without_a_guard_is_found_out(
    mutant: Mutant, mutants: dict[Mutant, bytes]
) -> None:
    deployed = Registry(codes={mutant.contract: mutants[mutant]})
    histories = HISTORIES[mutant.contract]
    weakened = type("Weakened", (histories,), {"begin": staticmethod(deployed.fork)})

    with pytest.raises(AssertionError):
        run_state_machine_as_test(weakened, settings=HUNT)
