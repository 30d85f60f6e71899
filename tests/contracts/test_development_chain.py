"""The development chain in one process: blocks, time, accounts, calls, proofs, logs, snapshots."""

import contextlib
import itertools
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]  # it has no types
from chain_clients import START_SECONDS, Clock, Local, proven
from eth_account import Account
from eth_hash.auto import keccak
from keeping_contract import CREATION, REASON, RUNTIME, keep

from contracts.development.chain import DevelopmentChain
from contracts.development.errors import StateFileRefused
from contracts.development_accounts import DEVELOPMENT_MNEMONIC, development_accounts

ACCOUNTS = ["0x" + of.address.hex() for of in development_accounts()]
FIRST = development_accounts()[0]
STRANGER = "0x" + "77" * 20


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def local(clock: Clock) -> Iterator[Local]:
    chain = DevelopmentChain(clock=clock)
    yield Local(chain)
    chain.close()


def deployed(local: Local) -> str:
    hash_ = local.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "data": "0x" + CREATION.hex()})
    return str(local.ask("eth_getTransactionReceipt", hash_)["contractAddress"])


def signed(**fields: Any) -> str:
    usual = {
        "chainId": 31337,
        "nonce": 0,
        "gas": 21_000,
        "to": development_accounts()[1].address,
        "value": 1,
        "maxFeePerGas": 3 * 10**9,
        "maxPriorityFeePerGas": 10**9,
    }
    wanted = {name: value for name, value in (usual | fields).items() if value is not None}
    return "0x" + bytes(Account.sign_transaction(wanted, FIRST.secret).raw_transaction).hex()


def test_development_accounts_are_those_of_every_wallet_with_the_public_words() -> None:
    assert DEVELOPMENT_MNEMONIC.endswith("junk")
    assert ACCOUNTS[0] == "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266"
    assert ACCOUNTS[9] == "0xa0ee7a142d267c1f36714e4a8f75612f20a79720"
    assert "0x" + FIRST.secret.hex() not in repr(FIRST)


def test_each_transaction_is_a_block_whose_header_hashes_to_its_hash(local: Local) -> None:
    for _ in range(3):
        local.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "value": "0x1"})

    blocks = [local.ask("eth_getBlockByNumber", hex(number), False) for number in range(4)]

    assert [len(block["transactions"]) for block in blocks] == [0, 1, 1, 1]
    for parent, block in itertools.pairwise(blocks):
        assert block["parentHash"] == parent["hash"]
    names = (
        "parentHash sha3Uncles miner stateRoot transactionsRoot receiptsRoot logsBloom difficulty "
        "number gasLimit gasUsed timestamp extraData mixHash nonce baseFeePerGas withdrawalsRoot"
    ).split()
    numbers = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
    for block in blocks:
        fields = [
            rlp.sedes.big_endian_int.serialize(int(block[name], 16))
            if name in numbers
            else bytes.fromhex(block[name][2:])
            for name in names
        ]
        assert block["hash"] == "0x" + keccak(rlp.encode(fields)).hex()


def test_blocks_take_the_clock_and_are_always_later_than_their_parents(
    local: Local, clock: Clock
) -> None:
    def newest() -> int:
        return int(local.ask("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    assert newest() == START_SECONDS
    local.ask("evm_mine")
    assert newest() == START_SECONDS + 1
    clock.seconds += 100
    local.ask("evm_mine")
    assert newest() == START_SECONDS + 100
    clock.seconds -= 1000
    local.ask("evm_mine")
    assert newest() == START_SECONDS + 101
    local.ask("evm_increaseTime", 5000)
    local.ask("evm_mine")
    assert newest() == START_SECONDS - 900 + 5000


def test_a_silent_chain_goes_on_when_it_is_asked(local: Local, clock: Clock) -> None:
    clock.seconds += 59
    assert local.chain.keep_up(60) is False
    clock.seconds += 2
    assert local.chain.keep_up(60) is True
    assert local.chain.head.timestamp == START_SECONDS + 61


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"nonce": 5}, "nonce too high"),
        ({"value": 10**30}, "insufficient funds"),
        ({"gas": 20_999}, "intrinsic gas too low"),
        ({"gas": 30_000_001}, "exceeds block gas limit"),
        ({"maxFeePerGas": 1, "maxPriorityFeePerGas": 1}, "less than block base fee"),
        ({"maxFeePerGas": 10**9, "maxPriorityFeePerGas": 2 * 10**9}, "higher than max fee"),
        ({"chainId": 5}, "invalid chain id"),
        (
            {"chainId": None, "maxFeePerGas": None, "maxPriorityFeePerGas": None}
            | {"gasPrice": 10**10},
            "replay-protected",
        ),
    ],
)
def test_a_transaction_that_cannot_be_mined_is_refused_and_changes_nothing(
    local: Local, fields: dict[str, Any], said: str
) -> None:
    answer = local.answer("eth_sendRawTransaction", signed(**fields))

    assert said in answer["error"]["message"]
    assert local.ask("eth_blockNumber") == "0x0"


