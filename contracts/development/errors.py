"""What the development chain refuses, as JSON-RPC error objects say it. Raised by all of its files.

Codes are those of EIP-1474 and of go-ethereum, which web3 libraries know.
"""

from typing import Any


class ChainFailure(Exception):
    """the chain refused a request"""

    code = -32000

    def __init__(self, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.message = message
        self.data = data


class InvalidRequest(ChainFailure):
    """the request is no JSON-RPC request"""

    code = -32600


class UnknownMethod(ChainFailure):
    """the chain has no such method"""

    code = -32601


class InvalidParameters(ChainFailure):
    """the method's parameters cannot be understood"""

    code = -32602


class TransactionRefused(ChainFailure):
    """the transaction cannot be taken into a block"""


class ExecutionFailed(ChainFailure):
    """the call ran and failed without a reason: out of gas, an invalid opcode, a bad jump"""


class ExecutionReverted(ChainFailure):
    """the contract reverted; `data` is what it said, as hexadecimal"""

    code = 3


class StateFileRefused(Exception):
    """the state file cannot be used: damaged, of another chain, or not a chain's"""


class StateFileInUse(Exception):
    """another process serves this state file"""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"another process (pid {pid}) serves it" if pid else "it is being served")
        self.pid = pid
