"""The development chain beside anvil: the same transactions to the last root, and errors."""

import gzip
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import rlp  # type: ignore[import-untyped]  # it has no types
from anvil import Anvil, running_anvil
from chain_clients import Clock, Local, proven
from eth_abi.abi import encode
from eth_account import Account
from eth_hash.auto import keccak
from keeping_contract import CREATION, keep
from trie.hexary import HexaryTrie

from contracts.development.chain import DevelopmentChain
from contracts.development_accounts import development_accounts
from contracts.loader import Name, artifact

TRANSACTIONS = 30
GWEI = 10**9
ACCOUNTS = ["0x" + of.address.hex() for of in development_accounts()]


@dataclass
class Pair:
    """Our chain and anvil, to which the same happened."""

    ours: Local
    theirs: Anvil
    contracts: list[str]
    hashes: list[str]

    def both(self, method: str, *parameters: Any) -> tuple[Any, Any]:
        return self.ours.ask(method, *parameters), self.theirs.ask(method, *parameters)


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Both after random transactions to the registry and to a small contract."""
    shanghai = ("--hardfork", "shanghai", "--disable-default-create2-deployer")
    clock = Clock()
    with running_anvil(*shanghai, "--timestamp", str(int(clock()))) as theirs:
        chain = DevelopmentChain(clock=clock)
        made = Pair(Local(chain), theirs, [], [])
        _happen(made)
        yield made
        chain.close()


def _happen(pair: Pair) -> None:
    seeded = random.Random(11)
    members = [of.address for of in development_accounts()[:3]]
    accreditation = ["address[]", "uint256", "bytes32", "address"]
    creations = [
        CREATION,
        artifact(Name.DID).bytecode,
        artifact(Name.ACCREDITATION).bytecode
        + encode(accreditation, [members, 2, b"\1" * 32, b"\2" * 20]),
        artifact(Name.CONSENT).bytecode + encode(["address"], [b"\3" * 20]),
    ]
    for creation in creations:
        receipt = _send(pair, 0, None, creation, 0)
        pair.contracts.append(str(receipt["contractAddress"]))
    for _ in range(TRANSACTIONS):
        sender = seeded.randrange(3)
        to, data, value = seeded.choice([_kept, _identified, _paid, _revoked])(pair, seeded, sender)
        _send(pair, sender, to, data, value)


def _kept(pair: Pair, seeded: random.Random, _sender: int) -> tuple[str, bytes, int]:
    """A word in a slot; zero reverts."""
    data = keep(seeded.randrange(5), seeded.choice([0, 1, 2**255, seeded.randrange(2**64)]))
    return pair.contracts[0], bytes.fromhex(data[2:]), 0


def _identified(pair: Pair, seeded: random.Random, sender: int) -> tuple[str, bytes, int]:
    """An attribute of an identity: of one's own, or of somebody else's, which reverts."""
    identity = development_accounts()[seeded.choice([sender, 4])].address
    given = [identity, seeded.randbytes(32), seeded.randbytes(seeded.randrange(70)), 3600]
    selector = keccak(b"setAttribute(address,bytes32,bytes,uint256)")[:4]
    return (
        pair.contracts[1],
        selector + encode(["address", "bytes32", "bytes", "uint256"], given),
        0,
    )


def _revoked(pair: Pair, seeded: random.Random, _sender: int) -> tuple[str, bytes, int]:
    """A credential that never lives."""
    return pair.contracts[2], keccak(b"revoke(bytes32)")[:4] + bytes([seeded.randrange(9)] * 32), 0


def _paid(_pair: Pair, seeded: random.Random, _sender: int) -> tuple[str, bytes, int]:
    return f"0x{seeded.randrange(1, 2**160):040x}", b"", seeded.randrange(10**18)


def _send(pair: Pair, sender: int, to: str | None, data: bytes, value: int) -> dict[str, Any]:
    """The same signed transaction on both, in blocks of one time and base fee."""
    account = development_accounts()[sender]
    following = pair.ours.chain.next_header()
    fields: dict[str, Any] = {
        "chainId": 31337,
        "nonce": int(pair.ours.ask("eth_getTransactionCount", ACCOUNTS[sender], "latest"), 16),
        "gas": 6_000_000 if to is None else 300_000,
        "value": value,
        "data": data,
        "maxFeePerGas": 5 * GWEI,
        "maxPriorityFeePerGas": GWEI,
    }
    if to is not None:
        fields["to"] = bytes.fromhex(to[2:])
    raw = "0x" + bytes(Account.sign_transaction(fields, account.secret).raw_transaction).hex()
    pair.theirs.ask("anvil_setNextBlockBaseFeePerGas", hex(following.base_fee_per_gas or 0))
    pair.theirs.ask("evm_setNextBlockTimestamp", hex(following.timestamp))
    hashes = pair.both("eth_sendRawTransaction", raw)
    assert hashes[0] == hashes[1]
    while pair.theirs.ask("eth_getTransactionReceipt", hashes[0]) is None:
        time.sleep(0.005)
    pair.hashes.append(hashes[0])
    found: dict[str, Any] = pair.ours.ask("eth_getTransactionReceipt", hashes[0])
    return found


SAME_IN_BLOCKS = (
    "number transactionsRoot receiptsRoot logsBloom gasUsed gasLimit timestamp baseFeePerGas miner "
    "difficulty nonce sha3Uncles withdrawalsRoot transactions"
).split()


def test_every_block_has_the_same_roots_gas_and_fees(pair: Pair) -> None:
    for number in range(1, len(pair.hashes) + 1):
        ours, theirs = pair.both("eth_getBlockByNumber", hex(number), False)
        # Anvil keeps slots that were read and are zero as leaves, and so has roots of its own once
        # a contract has read; see the next test.
        same = [*SAME_IN_BLOCKS, "stateRoot"] if number <= len(pair.contracts) else SAME_IN_BLOCKS
        assert {name: ours[name] for name in same} == {name: theirs[name] for name in same}
        assert ours.keys() >= theirs.keys()


def test_storage_roots_are_those_of_what_is_stored_on_anvil_without_its_zeros(pair: Pair) -> None:
    dumped = bytes.fromhex(pair.theirs.ask("anvil_dumpState")[2:])
    accounts = json.loads(gzip.decompress(dumped))["accounts"]
    for contract in pair.contracts:
        trie = HexaryTrie({})
        for slot, value in accounts[contract]["storage"].items():
            if int(value, 16):
                encoded = rlp.encode(int(value, 16))
                trie[keccak(int(slot, 16).to_bytes(32, "big"))] = encoded
        ours = pair.ours.ask("eth_getProof", contract, [], "latest")
        assert ours["storageHash"] == "0x" + trie.root_hash.hex()
        assert ours["nonce"] == hex(accounts[contract]["nonce"])


def test_every_receipt_and_transaction_is_the_same_but_for_the_block_s_hash(pair: Pair) -> None:
    statuses = set()
    for hash_ in pair.hashes:
        for method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
            ours, theirs = (dict(answer) for answer in pair.both(method, hash_))
            for answer in (ours, theirs):
                for log in answer.get("logs", []):
                    for name in ("blockHash", "blockTimestamp"):
                        log.pop(name, None)
                for name in ("blockHash", "blockTimestamp", "blobGasPrice", "blobGasUsed"):
                    answer.pop(name, None)
            assert ours == theirs
            statuses.add(ours.get("status"))
    assert {"0x0", "0x1"} <= statuses


def test_proofs_of_both_prove_the_same_to_a_verifier_of_neither(pair: Pair) -> None:
    newest = len(pair.hashes)
    slots = ["0x" + f"{slot:064x}" for slot in range(9)]
    nonzero = 0
    for number in (1, 4, newest // 2, newest):
        for address in [*pair.contracts, ACCOUNTS[0], ACCOUNTS[7], "0x" + "77" * 20]:
            found = []
            for side in (pair.ours, pair.theirs):
                root = side.ask("eth_getBlockByNumber", hex(number), False)["stateRoot"]
                proof = side.ask("eth_getProof", address, slots, hex(number))
                account, values = proven(proof, root)
                nonzero += sum(1 for value in values if value)
                found.append((account and [account[0], account[1], account[3]], values))
            assert found[0] == found[1]
    assert nonzero


def test_logs_and_calls_and_estimates_agree(pair: Pair) -> None:
    for asked in (
        {"fromBlock": "0x0"},
        {"fromBlock": "0x0", "address": pair.contracts[1]},
        {
            "fromBlock": "0x3",
            "toBlock": "0x14",
            "topics": [None, "0x" + "00" * 12 + ACCOUNTS[1][2:]],
        },
    ):
        ours, theirs = pair.both("eth_getLogs", asked)
        told = [
            [(log["address"], log["topics"], log["data"]) for log in side]
            for side in (ours, theirs)
        ]
        assert told[0] == told[1]
        assert told[0]
    for to, data in (
        (pair.contracts[0], keep(1, 5)),
        (
            pair.contracts[1],
            "0x" + (keccak(b"changed(address)")[:4] + bytes(12)).hex() + ACCOUNTS[0][2:],
        ),
    ):
        call = {"from": ACCOUNTS[0], "to": to, "data": data}
        ours, theirs = pair.both("eth_call", call, "latest")
        assert ours == theirs
        ours, theirs = pair.both("eth_estimateGas", call, "latest")
        # Anvil stops its search within a hundredth or so above the least.
        assert int(ours, 16) <= int(theirs, 16) <= int(ours, 16) * 1.02


def test_a_revert_is_told_in_the_same_form(pair: Pair) -> None:
    call = {"from": ACCOUNTS[0], "to": pair.contracts[0], "data": keep(1, 0)}
    for method in ("eth_call", "eth_estimateGas"):
        ours, theirs = pair.both(method, call)
        assert ours["error"] == theirs["error"]


@pytest.mark.parametrize(
    ("method", "parameters", "words"),
    [
        ("eth_unheardOf", [], "method"),
        ("eth_getBalance", [], ""),
        ("eth_getBalance", ["0x12", "latest"], ""),
        ("eth_sendRawTransaction", ["0x"], ""),
    ],
)
def test_what_both_refuse_has_one_code_or_a_server_s_own(
    pair: Pair, method: str, parameters: list[Any], words: str
) -> None:
    ours, theirs = pair.both(method, *parameters)

    codes = {ours["error"]["code"], theirs["error"]["code"]}
    assert len(codes) == 1 or codes == {-32000, -32602}
    assert words in ours["error"]["message"].lower()
    assert words in theirs["error"]["message"].lower()


def test_a_block_s_transaction_is_found_by_its_place_too(pair: Pair) -> None:
    newest = hex(len(pair.hashes))
    for number in ("0x0", newest):
        ours, theirs = pair.both("eth_getBlockTransactionCountByNumber", number)
        assert ours == theirs
        for index in ("0x0", "0x1"):
            found = pair.both("eth_getTransactionByBlockNumberAndIndex", number, index)
            assert len({each and each["hash"] for each in found}) == 1
        receipts = pair.both("eth_getBlockReceipts", number)
        told = [[each["transactionHash"] for each in side] for side in receipts]
        assert told[0] == told[1]


def test_unknown_things_are_null_on_both(pair: Pair) -> None:
    nothing = "0x" + "11" * 32
    for method, parameters in (
        ("eth_getTransactionByHash", [nothing]),
        ("eth_getTransactionReceipt", [nothing]),
        ("eth_getBlockByHash", [nothing, False]),
        ("eth_getBlockByNumber", ["0xffff", False]),
    ):
        assert pair.both(method, *parameters) == (None, None)


def test_a_reorganisation_replaces_blocks_and_a_snapshot_brings_them_back() -> None:
    with running_anvil() as chain:
        chain.mine(5)
        kept, lost = (chain.ask("eth_getBlockByNumber", hex(n), False)["hash"] for n in (3, 4))
        chain.reorganise(2)

        assert chain.ask("eth_getBlockByNumber", "0x3", False)["hash"] == kept
        assert chain.ask("eth_getBlockByNumber", "0x4", False)["hash"] != lost
        snapshot = chain.snapshot()
        chain.mine(2)
        chain.revert(snapshot)
        assert chain.ask("eth_blockNumber") == "0x5"
