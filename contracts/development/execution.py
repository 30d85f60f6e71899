"""Calls that leave no trace, and the gas that a transaction will need. For JSON-RPC.

A call runs with no fee, as go-ethereum runs `eth_call`, on the state of a given block.
"""

from dataclasses import dataclass, replace

from eth.abc import BlockHeaderAPI, ComputationAPI, StateAPI
from eth.exceptions import Revert, VMError
from eth.vm.spoof import SpoofTransaction
from eth_abi.abi import decode as decode_abi
from eth_abi.exceptions import DecodingError
from eth_utils.exceptions import ValidationError

from contracts.development.chain import DevelopmentChain
from contracts.development.errors import (
    ChainFailure,
    ExecutionFailed,
    ExecutionReverted,
    TransactionRefused,
)
from contracts.development.fork import VM
from contracts.development.limits import block_gas_max

ERROR_SELECTOR = bytes.fromhex("08c379a0")
"""Of Error(string), in which a contract says why it reverted."""

PANIC_SELECTOR = bytes.fromhex("4e487b71")


@dataclass(frozen=True)
class Call:
    """What shall run: addresses of 20 bytes, `to` empty to create a contract."""

    sender: bytes = bytes(20)
    to: bytes = b""
    data: bytes = b""
    value: int = 0
    gas: int = block_gas_max


def call(chain: DevelopmentChain, asked: Call, header: BlockHeaderAPI) -> bytes:
    """What a call returns on this block's state, or raise ExecutionReverted or ExecutionFailed."""
    computation = _run(chain, asked, header)
    _refuse_failure(computation)
    return bytes(computation.output)


def estimate(chain: DevelopmentChain, asked: Call) -> int:
    """The least gas with which it will succeed in the next block, or raise why it cannot."""
    header = chain.next_header()
    most = min(asked.gas, block_gas_max)
    computation = _run(chain, replace(asked, gas=most), header)
    _refuse_failure(computation)
    spent = most - int(computation.get_gas_remaining())
    if _succeeds(chain, replace(asked, gas=spent), header):
        return spent
    # It needs more at hand than it spends: calls pass on all but one 64th of what is left.
    enough, short = most, spent
    while enough - short > 1:
        middle = min((enough + short) // 2, short * 2)
        if _succeeds(chain, replace(asked, gas=middle), header):
            enough = middle
        else:
            short = middle
    return enough


def _succeeds(chain: DevelopmentChain, asked: Call, header: BlockHeaderAPI) -> bool:
    try:
        return not _run(chain, asked, header).is_error
    except ChainFailure:
        return False


def _run(chain: DevelopmentChain, asked: Call, header: BlockHeaderAPI) -> ComputationAPI:
    state: StateAPI = chain.state_for(header.copy(base_fee_per_gas=0))
    unsigned = VM.create_unsigned_transaction(
        nonce=state.get_nonce(asked.sender),  # type: ignore[arg-type]  # py-evm's Address is bytes
        gas_price=0,
        gas=asked.gas,
        to=asked.to,  # type: ignore[arg-type]
        value=asked.value,
        data=asked.data,
    )
    transaction = SpoofTransaction(unsigned, from_=asked.sender)
    needed = int(transaction.intrinsic_gas)
    if asked.gas < needed:
        raise TransactionRefused(f"intrinsic gas too low: have {asked.gas}, want {needed}")
    have = state.get_balance(asked.sender)  # type: ignore[arg-type]
    if have < asked.value:
        raise TransactionRefused(
            f"insufficient funds for gas * price + value: address 0x{asked.sender.hex()} "
            f"have {have} want {asked.value}"
        )
    try:
        return state.apply_transaction(transaction)  # type: ignore[arg-type]  # a spoof stands in
    except (ValidationError, VMError) as error:
        raise TransactionRefused(str(error)) from error


def _refuse_failure(computation: ComputationAPI) -> None:
    if not computation.is_error:
        return
    if isinstance(computation.error, Revert):
        said = bytes(computation.output)
        reason = reason_of(said)
        message = "execution reverted" + (f": {reason}" if reason else "")
        raise ExecutionReverted(message, "0x" + said.hex())
    name = type(computation.error).__name__
    raise ExecutionFailed("out of gas" if name == "OutOfGas" else f"execution failed: {name}")


def reason_of(said: bytes) -> str | None:
    """The text of Error(string), or the code of a panic; None where it is something else."""
    if said[:4] == PANIC_SELECTOR and len(said) == 36:
        return f"panic code 0x{int.from_bytes(said[4:], 'big'):02x}"
    if said[:4] != ERROR_SELECTOR:
        return None
    try:
        (reason,) = decode_abi(["string"], said[4:])
    except (DecodingError, OverflowError, UnicodeDecodeError):
        return None
    return str(reason)
