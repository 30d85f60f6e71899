"""JSON-RPC methods that change the chain: transactions, and time in tests. Called by `JsonRpc`."""

from typing import Any

from eth_keys.datatypes import PrivateKey
from eth_typing import Address

from contracts.development import execution
from contracts.development.chain import DevelopmentChain
from contracts.development.errors import ChainFailure, InvalidParameters
from contracts.development.fork import TransactionBuilder
from contracts.development.limits import (
    mined_blocks_max,
    priority_fee_wei,
    time_jump_seconds_max,
)
from contracts.development.quantities import bytes_of, mapping_of, number_of, shown, shown_bytes
from contracts.development.reading import call_of
from contracts.development_accounts import development_accounts


class Sending:
    """The methods; each takes the parameters that its name in JSON-RPC has."""

    def __init__(self, chain: DevelopmentChain) -> None:
        self._chain = chain
        self._snapshots: dict[int, tuple[int, int]] = {}
        """Block number and shift of time by the snapshot's id, in the order they were made."""

    def accounts(self) -> list[str]:
        """eth_accounts: those whose keys everybody has."""
        return [shown_bytes(of.address) for of in development_accounts()]

    def send_raw(self, encoded: object) -> str:
        """eth_sendRawTransaction."""
        return shown_bytes(self._chain.take(bytes_of(encoded, "the transaction")))

    def send(self, asked: object) -> str:
        """eth_sendTransaction, from a development account; EIP-1559 unless it names a gas price."""
        return shown_bytes(self._chain.take(self._signed(asked)))

    def sign(self, asked: object) -> dict[str, str]:
        """eth_signTransaction, from a development account."""
        return {"raw": shown_bytes(self._signed(asked))}

    def _signed(self, asked: object) -> bytes:
        fields = mapping_of(asked, "the transaction")
        call = call_of(asked)
        secrets = {of.address: of.secret for of in development_accounts()}
        if call.sender not in secrets:
            raise ChainFailure("unknown account: only development accounts sign here")
        state = self._chain.state_at(int(self._chain.head.block_number))
        nonce = fields.get("nonce")
        chain_id = fields.get("chainId")
        if chain_id is not None and number_of(chain_id, "chainId") != self._chain.chain_id:
            raise ChainFailure(
                f"invalid chain id for signer: have {number_of(chain_id)} "
                f"want {self._chain.chain_id}"
            )
        gas = fields.get("gas")
        most, tip = self._fees(fields)
        unsigned = TransactionBuilder.new_unsigned_dynamic_fee_transaction(
            chain_id=self._chain.chain_id,
            nonce=state.get_nonce(Address(call.sender))
            if nonce is None
            else number_of(nonce, "nonce"),
            max_priority_fee_per_gas=tip,
            max_fee_per_gas=most,
            gas=execution.estimate(self._chain, call) if gas is None else number_of(gas, "gas"),
            to=Address(call.to),
            value=call.value,
            data=call.data,
            access_list=(),
        )
        return unsigned.as_signed_transaction(PrivateKey(secrets[call.sender])).encode()

    def _fees(self, fields: Any) -> tuple[int, int]:
        """The most that a unit of gas may cost, and the tip in it."""
        if fields.get("gasPrice") is not None:
            price = number_of(fields["gasPrice"], "gasPrice")
            return price, price
        tip = fields.get("maxPriorityFeePerGas")
        most = fields.get("maxFeePerGas")
        tip_wei = priority_fee_wei if tip is None else number_of(tip, "maxPriorityFeePerGas")
        if most is not None:
            most_wei = number_of(most, "maxFeePerGas")
            return most_wei, min(tip_wei, most_wei) if tip is None else tip_wei
        base = self._chain.next_header().base_fee_per_gas or 0
        return 2 * base + tip_wei, tip_wei

    # For tests: time and blocks.

    def mine(self, asked: object = None) -> str:
        """evm_mine: an empty block, at a time of its own if one is given."""
        if isinstance(asked, dict):
            asked = asked.get("timestamp")
        at = None if asked is None else number_of(asked, "the time")
        if at is not None and at > self._chain.head.timestamp + time_jump_seconds_max:
            raise InvalidParameters("the time is too far away")
        self._chain.mine(at_seconds=at)
        return "0x0"

    def mine_many(self, count: object = 1) -> None:
        """anvil_mine, hardhat_mine: so many empty blocks."""
        wanted = number_of(count, "the count")
        if wanted > mined_blocks_max:
            raise InvalidParameters(f"at most {mined_blocks_max} blocks at once")
        for _ in range(wanted):
            self._chain.mine()

    def increase_time(self, seconds: object) -> str:
        """evm_increaseTime: blocks are later than the clock by so much more."""
        jump = number_of(seconds, "the time")
        if jump > time_jump_seconds_max:
            raise InvalidParameters("the time is too far away")
        return shown(self._chain.shift_time(jump))

    def snapshot(self) -> str:
        """evm_snapshot: a point to return to."""
        made = max(self._snapshots, default=0) + 1
        number = int(self._chain.head.block_number)
        self._snapshots[made] = (number, self._chain.time_offset_seconds)
        return shown(made)

    def revert(self, snapshot: object) -> bool:
        """evm_revert: forget all blocks since, and later snapshots."""
        found = self._snapshots.get(number_of(snapshot, "the snapshot"))
        if found is None:
            return False
        wanted = number_of(snapshot)
        self._snapshots = {at: kept for at, kept in self._snapshots.items() if at < wanted}
        number, offset = found
        self._chain.cut(number)
        self._chain.shift_time(offset - self._chain.time_offset_seconds)
        return True