def test_a_number_that_was_used_is_too_low(local: Local) -> None:
    local.ask("eth_sendRawTransaction", signed())

    again = local.answer("eth_sendRawTransaction", signed())

    assert again["error"]["message"] == "nonce too low: next nonce 1, tx nonce 0"


@pytest.mark.parametrize("kind", ["legacy", "access list"])
def test_older_kinds_of_transactions_are_taken(local: Local, kind: str) -> None:
    fields: dict[str, Any] = {"maxFeePerGas": None, "maxPriorityFeePerGas": None}
    fields["gasPrice"] = 3 * 10**9
    if kind == "access list":
        entry = {"address": ACCOUNTS[1], "storageKeys": ["0x" + "00" * 32]}
        fields |= {"type": 1, "gas": 30_000, "accessList": [entry]}

    hash_ = local.ask("eth_sendRawTransaction", signed(**fields))

    shown = local.ask("eth_getTransactionByHash", hash_)
    assert shown["from"] == ACCOUNTS[0]
    assert shown["type"] == ("0x0" if kind == "legacy" else "0x1")
    assert local.ask("eth_getTransactionReceipt", hash_)["status"] == "0x1"


def test_a_call_that_reverts_says_why_and_one_that_is_sent_is_paid(local: Local) -> None:
    contract = deployed(local)
    bad = {"from": ACCOUNTS[0], "to": contract, "data": keep(1, 0)}

    answers = [local.answer(name, bad) for name in ("eth_call", "eth_estimateGas")]
    sent = local.ask("eth_sendTransaction", bad | {"gas": "0x186a0"})

    for answer in answers:
        assert answer["error"]["code"] == 3
        assert answer["error"]["message"] == f"execution reverted: {REASON}"
        assert answer["error"]["data"].startswith("0x08c379a0")
    receipt = local.ask("eth_getTransactionReceipt", sent)
    assert receipt["status"] == "0x0"
    assert receipt["logs"] == []


def test_an_estimate_is_enough_and_one_less_is_not(local: Local) -> None:
    contract = deployed(local)
    asked = {"from": ACCOUNTS[0], "to": contract, "data": keep(1, 2)}

    gas = int(local.ask("eth_estimateGas", asked), 16)

    short = local.ask("eth_sendTransaction", asked | {"gas": hex(gas - 1)})
    enough = local.ask("eth_sendTransaction", asked | {"gas": hex(gas)})
    assert local.ask("eth_getTransactionReceipt", short)["status"] == "0x0"
    receipt = local.ask("eth_getTransactionReceipt", enough)
    assert (receipt["status"], receipt["gasUsed"]) == ("0x1", hex(gas))


def test_a_call_leaves_no_trace(local: Local) -> None:
    contract = deployed(local)
    root = local.ask("eth_getBlockByNumber", "latest", False)["stateRoot"]

    said = local.ask("eth_call", {"to": contract, "data": keep(1, 9)})

    assert int(said, 16) == 9
    assert local.ask("eth_getStorageAt", contract, "0x1", "latest") == "0x" + "00" * 32
    assert local.ask("eth_getBlockByNumber", "latest", False)["stateRoot"] == root


def test_proofs_show_what_is_there_and_what_is_not_at_any_past_block(local: Local) -> None:
    contract = deployed(local)
    for value in range(1, 30):
        data = keep(value % 7, value)
        local.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": contract, "data": data})

    for number in (0, 1, 2, 9, 30):
        root = local.ask("eth_getBlockByNumber", hex(number), False)["stateRoot"]
        proof = local.ask("eth_getProof", contract, [hex(slot) for slot in range(8)], hex(number))
        account, values = proven(proof, root)
        kept = [max((v for v in range(1, number) if v % 7 == slot), default=0) for slot in range(7)]
        assert values == [*kept, 0]
        assert (account is None) == (number == 0)
        if account is not None:
            assert account[3] == keccak(RUNTIME)
        absent, _ = proven(local.ask("eth_getProof", STRANGER, ["0x0"], hex(number)), root)
        assert absent is None
        funded, _ = proven(local.ask("eth_getProof", ACCOUNTS[5], [], hex(number)), root)
        assert funded is not None
        assert funded[:2] == [0, 10_000 * 10**18]


