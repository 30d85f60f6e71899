"""A chain is believed only where it proves itself, whatever its endpoint does."""

import dataclasses
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from chained import COUNCIL, Registered

from contracts.loader import Name
from contracts.slots import changed_slot, council_slot, owner_slot
from node.registry.chain import Tag, Transaction, open_chain
from node.registry.errors import (
    ChainError,
    ChainForeign,
    ChainMoved,
    ChainRefused,
    ChainUnreachable,
    ChainUntrusted,
    ChainUrlInvalid,
)
from node.registry.http_provider import HttpProvider
from node.registry.network import Deployed, Genesis


@pytest.fixture(scope="module")
def whole() -> Registered:
    return Registered()


@pytest.fixture
def registered(whole: Registered) -> Iterator[Registered]:
    with whole.rolled_back():
        yield whole


def council(registered: Registered) -> int:
    deployed = registered.network.contracts[Name.ACCREDITATION]
    header = registered.chain.header(Tag.LATEST)
    slot = council_slot()
    return registered.chain.words(header, deployed.address, deployed.code_hash, [slot])[slot]


def test_what_a_chain_proves_is_read(registered: Registered) -> None:
    header = registered.chain.check(registered.network)

    assert header == registered.chain.header(header.hash)
    assert council(registered) == 1 << 8 | 1
    deployed = registered.network.contracts[Name.DID]
    many = [changed_slot(bytes([n // 256, n % 256]) * 10) for n in range(300)]
    words = registered.chain.words(header, deployed.address, None, many)
    assert words == dict.fromkeys(many, 0)


def test_another_chain_is_refused(registered: Registered) -> None:
    registered.endpoint.tells("eth_chainId", "0x1")
    with pytest.raises(ChainForeign, match="its id is not 31337"):
        registered.chain.check(registered.network)


def test_another_code_is_refused(registered: Registered) -> None:
    contracts = dict(registered.network.contracts)
    contracts[Name.CONSENT] = Deployed(contracts[Name.CONSENT].address, b"\x07" * 32)
    other = dataclasses.replace(registered.network, contracts=contracts)
    with pytest.raises(ChainForeign, match="other code"):
        registered.chain.check(other)


def test_another_genesis_is_refused(registered: Registered) -> None:
    genesis = Genesis(registered.network.genesis.block, b"\x07" * 32)
    other = dataclasses.replace(registered.network, genesis=genesis)
    with pytest.raises(ChainForeign, match="is another"):
        registered.chain.check(other)


def test_a_chain_without_proofs_is_refused(registered: Registered) -> None:
    registered.endpoint.refuses("eth_getProof", -32601, "the method does not exist")
    with pytest.raises(ChainForeign, match="gives no proofs"):
        registered.chain.check(registered.network)


def test_a_value_beside_its_proof_is_never_looked_at(registered: Registered) -> None:
    def lie(_params: list[Any], true: Any) -> Any:
        for proof in true["result"]["storageProof"]:
            proof["value"] = "0x7"
        return true

    registered.endpoint.lies["eth_getProof"] = lie
    assert council(registered) == 1 << 8 | 1


@pytest.mark.parametrize("where", ["accountProof", "storageProof"])
def test_a_changed_proof_is_refused(registered: Registered, where: str) -> None:
    def lie(_params: list[Any], true: Any) -> Any:
        listed = true["result"][where]
        nodes = listed if where == "accountProof" else listed[0]["proof"]
        nodes[-1] = nodes[-1][:-1] + ("0" if nodes[-1][-1] != "0" else "1")
        return true

    registered.endpoint.lies["eth_getProof"] = lie
    with pytest.raises(ChainUntrusted, match="refused"):
        council(registered)


def test_a_proof_that_leaves_out_a_slot_is_refused(registered: Registered) -> None:
    def lie(_params: list[Any], true: Any) -> Any:
        true["result"]["storageProof"].clear()
        return true

    registered.endpoint.lies["eth_getProof"] = lie
    with pytest.raises(ChainUntrusted, match="missing"):
        council(registered)


@pytest.mark.parametrize("field", ["stateRoot", "timestamp", "number", "hash", "gasUsed"])
def test_a_header_that_does_not_hash_to_itself_is_refused(
    registered: Registered, field: str
) -> None:
    def lie(_params: list[Any], true: Any) -> Any:
        digits = true["result"][field]
        true["result"][field] = digits[:-1] + ("1" if digits[-1] != "1" else "2")
        return true

    registered.endpoint.lies["eth_getBlockByNumber"] = lie
    with pytest.raises(ChainUntrusted):
        registered.chain.header(Tag.LATEST)


def test_another_block_than_the_one_asked_for_is_refused(registered: Registered) -> None:
    newest = registered.ask("eth_getBlockByNumber", "latest", False)
    registered.endpoint.tells("eth_getBlockByNumber", newest)
    registered.endpoint.tells("eth_getBlockByHash", newest)
    with pytest.raises(ChainUntrusted, match="another block"):
        registered.chain.header(0)
    with pytest.raises(ChainUntrusted, match="another block"):
        registered.chain.header(b"\x07" * 32)


def test_blocks_that_are_replaced_while_a_proof_is_asked_are_no_lie(
    registered: Registered,
) -> None:
    before = registered.ask("evm_snapshot")
    registered.ask(
        "eth_sendTransaction",
        {"from": "0x" + COUNCIL.address.hex(), "value": "0x1", "to": "0x" + COUNCIL.address.hex()},
    )

    def reorganise() -> None:
        registered.ask("evm_revert", before)
        registered.clock.seconds += 7
        registered.ask("evm_mine")

    registered.endpoint.before["eth_getProof"] = reorganise
    with pytest.raises(ChainMoved):
        council(registered)


JUNK: list[Any] = [
    None,
    [],
    {},
    "",
    "0x",
    "0xzz",
    "zz",
    7,
    -1,
    True,
    1e400,
    "0x" + "f" * 100_000,
    [[[[]]]],
    {"hash": None},
    {"storageProof": 7, "accountProof": []},
    "0x٣",
]
QUESTIONS: dict[str, Callable[[Registered], object]] = {
    "eth_chainId": lambda it: it.chain.chain_id(),
    "eth_getBlockByNumber": lambda it: it.chain.header(Tag.FINALIZED),
    "eth_getProof": council,
    "eth_getLogs": lambda it: it.chain.logs(bytes(20), (None,), 1, 2),
    "eth_accounts": lambda it: it.chain.accounts(),
    "eth_getBalance": lambda it: it.chain.balance(bytes(20)),
    "eth_getTransactionCount": lambda it: it.chain.next_nonce(bytes(20)),
    "eth_gasPrice": lambda it: it.chain.gas_price(),
    "eth_maxPriorityFeePerGas": lambda it: it.chain.tip(),
    "eth_estimateGas": lambda it: it.chain.estimate(Transaction(bytes(20), bytes(20), b"")),
    "eth_call": lambda it: it.chain.call(Transaction(bytes(20), bytes(20), b"")),
    "eth_getTransactionReceipt": lambda it: it.chain.receipt(bytes(32)),
    "eth_sendTransaction": lambda it: it.chain.send_from_account(
        Transaction(bytes(20), bytes(20), b"")
    ),
}


@pytest.mark.parametrize("method", QUESTIONS)
def test_junk_for_an_answer_ends_in_an_error_of_ours_or_in_a_value(
    registered: Registered, method: str
) -> None:
    answers: list[Any] = [{"result": junk} for junk in JUNK]
    answers += [{"error": junk} for junk in [*JUNK, {"message": "no", "data": "0x08c379a0"}]]
    answers += [*JUNK, {"error": {"message": "x" * 10_000 + "\x1b[31m\n"}}]
    for answer in answers:
        registered.endpoint.withheld[method] = answer
        told = ""
        try:
            QUESTIONS[method](registered)
        except ChainError as error:
            told = str(error)
        assert len(told) < 400
        assert told.isprintable()


def test_why_a_contract_refuses_is_told(registered: Registered) -> None:
    consent = registered.network.contracts[Name.CONSENT].address
    with pytest.raises(ChainRefused):
        registered.chain.estimate(Transaction(COUNCIL.address, consent, b"\x01\x02\x03\x04"))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://x",
        "http://",
        "http://u:p@x",
        "http://x:99999",
        "http://x y",
        "http://é",
        "file:///x",
    ],
)
def test_what_is_no_endpoint_is_refused(url: str) -> None:
    with pytest.raises(ChainUrlInvalid):
        open_chain(url)


def test_an_endpoint_is_named_without_its_path() -> None:
    assert open_chain("https://node.example/v3/SECRETKEY?k=SECRET").name == "https://node.example"


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Takes connections and does with each what `answer` does."""
    listener = socket.create_server(("127.0.0.1", 0))
    ended = threading.Event()

    def run() -> None:
        while not ended.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    answer(connection)
                except OSError:
                    continue

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        listener.close()


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"


def drip(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"content-length: 100000\r\n\r\n{")
    while True:
        connection.sendall(b" ")
        threading.Event().wait(0.02)


def hang(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def babble(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n")
    while True:
        connection.sendall(b" " * 65536)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (hang, ChainUnreachable),
        (drip, ChainUnreachable),
        (babble, ChainError),
        (lambda connection: None, ChainUnreachable),
        (lambda connection: connection.sendall(b"\x00\xff junk\r\n\r\n"), ChainUnreachable),
        (
            lambda connection: connection.sendall(HEAD + b"content-length: 3\r\n\r\nno!"),
            ChainUntrusted,
        ),
        (
            lambda connection: connection.sendall(
                HEAD + b"content-length: 20000\r\n\r\n" + b"[" * 20_000
            ),
            ChainUntrusted,
        ),
        (
            lambda connection: connection.sendall(b"HTTP/1.1 302 Found\r\nlocation: /\r\n\r\n"),
            ChainUnreachable,
        ),
    ],
    ids=["hangs", "drips", "babbles", "hangs up", "speaks no HTTP", "no JSON", "deep", "redirects"],
)
def test_a_server_that_is_no_good_ends_in_an_error_in_time(
    answer: Callable[[socket.socket], None], error: type[Exception]
) -> None:
    with server(answer) as url:
        provider = HttpProvider(url, seconds_max=0.4, size_bytes_max=1_000_000)
        with pytest.raises(error):
            provider.make_request("eth_chainId", [])
        provider.close()


def test_nobody_listening_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(ChainUnreachable, match="nobody listens"):
        open_chain(f"http://127.0.0.1:{port}").chain_id()


def test_an_absent_slot_of_an_empty_trie_is_proven(registered: Registered) -> None:
    header = registered.chain.header(Tag.LATEST)
    did = registered.network.contracts[Name.DID]
    slot = owner_slot(bytes(20))
    assert registered.chain.words(header, did.address, did.code_hash, [slot]) == {slot: 0}
