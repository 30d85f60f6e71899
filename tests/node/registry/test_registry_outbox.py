"""What the outbox holds is done once, in order, whatever happens to the process or the chain."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chained import COUNCIL, Registered, anchors, calldata, revocation

from contracts.development_accounts import development_accounts
from contracts.loader import Name
from contracts.slots import anchor_slot, commitment_slot
from node.registry.chain import Tag
from node.registry.errors import CannotPay, ChainForeign, ChainUnreachable
from node.registry.fact import FactKey
from node.registry.intent import Effect, Intent
from node.registry.keccak import keccak
from node.registry.outbox import Plan, Relay
from node.registry.payer import Payer, address_of, choose_payer, parse_payer_key
from node.store.outbox import Outbox, Stage
from node.store.store import Store, create_store, open_store

ACCOUNT = Payer(development_accounts()[3].address, "development account")
KEYED = Payer(development_accounts()[4].address, "key file", development_accounts()[4].secret)
STORE_KEY = b"k" * 32
PLENTY = 10**20


@pytest.fixture(scope="module")
def whole() -> Registered:
    return Registered(finality_blocks=2)


@pytest.fixture
def registered(whole: Registered) -> Iterator[Registered]:
    with whole.rolled_back():
        yield whole


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with create_store(path, STORE_KEY, lambda size: b"r" * size) as made:
        yield made


@pytest.fixture(params=[ACCOUNT, KEYED], ids=["account of the chain", "key"])
def payer(request: pytest.FixtureRequest) -> Payer:
    found: Payer = request.param
    return found


def relay(registered: Registered, outbox: Outbox) -> Relay:
    now = int(registered.clock.seconds)
    return Relay(outbox, registered.chain, registered.network, now, lambda _seconds: None)


def send(registered: Registered, outbox: Outbox, payer: Payer, wei_max: int = PLENTY) -> int:
    meeting = relay(registered, outbox)
    meeting.look()
    return meeting.relay(meeting.plan(payer), wei_max)


def stages(outbox: Outbox) -> list[Stage]:
    return [kept.stage for kept in outbox.all()]


def transactions(registered: Registered, payer: Payer) -> int:
    count = registered.ask("eth_getTransactionCount", "0x" + payer.address.hex(), "latest")
    return int(count, 16)


def vouched(registered: Registered, key: FactKey) -> int:
    """What a checkpoint of the newest block would prove."""
    header = registered.chain.header(Tag.LATEST)
    deployed = registered.network.contracts[key.contract]
    return registered.chain.words(header, deployed.address, None, [key.slot])[key.slot]


def test_intents_are_sent_once_in_order_and_seen(
    registered: Registered, store: Store, payer: Payer
) -> None:
    for intent in [revocation(payer, 1), *anchors(payer, 3), revocation(payer, 2)]:
        store.outbox.put(intent, 1)
    before = transactions(registered, payer)

    assert send(registered, store.outbox, payer) == 5
    assert stages(store.outbox) == [Stage.SEEN] * 5
    assert send(registered, store.outbox, payer) == 0
    assert transactions(registered, payer) - before == 5
    head = anchors(payer, 3)[-1].effect.sights[0].wanted
    key = FactKey(Name.CONSENT, anchor_slot(payer.address))
    assert vouched(registered, key) == int.from_bytes(head)

    relay(registered, store.outbox).settle(lambda key: vouched(registered, key))
    assert stages(store.outbox) == [Stage.DONE] * 5


def test_what_it_costs_is_known_before_and_is_the_most_that_is_spent(
    registered: Registered, store: Store
) -> None:
    for intent in [revocation(KEYED, 1), *anchors(KEYED, 2)]:
        store.outbox.put(intent, 1)
    balance = registered.chain.balance(KEYED.address)
    planned = relay(registered, store.outbox).plan(KEYED)

    assert [estimate.about for estimate in planned.estimates] == [False, False, True]
    assert registered.chain.balance(KEYED.address) == balance
    send(registered, store.outbox, KEYED, planned.wei_max)
    spent = balance - registered.chain.balance(KEYED.address)
    assert 0 < spent <= planned.wei_max
    assert abs(spent - planned.wei_usual) < planned.wei_usual // 4


def test_nothing_is_sent_beyond_what_was_agreed_to(registered: Registered, store: Store) -> None:
    store.outbox.put(revocation(KEYED, 1), 1)
    before = transactions(registered, KEYED)

    assert send(registered, store.outbox, KEYED, wei_max=1000) == 0
    (kept,) = store.outbox.all()
    assert kept.stage is Stage.WAITING
    assert kept.reason == "it costs more by now than was agreed to"
    assert transactions(registered, KEYED) == before


def test_what_somebody_else_relayed_is_not_paid_for(registered: Registered, store: Store) -> None:
    intent = revocation(ACCOUNT, 1)
    store.outbox.put(intent, 1)
    to = registered.network.contracts[Name.ACCREDITATION].address
    registered.ask(
        "eth_sendTransaction",
        {
            "from": "0x" + ACCOUNT.address.hex(),
            "to": "0x" + to.hex(),
            "data": "0x" + intent.calldata.hex(),
        },
    )

    assert send(registered, store.outbox, ACCOUNT) == 0
    assert stages(store.outbox) == [Stage.SEEN]


def refused(order: bytes | None = None, **other: Any) -> Intent:
    """A call that no contract takes."""
    effect = Effect.equals(Name.CONSENT, commitment_slot(b"n" * 32), 1)
    call = calldata("grantNothing(bytes32)", b"n" * 32)
    return Intent("grant", Name.CONSENT, call, effect, "nothing", order, **other)


def test_what_the_contract_refuses_is_shown_and_blocks_only_what_depends_on_it(
    registered: Registered, store: Store
) -> None:
    store.outbox.put(refused(order=ACCOUNT.address), 1)
    behind = store.outbox.put(anchors(ACCOUNT, 1)[0], 1)
    store.outbox.put(revocation(ACCOUNT, 1), 1)

    assert send(registered, store.outbox, ACCOUNT) == 1
    first, second, third = store.outbox.all()
    assert "refuses it now" in first.reason
    assert (second.number, second.reason) == (behind, f"waits for number {first.number}")
    assert third.stage is Stage.SEEN


def test_what_nobody_takes_any_more_fails_by_both_clocks(
    registered: Registered, store: Store
) -> None:
    now = int(registered.clock.seconds)
    store.outbox.put(refused(expires_at_seconds=now - 100), 1)
    early = Relay(store.outbox, registered.chain, registered.network, now - 200, lambda _s: None)
    early.look()
    assert stages(store.outbox) == [Stage.WAITING]

    relay(registered, store.outbox).look()
    assert stages(store.outbox) == [Stage.FAILED]
    assert "deadline" in store.outbox.all()[0].reason


def test_a_chain_of_anchors_that_another_went_on_with_fails_by_proof_alone(
    registered: Registered, store: Store
) -> None:
    to = "0x" + registered.network.contracts[Name.CONSENT].address.hex()
    other = calldata("anchor(bytes32)", keccak(b"another"))
    registered.ask(
        "eth_sendTransaction",
        {"from": "0x" + ACCOUNT.address.hex(), "to": to, "data": "0x" + other.hex()},
    )
    for intent in anchors(ACCOUNT, 2):
        store.outbox.put(intent, 1)

    meeting = relay(registered, store.outbox)
    meeting.look()
    assert stages(store.outbox) == [Stage.WAITING] * 2  # an endpoint may lie
    meeting.settle(lambda key: vouched(registered, key))
    assert stages(store.outbox) == [Stage.FAILED, Stage.WAITING]
    meeting.plan(ACCOUNT)
    assert "which failed" in store.outbox.all()[1].reason


class Killed(BaseException):
    """The process ends here."""


SENDING = ("eth_sendRawTransaction", "eth_sendTransaction")
POINTS = [
    *("eth_estimateGas", "eth_getTransactionCount", *SENDING),
    *("eth_getTransactionReceipt", "eth_getBlockByNumber", "eth_getProof"),
]


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("answered", [False, True], ids=["before", "after"])
def test_a_process_that_ends_anywhere_does_each_once(
    registered: Registered,
    store: Store,
    path: Path,
    payer: Payer,
    point: str,
    answered: bool,
) -> None:
    """At each call of each kind the process ends, is started again, and goes on."""
    intents = [revocation(payer, 1), *anchors(payer, 2)]
    for intent in intents:
        store.outbox.put(intent, 1)
    before = transactions(registered, payer)
    deaths = 0

    def die_at(number: int) -> Callable[[list[Any], Any], Any]:
        seen = 0

        def lie(_params: list[Any], true: Any) -> Any:
            nonlocal seen
            seen += 1
            if seen == number:
                raise Killed
            return true

        return lie

    store.close()
    for number in range(1, 12):
        registered.endpoint.is_honest()
        if answered:
            registered.endpoint.lies[point] = die_at(number)
        else:
            _die_before(registered, point, number)
        with open_store(path, STORE_KEY) as again:
            try:
                send(registered, again.outbox, payer)
            except Killed:
                deaths += 1
            done = all(stage is Stage.SEEN for stage in stages(again.outbox))
        registered.endpoint.provider = registered.provider
        if done:
            break

    registered.endpoint.is_honest()
    with open_store(path, STORE_KEY) as again:
        send(registered, again.outbox, payer)
        assert stages(again.outbox) == [Stage.SEEN] * 3
        assert send(registered, again.outbox, payer) == 0
    assert transactions(registered, payer) - before == 3
    if point not in SENDING:
        assert deaths


def _die_before(registered: Registered, point: str, number: int) -> None:
    class Dying:
        seen = 0

        def make_request(self, method: Any, params: Any, /) -> Any:
            self.seen += method == point
            if method == point and self.seen == number:
                raise Killed
            return registered.provider.make_request(method, params)

    registered.endpoint.provider = Dying()


def test_what_a_chain_takes_back_is_sent_again(
    registered: Registered, store: Store, payer: Payer
) -> None:
    for intent in [revocation(payer, 1), *anchors(payer, 2)]:
        store.outbox.put(intent, 1)
    before = registered.ask("evm_snapshot")
    send(registered, store.outbox, payer)
    assert stages(store.outbox) == [Stage.SEEN] * 3

    registered.ask("evm_revert", before)
    registered.clock.seconds += 100
    registered.ask("evm_mine")
    relay(registered, store.outbox).look()
    assert stages(store.outbox) == [Stage.SENT] * 3
    assert store.outbox.all()[0].reason == "the chain took it back"

    relay(registered, store.outbox).resume()
    send(registered, store.outbox, payer)
    assert stages(store.outbox) == [Stage.SEEN] * 3
    assert transactions(registered, payer) == 3


def test_receipts_that_never_were_are_not_believed(registered: Registered, store: Store) -> None:
    store.outbox.put(revocation(KEYED, 1), 1)

    def lie(params: list[Any], _true: Any) -> Any:
        newest = registered.ask("eth_getBlockByNumber", "latest", False)
        return {
            "result": {
                "transactionHash": params[0],
                "blockNumber": newest["number"],
                "blockHash": newest["hash"],
                "status": "0x1",
                "gasUsed": "0x1",
            }
        }

    registered.endpoint.tells("eth_sendRawTransaction", "0x" + "00" * 32)  # and keeps it
    registered.endpoint.lies["eth_getTransactionReceipt"] = lie
    send(registered, store.outbox, KEYED)
    (kept,) = store.outbox.all()
    assert kept.stage is Stage.WAITING
    assert "changed nothing" in kept.reason

    registered.endpoint.is_honest()
    send(registered, store.outbox, KEYED)
    assert stages(store.outbox) == [Stage.SEEN]


def test_an_endpoint_that_says_that_numbers_are_taken_makes_us_pay_once_a_meeting(
    registered: Registered, store: Store
) -> None:
    store.outbox.put(revocation(KEYED, 1), 1)
    registered.endpoint.tells("eth_sendRawTransaction", "0x" + "00" * 32)
    registered.endpoint.tells("eth_getTransactionReceipt", None)
    counts = iter(range(1000))
    registered.endpoint.lies["eth_getTransactionCount"] = lambda _params, _true: {
        "result": hex(next(counts))
    }

    assert send(registered, store.outbox, KEYED) == 1
    assert registered.endpoint.asked.count("eth_sendRawTransaction") <= 2


def test_another_chain_gets_nothing(registered: Registered, store: Store) -> None:
    store.outbox.put(revocation(KEYED, 1), 1)
    planned = relay(registered, store.outbox).plan(KEYED)
    registered.endpoint.tells("eth_chainId", "0x1")

    with pytest.raises(ChainForeign):
        relay(registered, store.outbox).relay(planned, PLENTY)
    assert not set(SENDING) & set(registered.endpoint.asked)


def test_a_chain_that_switches_midway_gets_nothing(registered: Registered, store: Store) -> None:
    store.outbox.put(revocation(KEYED, 1), 1)
    planned = relay(registered, store.outbox).plan(KEYED)
    ids = iter([hex(31337), hex(1)])
    registered.endpoint.lies["eth_chainId"] = lambda _params, _true: {"result": next(ids)}

    with pytest.raises(ChainForeign):
        relay(registered, store.outbox).relay(planned, PLENTY)
    assert not set(SENDING) & set(registered.endpoint.asked)


def test_a_chain_that_breaks_off_leaves_the_rest_waiting(
    registered: Registered, store: Store
) -> None:
    for number in range(1, 4):
        store.outbox.put(revocation(KEYED, number), 1)
    planned = relay(registered, store.outbox).plan(KEYED)
    registered.endpoint.lies["eth_sendRawTransaction"] = lambda _params, _true: _break()

    with pytest.raises(ChainUnreachable):
        relay(registered, store.outbox).relay(planned, PLENTY)
    assert stages(store.outbox) == [Stage.SENT, Stage.WAITING, Stage.WAITING]
    registered.endpoint.is_honest()
    send(registered, store.outbox, KEYED)
    assert stages(store.outbox) == [Stage.SEEN] * 3


def _break() -> Any:
    raise ConnectionResetError


def test_who_pays(registered: Registered) -> None:
    organisation = keccak(b"organisation")
    named = keccak(b"named")
    network = registered.network
    real = dataclasses.replace(network, development=False)

    assert choose_payer(registered.chain, network, organisation, named).secret == named
    assert choose_payer(registered.chain, network, organisation, None).secret is None
    with pytest.raises(CannotPay):
        choose_payer(registered.chain, real, organisation, None)
    rich = development_accounts()[2].secret
    assert choose_payer(registered.chain, real, rich, None).address == address_of(rich)


@pytest.mark.parametrize("text", ["", "0x", "zz" * 32, "00" * 32, "ff" * 32, "11" * 31, "0x" * 33])
def test_a_key_file_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(CannotPay):
        parse_payer_key(text)


def test_a_key_file_may_end_with_a_line_end() -> None:
    assert parse_payer_key("0x" + COUNCIL.secret.hex() + "\n") == COUNCIL.secret


def test_a_plan_shows_no_secret() -> None:
    assert KEYED.secret is not None
    assert KEYED.secret.hex() not in repr(KEYED)
    assert Plan.__dataclass_params__.frozen  # type: ignore[attr-defined]  # dataclasses' own