def test_logs_are_found_by_block_address_and_topic(local: Local) -> None:
    contracts = [deployed(local), deployed(local)]
    for value in range(1, 6):
        data = keep(value % 2, value)
        to = contracts[value % 2]
        local.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": to, "data": data})
    one = "0x" + "00" * 31 + "01"

    def values(**asked: Any) -> list[int]:
        return [int(log["data"], 16) for log in local.ask("eth_getLogs", asked)]

    assert values(fromBlock="earliest") == [1, 2, 3, 4, 5]
    assert values(fromBlock="0x4", toBlock="0x5") == [2, 3]
    assert values(fromBlock="0x0", address=contracts[0]) == [2, 4]
    assert values(fromBlock="0x0", address=contracts) == [1, 2, 3, 4, 5]
    assert values(fromBlock="0x0", topics=[one]) == [1, 3, 5]
    assert values(fromBlock="0x0", topics=[[one, "0x" + "00" * 32]]) == [1, 2, 3, 4, 5]
    assert values(fromBlock="0x0", topics=[None]) == [1, 2, 3, 4, 5]
    assert values(fromBlock="0x0", topics=[one, None]) == []
    head = local.ask("eth_getBlockByNumber", "latest", False)["hash"]
    assert values(blockHash=head) == [5]


def test_filters_tell_what_is_new_once(local: Local) -> None:
    contract = deployed(local)
    logs = local.ask("eth_newFilter", {"address": contract})
    blocks = local.ask("eth_newBlockFilter")
    for value in (2, 3):
        data = keep(1, value)
        local.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": contract, "data": data})

    assert [int(log["data"], 16) for log in local.ask("eth_getFilterChanges", logs)] == [2, 3]
    assert local.ask("eth_getFilterChanges", logs) == []
    assert len(local.ask("eth_getFilterChanges", blocks)) == 2
    assert local.ask("eth_getFilterChanges", blocks) == []
    assert local.ask("eth_uninstallFilter", blocks) is True
    assert "filter not found" in str(local.ask("eth_getFilterChanges", blocks))


def test_a_snapshot_brings_back_blocks_state_logs_and_time(local: Local) -> None:
    contract = deployed(local)
    before = local.ask("eth_getBlockByNumber", "latest", True)
    snapshot = local.ask("evm_snapshot")
    local.ask("evm_increaseTime", 1000)
    data = keep(1, 2)
    lost = local.ask("eth_sendTransaction", {"from": ACCOUNTS[0], "to": contract, "data": data})

    assert local.ask("evm_revert", snapshot) is True

    assert local.ask("eth_getBlockByNumber", "latest", True) == before
    assert local.ask("eth_getTransactionReceipt", lost) is None
    assert local.ask("eth_getLogs", {"fromBlock": "0x0"}) == []
    assert local.ask("eth_getStorageAt", contract, "0x1", "latest") == "0x" + "00" * 32
    local.ask("evm_mine")
    assert local.chain.head.timestamp == int(before["timestamp"], 16) + 1
    assert local.ask("evm_revert", snapshot) is False


def test_finality_can_stay_behind_the_head(clock: Clock) -> None:
    chain = DevelopmentChain(7, clock=clock, finality_blocks=3)
    local = Local(chain)
    local.ask("anvil_mine", "0x5")

    def number(tag: str) -> str:
        return str(local.ask("eth_getBlockByNumber", tag, False)["number"])

    assert [number(tag) for tag in ("earliest", "finalized", "safe", "latest", "pending")] == [
        *("0x0", "0x2", "0x2", "0x5", "0x6")
    ]
    assert local.ask("eth_chainId") == "0x7"
    chain.close()


def test_a_chain_in_a_file_opens_where_it_ended(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "chain.sqlite"
    chain = DevelopmentChain(7, clock=clock, database=path)
    contract = deployed(Local(chain))
    Local(chain).ask("evm_increaseTime", 50)
    head = chain.head
    chain.close()

    again = DevelopmentChain(clock=clock, database=path)

    assert again.head == head
    assert (again.chain_id, again.time_offset_seconds) == (7, 50)
    assert Local(again).ask("eth_getCode", contract, "latest") == "0x" + RUNTIME.hex()
    again.close()
    with pytest.raises(StateFileRefused, match="id 7, not 8"):
        DevelopmentChain(8, clock=clock, database=path)


@pytest.mark.parametrize("content", [b"this is no database, but long enough for one" * 40, b"x"])
def test_a_file_that_is_no_chain_is_refused_and_kept(
    tmp_path: Path, clock: Clock, content: bytes
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)

    with pytest.raises(StateFileRefused):
        DevelopmentChain(clock=clock, database=path)

    assert path.read_bytes() == content


def test_a_folder_and_another_program_s_database_are_refused(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "other.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE notes (text TEXT)")

    for refused in (tmp_path, path):
        with pytest.raises(StateFileRefused):
            DevelopmentChain(clock=clock, database=refused)


def test_a_damaged_state_is_told_and_not_answered_from(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "chain.sqlite"
    chain = DevelopmentChain(clock=clock, database=path)
    for _ in range(40):
        chain.mine()
    chain.close()
    content = bytearray(path.read_bytes())
    content[4096 * 2 :] = bytes(len(content) - 4096 * 2)
    path.write_bytes(content)

    with pytest.raises(StateFileRefused):
        DevelopmentChain(clock=clock, database=path)
