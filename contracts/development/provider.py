"""A web3 provider over a development chain in this process. Tests and simulators make one.

Requests and answers take the same form as over HTTP, so that nothing works here alone.
"""

from typing import Any

from contracts.development.chain import DevelopmentChain
from contracts.development.rpc import JsonRpc
from contracts.recursion import recursion_limit_kept

with recursion_limit_kept():
    from web3.providers.base import JSONBaseProvider
    from web3.types import RPCEndpoint, RPCResponse


class DevelopmentProvider(JSONBaseProvider):
    """`Web3(DevelopmentProvider(chain))`."""

    def __init__(self, chain: DevelopmentChain, rpc: JsonRpc | None = None) -> None:
        super().__init__()
        self.chain = chain
        self._rpc = JsonRpc(chain) if rpc is None else rpc

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        """Answer one request."""
        return self.decode_rpc_response(
            self._rpc.answer_bytes(self.encode_rpc_request(method, params))
        )

    def make_batch_request(
        self, batch_requests: list[tuple[RPCEndpoint, Any]]
    ) -> list[RPCResponse] | RPCResponse:
        """Answer several at once."""
        encoded = b",".join(self.encode_rpc_request(*request) for request in batch_requests)
        answers: Any = self.decode_rpc_response(self._rpc.answer_bytes(b"[" + encoded + b"]"))
        found: list[RPCResponse] | RPCResponse = answers
        return found
