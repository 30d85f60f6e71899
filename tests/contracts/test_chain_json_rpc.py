"""JSON-RPC of the development chain: its form, its bounds, and input that means it harm."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from chain_clients import Clock, Local
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.development import rpc
from contracts.development.chain import DevelopmentChain
from contracts.development.limits import batch_items_max
from contracts.development.provider import DevelopmentProvider
from contracts.development.rpc import JsonRpc
from contracts.development_accounts import development_accounts

ACCOUNTS = ["0x" + of.address.hex() for of in development_accounts()]
PARSE, REQUEST, METHOD, PARAMETERS, INTERNAL = -32700, -32600, -32601, -32602, -32603


@pytest.fixture(scope="module")
def local() -> Iterator[Local]:
    chain = DevelopmentChain(clock=Clock())
    yield Local(chain)
    chain.close()


@pytest.mark.parametrize(
    ("request_bytes", "code"),
    [
        (b"", PARSE),
        (b"{", PARSE),
        (b"\xff\xfe", PARSE),
        (b"NaN", PARSE),
        (b"[" * 100_000, PARSE),
        (b"[]", REQUEST),
        (b"7", REQUEST),
        (b'{"id":{},"method":"eth_chainId"}', REQUEST),
        (b'{"id":true,"method":"eth_chainId"}', REQUEST),
        (b'{"id":1}', REQUEST),
        (b'{"id":1,"method":"eth_unheardOf"}', METHOD),
        (b'{"id":1,"method":"__class__"}', METHOD),
        (b'{"id":1,"method":"eth_chainId","params":{}}', PARAMETERS),
        (b'{"id":1,"method":"eth_chainId","params":[1]}', PARAMETERS),
        (b'{"id":1,"method":"eth_getBalance"}', PARAMETERS),
        (b'{"id":1,"method":"eth_getBalance","params":["0x12"]}', PARAMETERS),
        (b'{"id":1,"method":"eth_getBalance","params":["0x12","latest"]}', PARAMETERS),
    ],
)
def test_what_is_no_request_is_told_so_with_the_code_of_the_specification(
    local: Local, request_bytes: bytes, code: int
) -> None:
    assert json.loads(local.rpc.answer_bytes(request_bytes))["error"]["code"] == code


def test_a_batch_is_answered_in_order_and_its_notifications_are_not(local: Local) -> None:
    batch: list[Any] = [
        {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"},
        {"jsonrpc": "2.0", "method": "eth_chainId"},
        {"jsonrpc": "2.0", "id": None, "method": "nothing"},
        "nonsense",
    ]

    answers = local.rpc.answer(batch)

    assert [answer["id"] for answer in answers] == ["a", None, None]
    assert answers[0]["result"] == "0x7a69"
    assert local.rpc.answer([{"jsonrpc": "2.0", "method": "eth_chainId"}]) is None
    too_many = local.rpc.answer([batch[0]] * (batch_items_max + 1))
    assert too_many["error"]["code"] == REQUEST


def test_a_batch_whose_answers_grow_too_large_is_refused_from_there_on(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rpc, "response_size_bytes_max", 3_000)
    one = {"jsonrpc": "2.0", "id": 5, "method": "eth_getProof", "params": [ACCOUNTS[0], []]}

    answers = local.rpc.answer([one] * 20)

    assert [answer["id"] for answer in answers] == [5] * 20
    assert "result" in answers[0]
    assert answers[-1]["error"]["message"] == "the batch is too large"


@pytest.mark.parametrize(
    ("method", "parameters", "said"),
    [
        ("eth_getBalance", [ACCOUNTS[0], "0x99"], "header not found"),
        ("eth_getBalance", [ACCOUNTS[0], "newest"], "the block is no hexadecimal number"),
        ("eth_getProof", [ACCOUNTS[0], ["0x0"] * 1025], "no list of at most 1024"),
        ("eth_getProof", [ACCOUNTS[0], ["0x" + "1" * 65]], "the slot is no hexadecimal"),
        ("eth_call", [{"to": ACCOUNTS[0]}, "latest", {ACCOUNTS[0]: {}}], "no state overrides"),
        ("eth_call", [{"data": "0xfe", "gas": "0x5208"}], "intrinsic gas too low"),
        ("eth_call", [{"data": "0xfe"}], "execution failed"),
        ("eth_sendTransaction", [{"from": "0x" + "11" * 20}], "unknown account"),
        ("eth_sendRawTransaction", ["0x"], "typed transaction too short"),
        ("eth_sendRawTransaction", ["0x05c0"], "transaction type not supported"),
        ("eth_sendRawTransaction", ["0x02c0"], "rlp: the transaction cannot be decoded"),
        ("eth_getLogs", [{"fromBlock": "0x0", "blockHash": "0x" + "11" * 32}], "not both"),
        ("eth_getLogs", [{"topics": ["0x11"]}], "the topic has 1 bytes, not 32"),
        ("evm_increaseTime", ["0xffffffffffff"], "too far away"),
        ("anvil_mine", ["0xffffff"], "at most 10000 blocks"),
        ("eth_feeHistory", ["0x1", "latest", [1] * 101], "more than 100 percentiles"),
    ],
)
def test_what_cannot_be_done_is_refused_with_words(
    local: Local, method: str, parameters: list[Any], said: str
) -> None:
    assert said in local.answer(method, *parameters)["error"]["message"]


WORDS = st.sampled_from(
    [
        *ACCOUNTS[:2],
        *("0x", "0x0", "0x1", "0xg", "latest", "pending", "finalized", "", "0x" + "ff" * 32),
        *("0x" + "00" * 32, "0x60005ffd", -1, 0, 1, 2**256, 1.5, None, True),
    ]
)
NAMES = st.sampled_from(
    [
        *("to", "from", "data", "value", "gas", "gasPrice", "nonce", "maxFeePerGas", "chainId"),
        *("fromBlock", "toBlock", "topics", "address", "blockHash", "blockNumber", "timestamp"),
    ]
)
ANYTHING = st.recursive(
    WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=6,
)


@settings(max_examples=150)
@given(data=st.data())
def test_no_parameters_make_the_chain_stumble(local: Local, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(sorted(local.rpc.methods - {"anvil_mine", "evm_mine"})))
    parameters = data.draw(st.lists(ANYTHING, max_size=4))

    answer = local.answer(method, *parameters)

    assert ("result" in answer) != ("error" in answer)
    if "error" in answer:
        assert answer["error"]["code"] != INTERNAL, (method, parameters, answer)


def test_damaged_transactions_are_refused_or_mined_and_never_stumbled_over(local: Local) -> None:
    seeded = random.Random(4)
    fields = {"from": ACCOUNTS[2], "to": ACCOUNTS[3], "value": "0x1"}
    for _ in range(150):
        raw = bytearray.fromhex(local.ask("eth_signTransaction", fields)["raw"][2:])
        for _ in range(seeded.randrange(1, 4)):
            raw[seeded.randrange(len(raw))] = seeded.randrange(256)
        cut = seeded.choice([len(raw), len(raw), seeded.randrange(len(raw))])

        answer = local.answer("eth_sendRawTransaction", "0x" + bytes(raw[:cut]).hex())

        assert "result" in answer or answer["error"]["code"] in (-32000, PARAMETERS), answer


def test_contracts_that_call_themselves_for_ever_are_stopped(local: Local) -> None:
    # It calls itself with all gas that it may pass on, and stops when the call fails.
    code = bytes.fromhex("5f5f5f5f5f305af100")
    creation = bytes((0x68, *code, 0x5F, 0x52, 0x60, len(code), 0x60, 32 - len(code), 0xF3))
    fields = {"from": ACCOUNTS[6], "data": "0x" + creation.hex()}
    hash_ = local.ask("eth_sendTransaction", fields)
    contract = local.ask("eth_getTransactionReceipt", hash_)["contractAddress"]
    assert local.ask("eth_getCode", contract) == "0x" + code.hex()
    before = local.ask("eth_blockNumber")

    call = {"from": ACCOUNTS[6], "to": contract, "gas": "0x1c9c380"}
    answers = [local.answer(name, call) for name in ("eth_call", "eth_sendTransaction")]

    assert [answer["error"]["message"] for answer in answers] == [
        "calls too deep for this chain"
    ] * 2
    assert local.ask("eth_blockNumber") == before


CHAIN_MODULES = ["contracts.development.chain", "contracts.development.provider"]


@pytest.mark.parametrize("module", [*CHAIN_MODULES, "node.registry.http_provider"])
def test_loading_a_chain_leaves_python_its_bound_on_recursion(module: str) -> None:
    code = f"import sys; limit = sys.getrecursionlimit(); import {module}; "
    code += "assert 'eth' in sys.modules or 'web3' in sys.modules; "
    code += "sys.exit(sys.getrecursionlimit() != limit)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_code_that_never_ends_stops_when_its_gas_is_spent(local: Local) -> None:
    answer = local.answer("eth_call", {"data": "0x5b5f56", "gas": "0xf4240"})

    assert answer["error"]["message"] == "out of gas"


def test_web3_reads_and_sends_through_the_provider_alone_or_in_a_batch(local: Local) -> None:
    from web3 import Web3

    web3 = Web3(DevelopmentProvider(local.chain, JsonRpc(local.chain)))
    accounts = list(web3.eth.accounts)
    sent = web3.eth.send_transaction({"from": accounts[4], "to": accounts[5]})

    assert web3.is_connected()
    assert web3.eth.wait_for_transaction_receipt(sent)["status"] == 1
    with web3.batch_requests() as batch:
        batch.add(web3.eth.get_block(0))
        batch.add(web3.eth.get_block("latest"))
        answers: list[Any] = batch.execute()
    assert answers[0]["number"] == 0
    assert answers[1]["transactions"] == [sent]
