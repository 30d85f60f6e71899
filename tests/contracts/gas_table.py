"""What each act costs: `python tests/contracts/gas_table.py > contracts/gas.json`. A test compares.

Acts in batches are counted for each item. Limits are those that the registry was designed for.
"""

import hashlib
import json
import sys
from typing import TypedDict

from bare_evm import MEMBERS, Outcome, Registry, fresh_registry, secret

from contracts import calls
from contracts.loader import Name
from contracts.typed_data import (
    Action,
    address_of,
    anchor_digest,
    decision_digest,
    glass_digest,
    grant_digest,
    identity_digest,
    issue_digest,
    revoke_digest,
    revoke_keys_digest,
    sign,
)

LIMITS = {
    "consent grant, relayed": 55_000,
    "consent revoke, relayed": 36_000,
    "consent grant, each of 32": 35_000,
    "consent revoke, each of 32": 35_000,
    "credential issue": 52_000,
    "credential revoke": 32_000,
    "credential issue, each of 64": 28_000,
    "credential revoke, each of 64": 10_000,
    "audit anchor after the first": 32_000,
}

ORGANISATION = secret(1)


class Cost(TypedDict):
    """A row of the table."""

    gas: int
    limit: int | None


def measured() -> dict[str, Cost]:
    """The table, measured on py-evm at Shanghai's prices."""
    costs: dict[str, int] = {}
    for part in (_decisions, _credentials, _consents, _chains, _identities):
        costs |= part(fresh_registry())
    return {name: {"gas": gas, "limit": LIMITS.get(name)} for name, gas in costs.items()}


def _decisions(registry: Registry) -> dict[str, int]:
    return {"council decision: accredit one, two signatures": _accredit(registry).gas_used}


def _accredit(registry: Registry) -> Outcome:
    actions = [Action(1, address_of(ORGANISATION), 1)]
    deadline = registry.evm.now_seconds + 3600
    digest = decision_digest(registry.place(Name.ACCREDITATION), actions, bytes(32), deadline)
    signatures = [sign(member, digest) for member in MEMBERS[:2]]
    return _sent(
        registry, Name.ACCREDITATION, calls.decide(actions, bytes(32), deadline, signatures)
    )


def _credentials(registry: Registry) -> dict[str, int]:
    _accredit(registry)
    place, issuer = registry.place(Name.ACCREDITATION), address_of(ORGANISATION)
    deadline = registry.evm.now_seconds + 3600

    def sent(data: bytes, sender: bytes = issuer) -> int:
        return _sent(registry, Name.ACCREDITATION, data, sender).gas_used

    one, direct, relayed = _keys(1), _keys(64, b"direct"), _keys(64, b"relayed")
    single = _keys(1, b"single")
    issued = sign(ORGANISATION, issue_digest(place, issuer, relayed, 0, 2, deadline))
    issued_one = sign(ORGANISATION, issue_digest(place, issuer, single, 0, 2, deadline))
    revoked = sign(ORGANISATION, revoke_keys_digest(place, issuer, relayed, deadline))
    revoked_one = sign(ORGANISATION, revoke_keys_digest(place, issuer, single, deadline))
    relayer = address_of(secret(2))
    return {
        "credential issue": sent(calls.issue(one[0], 0, 2)),
        "credential revoke": sent(calls.revoke_key(one[0])),
        "credential issue, each of 64": sent(calls.issue_batch(direct, 0, 2)) // 64,
        "credential revoke, each of 64": sent(calls.revoke_key_batch(direct)) // 64,
        "credential issue, relayed": sent(
            calls.issue_signed(issuer, single, 0, 2, deadline, issued_one), relayer
        ),
        "credential revoke, relayed": sent(
            calls.revoke_keys_signed(issuer, single, deadline, revoked_one), relayer
        ),
        "credential issue, relayed, each of 64": sent(
            calls.issue_signed(issuer, relayed, 0, 2, deadline, issued), relayer
        )
        // 64,
        "credential revoke, relayed, each of 64": sent(
            calls.revoke_keys_signed(issuer, relayed, deadline, revoked), relayer
        )
        // 64,
    }


