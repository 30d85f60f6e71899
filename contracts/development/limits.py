"""Limits of the development chain, each with its unit; its chain, its JSON-RPC and its server."""

from typing import Final

chain_id_default: Final = 31337
"""The id that development chains commonly have; wallets mark it as such."""

block_gas_max: Final = 30_000_000

base_fee_first_wei: Final = 1_000_000_000

priority_fee_wei: Final = 1_000_000_000
"""What the chain advises and what it takes for transactions that name no fee."""

account_balance_wei: Final = 10_000 * 10**18

transaction_size_bytes_max: Final = 128 * 1024
"""As go-ethereum's pool has it."""

request_size_bytes_max: Final = 2 * 1024 * 1024

response_items_max: Final = 10_000
"""Logs in one answer."""

response_size_bytes_max: Final = 32 * 1024 * 1024
"""Logs' data in one answer, and the answers of a batch: what goes beyond is refused."""

batch_items_max: Final = 1_000

filters_max: Final = 256
"""Filters kept at once; the oldest is dropped for a new one."""

proof_slots_max: Final = 1_024

mined_blocks_max: Final = 10_000
"""Empty blocks that one `evm_mine` or `anvil_mine` may ask for."""

time_jump_seconds_max: Final = 100 * 365 * 86_400

fee_history_blocks_max: Final = 1_024

connections_max: Final = 64

connection_idle_seconds: Final = 300.0

node_cache_items_max: Final = 50_000
"""Trie nodes and headers kept in memory."""
