"""Signed: every operation in every store bears the signature of the device that it names."""

from nacl.bindings import crypto_sign_open
from nacl.exceptions import CryptoError

from scenarios.checking.check import Check
from scenarios.checking.evidence import Found, evidence_of, identity_of
from scenarios.world.world import World


def signed(world: World) -> Check:
    """Verify what lies in the stores by libsodium, and that ids and bodies are what they say."""
    evidence = evidence_of(world)
    wrong = [found for found in evidence.operations.values() if not _holds(found)]
    looked = len(evidence.operations)
    if wrong:
        where = ", ".join(sorted(wrong[0].holders))
        return Check(
            "signed", False, f"{len(wrong)} of {looked} operations do not verify; first at {where}"
        )
    return Check("signed", True, f"{looked} operations verified by libsodium: {evidence.extent}")


def _holds(found: Found) -> bool:
    if identity_of(found.header) != found.id:
        return False
    try:
        message = b"satchel/operation\x00" + found.id
        crypto_sign_open(found.signature + message, found.device)
    except (CryptoError, ValueError):
        return False
    return True