def _consents(registry: Registry) -> dict[str, int]:
    place, deadline = registry.place(Name.CONSENT), registry.evm.now_seconds + 3600
    grants, revokes = [], []
    for number, commitment in enumerate(_keys(33)):
        owner = secret(1000 + number)
        address = address_of(owner)
        granted = sign(owner, grant_digest(place, address, commitment, deadline))
        grants.append(calls.Item(address, commitment, deadline, granted))
        revoked = sign(owner, revoke_digest(place, address, commitment, deadline))
        revokes.append(calls.Item(address, commitment, deadline, revoked))

    def sent(data: bytes) -> int:
        return _sent(registry, Name.CONSENT, data).gas_used

    return {
        "consent grant, relayed": sent(calls.grant(*grants[0])),
        "consent revoke, relayed": sent(calls.revoke(*revokes[0])),
        "consent grant, each of 32": sent(calls.grant_batch(grants[1:])) // 32,
        "consent revoke, each of 32": sent(calls.revoke_batch(revokes[1:])) // 32,
    }


def _chains(registry: Registry) -> dict[str, int]:
    place, publisher = registry.place(Name.CONSENT), address_of(ORGANISATION)
    deadline = registry.evm.now_seconds + 3600
    roots = _keys(3)

    def sent(data: bytes) -> int:
        return _sent(registry, Name.CONSENT, data, publisher).gas_used

    costs = {
        "audit anchor, the first": sent(calls.anchor(roots[0])),
        "audit anchor after the first": sent(calls.anchor(roots[1])),
    }
    head = registry.evm.look(
        registry.consent, calls.call(Name.CONSENT, "anchors", publisher)
    )  # fmt: skip
    signed = sign(ORGANISATION, anchor_digest(place, publisher, head, roots[2], deadline))
    costs["audit anchor after the first, relayed"] = sent(
        calls.anchor_signed(publisher, head, roots[2], deadline, signed)
    )
    tag = roots[:1]
    sent(calls.break_glass(tag))
    head = registry.evm.look(registry.consent, calls.call(Name.CONSENT, "glass", publisher))
    signed = sign(ORGANISATION, glass_digest(place, publisher, head, tag, deadline))
    costs["break-glass tag after the first"] = sent(calls.break_glass(tag))
    head = registry.evm.look(registry.consent, calls.call(Name.CONSENT, "glass", publisher))
    signed = sign(ORGANISATION, glass_digest(place, publisher, head, tag, deadline))
    costs["break-glass tag after the first, relayed"] = sent(
        calls.break_glass_signed(publisher, head, tag, deadline, signed)
    )
    return costs


def _identities(registry: Registry) -> dict[str, int]:
    identity, owner = address_of(ORGANISATION), address_of(secret(3))
    digest = identity_digest(registry.did, 0, identity, "changeOwner", [owner])
    changed = registry.evm.send(
        registry.did, calls.change_owner(identity, owner, sign(ORGANISATION, digest))
    )
    followed = registry.evm.send(registry.accreditation, calls.follow(identity))
    assert changed.succeeded, changed.reason
    assert followed.succeeded, followed.reason
    return {
        "organisation's key changed, relayed": changed.gas_used,
        "organisation's key followed": followed.gas_used,
    }


def _sent(registry: Registry, name: Name, data: bytes, sender: bytes = b"\x22" * 20) -> Outcome:
    to = registry.place(name).contract
    outcome = registry.evm.send(to, data, sender=sender)
    assert outcome.succeeded, outcome.reason
    return outcome


def _keys(count: int, salt: bytes = b"") -> list[bytes]:
    return [hashlib.sha256(salt + bytes([number])).digest() for number in range(count)]


if __name__ == "__main__":
    json.dump(measured(), sys.stdout, indent=1)
    sys.stdout.write("\n")
