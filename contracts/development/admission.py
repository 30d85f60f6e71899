"""Which transactions the development chain takes, and what it says of others. Called by the chain.

The words are go-ethereum's, which web3 libraries look for.
"""

from eth.abc import BlockHeaderAPI, SignedTransactionAPI, StateAPI
from eth.exceptions import UnrecognizedTransactionType
from eth_keys.exceptions import BadSignature
from eth_utils.exceptions import ValidationError
from rlp.exceptions import RLPException  # type: ignore[import-untyped]  # it has no types

from contracts.development.errors import TransactionRefused
from contracts.development.fork import TransactionBuilder
from contracts.development.limits import transaction_size_bytes_max

INITCODE_SIZE_BYTES_MAX = 49_152
"""EIP-3860."""


def decode_transaction(encoded: bytes) -> SignedTransactionAPI:
    """A signed transaction from its bytes, its signature checked; or raise TransactionRefused."""
    if len(encoded) > transaction_size_bytes_max:
        raise TransactionRefused(
            f"oversized data: transaction size {len(encoded)}, limit {transaction_size_bytes_max}"
        )
    if not encoded:
        raise TransactionRefused("typed transaction too short")
    try:
        transaction = TransactionBuilder.decode(encoded)
        transaction.validate()
        transaction.check_signature_validity()
        transaction.get_sender()
    except (ValidationError, BadSignature) as error:
        raise TransactionRefused("invalid sender: the signature or a field is wrong") from error
    except UnrecognizedTransactionType as error:
        raise TransactionRefused("transaction type not supported") from error
    except (RLPException, ValueError, TypeError, OverflowError, IndexError) as error:
        raise TransactionRefused("rlp: the transaction cannot be decoded") from error
    if transaction.encode() != encoded:
        raise TransactionRefused("rlp: the transaction is not encoded canonically")
    return transaction


def refuse_unfit(
    transaction: SignedTransactionAPI, state: StateAPI, header: BlockHeaderAPI, chain_id: int
) -> None:
    """Raise TransactionRefused where the next block cannot take it."""
    if transaction.chain_id is None:
        raise TransactionRefused("only replay-protected (EIP-155) transactions allowed over RPC")
    if transaction.chain_id != chain_id:
        raise TransactionRefused(
            f"invalid chain id for signer: have {transaction.chain_id} want {chain_id}"
        )
    if transaction.gas > header.gas_limit:
        raise TransactionRefused("exceeds block gas limit")
    if not transaction.to and len(transaction.data) > INITCODE_SIZE_BYTES_MAX:
        raise TransactionRefused(
            f"max initcode size exceeded: code size {len(transaction.data)}, "
            f"limit {INITCODE_SIZE_BYTES_MAX}"
        )
    if transaction.gas < transaction.intrinsic_gas:
        raise TransactionRefused(
            f"intrinsic gas too low: gas {transaction.gas}, "
            f"minimum needed {transaction.intrinsic_gas}"
        )
    _refuse_fees(transaction, header)
    _refuse_account(transaction, state)


def _refuse_fees(transaction: SignedTransactionAPI, header: BlockHeaderAPI) -> None:
    if transaction.max_priority_fee_per_gas > transaction.max_fee_per_gas:
        raise TransactionRefused(
            "max priority fee per gas higher than max fee per gas: "
            f"maxPriorityFeePerGas: {transaction.max_priority_fee_per_gas}, "
            f"maxFeePerGas: {transaction.max_fee_per_gas}"
        )
    if transaction.max_fee_per_gas < (header.base_fee_per_gas or 0):
        raise TransactionRefused(
            "max fee per gas less than block base fee: "
            f"maxFeePerGas: {transaction.max_fee_per_gas}, baseFee: {header.base_fee_per_gas}"
        )


def _refuse_account(transaction: SignedTransactionAPI, state: StateAPI) -> None:
    nonce = state.get_nonce(transaction.sender)
    if transaction.nonce < nonce:
        raise TransactionRefused(f"nonce too low: next nonce {nonce}, tx nonce {transaction.nonce}")
    if transaction.nonce > nonce:
        # A node would keep it until its turn; this chain keeps nothing that is not in a block.
        raise TransactionRefused(
            f"nonce too high: next nonce {nonce}, tx nonce {transaction.nonce}"
        )
    want = transaction.value + transaction.gas * transaction.max_fee_per_gas
    have = state.get_balance(transaction.sender)
    if have < want:
        raise TransactionRefused(
            f"insufficient funds for gas * price + value: address 0x{transaction.sender.hex()} "
            f"have {have} want {want}"
        )
