"""`satchel chain serve` as a process: killed, claimed, shared, asked by web3 and by ethers."""

import concurrent.futures
import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from anvil import ask, javascript_modules
from keeping_contract import CREATION, keep

from contracts.development.limits import request_size_bytes_max
from contracts.development_accounts import development_accounts

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]
SATCHEL = str(Path(sys.executable).with_name("satchel"))
ACCOUNTS = ["0x" + of.address.hex() for of in development_accounts()]
IN_USE, REFUSED = 6, 8


@dataclass
class Served:
    process: "subprocess.Popen[str]"
    url: str

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def ask(self, method: str, *parameters: Any) -> Any:
        answer = ask(self.url, method, *parameters)
        return answer.get("result", answer)


@contextmanager
def serving(state: Path, *options: str) -> Iterator[Served]:
    process = subprocess.Popen(
        [SATCHEL, "chain", "serve", "--state", str(state), "--port", "0", "--json", *options],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert ready["development"] is True
        try:
            yield Served(process, ready["url"])
        finally:
            process.kill()


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([SATCHEL, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("chain") / "state.sqlite") as found:
        yield found


def test_nothing_that_was_acknowledged_is_lost_by_twenty_kills(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(HERE / "killing_chains.py"), str(tmp_path / "state"), "20", "7"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)

    assert told["acknowledged"] >= 20
    assert told["kept"] == told["acknowledged"]
    # What was in its block when the kill came was not acknowledged, and is there as a whole.
    assert told["acknowledged"] <= told["blocks"] <= told["acknowledged"] + 20
    assert told["received"] == told["blocks"]
    assert (told["linked"], told["sound"]) == (True, "ok")


def test_a_second_process_is_refused_by_name_and_an_ended_one_leaves_the_file_free(
    tmp_path: Path,
) -> None:
    state = tmp_path / "state.sqlite"
    with serving(state, "--chain-id", "7") as first:
        hash_ = first.ask(
            "eth_sendTransaction", {"from": ACCOUNTS[0], "to": ACCOUNTS[1], "value": "0x1"}
        )
        refused = run("chain", "serve", "--state", str(state), "--port", "0")
        assert refused.returncode == IN_USE
        assert f"pid {first.process.pid}" in refused.stderr
        first.process.send_signal(signal.SIGINT)
        assert first.process.wait(timeout=20) == 0

    with serving(state) as again:
        assert again.ask("eth_chainId") == "0x7"
        assert again.ask("eth_getTransactionReceipt", hash_)["status"] == "0x1"
        again.process.send_signal(signal.SIGTERM)
        assert again.process.wait(timeout=20) == 0
    other = run("chain", "serve", "--state", str(state), "--chain-id", "8", "--port", "0")
    assert other.returncode == REFUSED
    assert "id 7, not 8" in other.stderr


def test_clients_that_write_at_once_all_get_their_blocks(served: Served) -> None:
    before = int(served.ask("eth_blockNumber"), 16)

    def write(place: int) -> list[str]:
        fields = {"from": ACCOUNTS[place], "to": ACCOUNTS[9], "value": "0x1"}
        return [served.ask("eth_sendTransaction", fields) for _ in range(10)]

    with concurrent.futures.ThreadPoolExecutor(6) as clients:
        hashes = [hash_ for sent in clients.map(write, range(6)) for hash_ in sent]

    assert len(set(hashes)) == 60
    assert int(served.ask("eth_blockNumber"), 16) == before + 60
    assert all(served.ask("eth_getTransactionReceipt", hash_) for hash_ in hashes)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://shop.example"}, 403),
        ({"Host": "shop.example"}, 403),
        ({"Content-Length": str(request_size_bytes_max + 1)}, 413),
        ({"Content-Length": "9" * 4000}, 413),
        ({"Content-Length": "-1"}, 411),
        ({"Transfer-Encoding": "chunked"}, 411),
    ],
)
def test_pages_in_browsers_and_bodies_without_bounds_are_refused(
    served: Served, headers: dict[str, str], status: int
) -> None:
    connection = http.client.HTTPConnection(served.host, timeout=20)
    connection.putrequest("POST", "/", skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    if not headers.keys() & {"Content-Length", "Transfer-Encoding"}:
        connection.putheader("Content-Length", "0")
    connection.endheaders()

    answer = connection.getresponse()

    assert answer.status == status
    assert not [name for name in answer.headers if name.lower().startswith("access-control")]
    connection.close()
    assert served.ask("eth_chainId") == "0x7a69"


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "PUT"])
def test_other_methods_of_http_are_none(served: Served, method: str) -> None:
    connection = http.client.HTTPConnection(served.host, timeout=20)
    connection.request(method, "/")

    assert connection.getresponse().status == 501
    connection.close()


def test_web3_deploys_calls_sends_and_reads_logs(served: Served) -> None:
    from web3 import HTTPProvider, Web3

    web3 = Web3(HTTPProvider(served.url))
    payer = list(web3.eth.accounts)[7]

    made = web3.eth.send_transaction({"from": payer, "data": CREATION})
    contract = web3.eth.wait_for_transaction_receipt(made)["contractAddress"]
    assert contract is not None
    kept = bytes.fromhex(keep(5, 6)[2:])
    sent = web3.eth.send_transaction({"from": payer, "to": contract, "data": kept})
    receipt = web3.eth.wait_for_transaction_receipt(sent)

    assert receipt["logs"][0]["topics"][0].hex() == f"{5:064x}"
    assert int.from_bytes(web3.eth.get_storage_at(contract, 5), "big") == 6
    found = web3.eth.get_logs({"address": contract, "fromBlock": 0})
    assert [log["transactionHash"] for log in found] == [sent]


# Without a cache: by itself ethers repeats an answer for a quarter of a second, nonces too.
ETHERS = """
const { JsonRpcProvider, Wallet, HDNodeWallet } = require("ethers");
(async () => {
  const [url, creation, data, bad] = process.argv.slice(1);
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 });
  const words = "test test test test test test test test test test test junk";
  const wallet = HDNodeWallet.fromPhrase(words, "", "m/44'/60'/0'/0/8").connect(provider);
  const made = await (await wallet.sendTransaction({ data: creation })).wait();
  const sent = await (await wallet.sendTransaction({ to: made.contractAddress, data })).wait();
  const logs = await provider.getLogs({ address: made.contractAddress, fromBlock: 0 });
  let reason = null;
  try { await provider.call({ to: made.contractAddress, data: bad }); }
  catch (error) { reason = error.reason; }
  const signer = await provider.getSigner(2);
  const plain = await (await signer.sendTransaction({ to: wallet.address, value: 1n })).wait();
  console.log(JSON.stringify({
    status: sent.status, logs: logs.length, value: logs[0].data, reason, plain: plain.status,
    network: (await provider.getNetwork()).chainId.toString(),
    block: (await provider.getBlock("latest", true)).prefetchedTransactions.length,
    fee: (await provider.getFeeData()).maxFeePerGas > 0n,
  }));
  provider.destroy();
})();
"""


def test_ethers_deploys_calls_sends_and_reads_logs(served: Served) -> None:
    modules = javascript_modules()
    creation = "0x" + CREATION.hex()
    done = subprocess.run(
        ["node", "-e", ETHERS, served.url, creation, keep(5, 6), keep(5, 0)],
        cwd=modules,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr

    assert json.loads(done.stdout) == {
        "status": 1,
        "logs": 1,
        "value": f"0x{6:064x}",
        "reason": "no value",
        "plain": 1,
        "network": "31337",
        "block": 1,
        "fee": True,
    }
