"""Blocks, transactions, receipts and logs as JSON-RPC shows them. Called by the methods."""

from typing import Any

import rlp  # type: ignore[import-untyped]  # it has no types
from eth.abc import BlockHeaderAPI, SignedTransactionAPI

from contracts.development.chain import DevelopmentChain
from contracts.development.fork import TransactionBuilder
from contracts.development.quantities import shown, shown_bytes
from contracts.development.records import LoggedEvent, LogQuery, Mined


def block_shape(chain: DevelopmentChain, header: BlockHeaderAPI, *, full: bool) -> dict[str, Any]:
    """A block: every field of its header, and its transaction, whole or as a hash."""
    mined = chain.transaction_in(int(header.block_number))
    encoded = rlp.encode(header)
    transactions: list[Any] = []
    if mined is not None:
        transactions = [
            transaction_shape(chain, mined) if full else shown_bytes(mined.hash),
        ]
    return {
        "number": shown(header.block_number),
        "hash": shown_bytes(header.hash),
        "parentHash": shown_bytes(header.parent_hash),
        "nonce": shown_bytes(header.nonce),
        "sha3Uncles": shown_bytes(header.uncles_hash),
        "logsBloom": shown_bytes(header.bloom.to_bytes(256, "big")),
        "transactionsRoot": shown_bytes(header.transaction_root),
        "stateRoot": shown_bytes(header.state_root),
        "receiptsRoot": shown_bytes(header.receipt_root),
        "withdrawalsRoot": shown_bytes(header.withdrawals_root or b""),
        "miner": shown_bytes(header.coinbase),
        "difficulty": shown(header.difficulty),
        "totalDifficulty": "0x0",
        "extraData": shown_bytes(header.extra_data),
        "mixHash": shown_bytes(header.mix_hash),
        "size": shown(len(encoded) + (len(mined.encoded) if mined else 0) + 4),
        "gasLimit": shown(header.gas_limit),
        "gasUsed": shown(header.gas_used),
        "timestamp": shown(header.timestamp),
        "baseFeePerGas": shown(header.base_fee_per_gas or 0),
        "transactions": transactions,
        "uncles": [],
        "withdrawals": [],
    }


def transaction_shape(chain: DevelopmentChain, mined: Mined) -> dict[str, Any]:
    """A mined transaction with its signature."""
    transaction = TransactionBuilder.decode(mined.encoded)
    header = chain.header(mined.block)
    kind = mined.encoded[0] if mined.encoded[0] < 0xC0 else 0
    shape: dict[str, Any] = {
        "type": shown(kind),
        "hash": shown_bytes(mined.hash),
        "blockHash": shown_bytes(header.hash),
        "blockNumber": shown(mined.block),
        "transactionIndex": "0x0",
        "from": shown_bytes(mined.sender),
        "to": shown_bytes(transaction.to) if transaction.to else None,
        "nonce": shown(transaction.nonce),
        "gas": shown(transaction.gas),
        "gasPrice": shown(price_paid(transaction, header)),
        "value": shown(transaction.value),
        "input": shown_bytes(transaction.data),
        "chainId": shown(chain.chain_id),
        "r": shown(transaction.r),
        "s": shown(transaction.s),
    }
    if kind == 0:
        shape["v"] = shown(transaction.v)  # type: ignore[attr-defined]  # of legacy transactions
        return shape
    shape["v"] = shape["yParity"] = shown(transaction.y_parity)
    shape["accessList"] = [
        {
            "address": shown_bytes(address),
            "storageKeys": [shown_bytes(key.to_bytes(32, "big")) for key in keys],
        }
        for address, keys in transaction.access_list
    ]
    if kind == 2:
        shape["maxFeePerGas"] = shown(transaction.max_fee_per_gas)
        shape["maxPriorityFeePerGas"] = shown(transaction.max_priority_fee_per_gas)
    return shape


def price_paid(transaction: SignedTransactionAPI, header: BlockHeaderAPI) -> int:
    """What a unit of gas cost (EIP-1559)."""
    wanted = transaction.max_priority_fee_per_gas + (header.base_fee_per_gas or 0)
    return min(transaction.max_fee_per_gas, wanted)


def receipt_shape(chain: DevelopmentChain, mined: Mined) -> dict[str, Any]:
    """What became of a transaction."""
    transaction = TransactionBuilder.decode(mined.encoded)
    header = chain.header(mined.block)
    logs = chain.logs(LogQuery(mined.block, mined.block))
    return {
        "type": shown(mined.encoded[0] if mined.encoded[0] < 0xC0 else 0),
        "transactionHash": shown_bytes(mined.hash),
        "transactionIndex": "0x0",
        "blockHash": shown_bytes(header.hash),
        "blockNumber": shown(mined.block),
        "from": shown_bytes(mined.sender),
        "to": shown_bytes(transaction.to) if transaction.to else None,
        "contractAddress": None if mined.created is None else shown_bytes(mined.created),
        "status": shown(int(mined.succeeded)),
        "gasUsed": shown(mined.gas_used),
        "cumulativeGasUsed": shown(mined.gas_used),
        "effectiveGasPrice": shown(price_paid(transaction, header)),
        "logsBloom": shown_bytes(header.bloom.to_bytes(256, "big")),
        "logs": [log_shape(chain, log) for log in logs],
    }


def log_shape(chain: DevelopmentChain, log: LoggedEvent) -> dict[str, Any]:
    """An event, and where it is."""
    header = chain.header(log.block)
    mined = chain.transaction_in(log.block)
    return {
        "address": shown_bytes(log.address),
        "topics": [shown_bytes(topic) for topic in log.topics],
        "data": shown_bytes(log.data),
        "blockNumber": shown(log.block),
        "blockHash": shown_bytes(header.hash),
        "blockTimestamp": shown(header.timestamp),
        "transactionHash": shown_bytes(mined.hash) if mined else None,
        "transactionIndex": "0x0",
        "logIndex": shown(log.position),
        "removed": False,
    }
