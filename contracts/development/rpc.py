"""Ethereum's JSON-RPC over a development chain. Its HTTP server and its web3 provider call it."""

import json
from collections.abc import Callable
from typing import Any, Final

from contracts.development.chain import DevelopmentChain
from contracts.development.errors import (
    ChainFailure,
    InvalidParameters,
    InvalidRequest,
    UnknownMethod,
)
from contracts.development.filters import Filters
from contracts.development.limits import batch_items_max, response_size_bytes_max
from contracts.development.quantities import bytes_of, shown, shown_bytes
from contracts.development.reading import Reading
from contracts.development.sending import Sending
from contracts.keccak import keccak

CLIENT_VERSION: Final = "satchel-development-chain/1 (py-evm, shanghai; for development only)"
"""What web3_clientVersion says, so that every tool that looks can tell what this is."""

_PARAMETERS_MAX: Final = 16
_PARSE: Final = -32700
_INTERNAL: Final = -32603


class JsonRpc:
    """Answers requests, one at a time, from any thread."""

    def __init__(self, chain: DevelopmentChain, *, idle_block_seconds: float | None = None) -> None:
        """Serve a chain.

        `idle_block_seconds`: before answering, a chain whose newest block is older gets an empty
        one, as a chain with other users would have had.
        """
        self._chain = chain
        self._idle_block_seconds = idle_block_seconds
        self._methods = _methods(chain)

    @property
    def methods(self) -> frozenset[str]:
        """The names of all methods."""
        return frozenset(self._methods)

    def answer_bytes(self, request: bytes) -> bytes:
        """Answer what came over the wire; empty where nothing is to be said."""
        try:
            asked = json.loads(request, parse_constant=_refuse_constant)
        except (ValueError, RecursionError):
            return _encoded(_failed(None, _PARSE, "parse error: this is no JSON"))
        answer = self.answer(asked)
        return b"" if answer is None else _encoded(answer)

    def answer(self, request: object) -> Any:
        """Answer a decoded request or batch; None for notifications."""
        if isinstance(request, list):
            if not request:
                return _failed(None, InvalidRequest.code, "an empty batch")
            if len(request) > batch_items_max:
                reason = f"a batch has at most {batch_items_max} requests"
                return _failed(None, InvalidRequest.code, reason)
            return self._answer_all(request)
        return self._answer_one(request)

    def _answer_all(self, requests: list[Any]) -> list[Any] | None:
        """A batch; once its answers are large, what is left of it is refused."""
        answers: list[Any] = []
        size_bytes = 0
        for one in requests:
            if size_bytes > response_size_bytes_max:
                answer: Any = _failed(_identity(one), ChainFailure.code, "the batch is too large")
            else:
                answer = self._answer_one(one)
                size_bytes += len(_encoded(answer))
            if answer is not None:
                answers.append(answer)
        return answers or None

    def _answer_one(self, request: object) -> dict[str, Any] | None:
        if not isinstance(request, dict):
            return _failed(None, InvalidRequest.code, "a request is an object")
        identity = request.get("id")
        if not isinstance(identity, str | int | float | None) or isinstance(identity, bool):
            return _failed(None, InvalidRequest.code, "an id is a string or a number")
        try:
            result = self._run(request.get("method"), request.get("params", []))
        except ChainFailure as error:
            answer = _failed(identity, error.code, error.message, error.data)
        except RecursionError:
            # Contracts that call each other hundreds of times deep: ours call three deep at most.
            answer = _failed(identity, ChainFailure.code, "calls too deep for this chain")
        except Exception as error:  # noqa: BLE001 -- whatever py-evm stumbles over, clients are answered
            answer = _failed(identity, _INTERNAL, f"internal error: {type(error).__name__}")
        else:
            answer = {"jsonrpc": "2.0", "id": identity, "result": result}
        return answer if "id" in request else None

    def _run(self, name: object, parameters: object) -> Any:
        if not isinstance(name, str):
            raise InvalidRequest("a request names its method")
        method = self._methods.get(name)
        if method is None:
            raise UnknownMethod(f"the method {name[:64]} does not exist/is not available")
        if parameters is None:
            parameters = []
        if not isinstance(parameters, list) or len(parameters) > _PARAMETERS_MAX:
            raise InvalidParameters(f"parameters are a list of at most {_PARAMETERS_MAX}")
        function, fewest, most = method
        if len(parameters) < fewest:
            raise InvalidParameters(f"missing value for required argument {len(parameters)}")
        if len(parameters) > most:
            raise InvalidParameters(f"too many arguments, want at most {most}")
        with self._chain.lock:
            if self._idle_block_seconds is not None:
                self._chain.keep_up(self._idle_block_seconds)
            return function(*parameters)


