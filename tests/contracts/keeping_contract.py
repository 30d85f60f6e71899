"""A small contract for tests of chains: keeps a word in a slot and logs it, or reverts."""

from eth_abi.abi import encode

RUNTIME = bytes.fromhex(
    "602035"  # the value
    "8015601d57"  # nothing is kept of zero
    "5f35818155"  # keep it in the slot
    "905f5260205fa1"  # log it under the slot
    "5f35545f5260205ff3"  # return it
    "5b6308c379a060e01b5f52"  # Error(
    "60206004526008602452"
    "676e6f2076616c756560c01b604452"  # "no value")
    "60645ffd"
)
CREATION = bytes((0x60, len(RUNTIME), 0x60, 0x0A, 0x5F, 0x39, 0x60, len(RUNTIME), 0x5F, 0xF3)) + (
    RUNTIME
)
REASON = "no value"


def keep(slot: int, value: int) -> str:
    """Calldata that keeps a value; zero reverts."""
    return "0x" + encode(["uint256", "uint256"], [slot, value]).hex()