_Method = tuple[Callable[..., Any], int, int]
"""A method, and how few and how many parameters it takes."""


def _methods(chain: DevelopmentChain) -> dict[str, _Method]:
    reading, sending, filters = Reading(chain), Sending(chain), Filters(chain)
    return {
        "web3_clientVersion": (lambda: CLIENT_VERSION, 0, 0),
        "web3_sha3": (_sha3, 1, 1),
        "net_version": (lambda: str(chain.chain_id), 0, 0),
        "net_listening": (lambda: False, 0, 0),
        "net_peerCount": (lambda: "0x0", 0, 0),
        "eth_chainId": (lambda: shown(chain.chain_id), 0, 0),
        "eth_syncing": (lambda: False, 0, 0),
        "eth_blockNumber": (reading.block_number, 0, 0),
        "eth_getBlockByNumber": (reading.block_by_number, 1, 2),
        "eth_getBlockByHash": (reading.block_by_hash, 1, 2),
        "eth_getBlockTransactionCountByNumber": (reading.transaction_count_by_number, 1, 1),
        "eth_getBlockTransactionCountByHash": (reading.transaction_count_by_hash, 1, 1),
        "eth_getBlockReceipts": (reading.receipts, 1, 1),
        "eth_getTransactionByBlockNumberAndIndex": (reading.transaction_by_number, 2, 2),
        "eth_getTransactionByBlockHashAndIndex": (reading.transaction_by_hash_and_index, 2, 2),
        "eth_getCode": (reading.code, 1, 2),
        "eth_getStorageAt": (reading.storage, 2, 3),
        "eth_getBalance": (reading.balance, 1, 2),
        "eth_getTransactionCount": (reading.transaction_count, 1, 2),
        "eth_call": (reading.call, 1, 4),
        "eth_estimateGas": (reading.estimate, 1, 4),
        "eth_getTransactionByHash": (reading.transaction, 1, 1),
        "eth_getTransactionReceipt": (reading.receipt, 1, 1),
        "eth_getProof": (reading.proof, 2, 3),
        "eth_gasPrice": (reading.gas_price, 0, 0),
        "eth_maxPriorityFeePerGas": (reading.priority_fee, 0, 0),
        "eth_feeHistory": (reading.fee_history, 2, 3),
        "eth_accounts": (sending.accounts, 0, 0),
        "eth_sendRawTransaction": (sending.send_raw, 1, 1),
        "eth_sendTransaction": (sending.send, 1, 1),
        "eth_signTransaction": (sending.sign, 1, 1),
        "eth_getLogs": (filters.logs, 1, 1),
        "eth_newFilter": (filters.new_filter, 1, 1),
        "eth_newBlockFilter": (filters.new_block_filter, 0, 0),
        "eth_getFilterChanges": (filters.changes, 1, 1),
        "eth_getFilterLogs": (filters.filter_logs, 1, 1),
        "eth_uninstallFilter": (filters.uninstall, 1, 1),
        "evm_mine": (sending.mine, 0, 1),
        "anvil_mine": (sending.mine_many, 0, 1),
        "evm_increaseTime": (sending.increase_time, 1, 1),
        "evm_snapshot": (sending.snapshot, 0, 0),
        "evm_revert": (sending.revert, 1, 1),
    }


def _identity(request: object) -> Any:
    identity = request.get("id") if isinstance(request, dict) else None
    return identity if isinstance(identity, str | int | float) else None


def _sha3(data: object) -> str:
    return shown_bytes(keccak(bytes_of(data)))


def _failed(identity: Any, code: int, message: str, data: Any = None) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message}
    if data is not None:
        error["data"] = data
    return {"jsonrpc": "2.0", "id": identity, "error": error}


def _encoded(answer: Any) -> bytes:
    return json.dumps(answer, separators=(",", ":")).encode()


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
