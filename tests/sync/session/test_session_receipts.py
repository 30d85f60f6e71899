"""The end of a session: receipts are the peer's own and this session's, and nothing is cut off."""

import pytest
from replica_in_memory import (
    ACCESS_LANE,
    CARE_LANE,
    Device,
    MemoryReplica,
    Rights,
    chart_of,
    finish,
    pair,
)

from sync.codec import decode, encode
from sync.digest import Place
from sync.errors import SessionError
from sync.session import Session
from sync.session.receipt import Receipt, parse_receipt
from sync.wire.message import Ack, Close
from sync.wire.message_codec import decode_message, encode_message


def replicas() -> tuple[MemoryReplica, MemoryReplica]:
    rights = Rights()
    one, two = MemoryReplica(Device(1), rights), MemoryReplica(Device(2), rights)
    rights.live[chart_of(1)] = {one.device.key, two.device.key}
    one.append(Place(chart_of(1), ACCESS_LANE))
    return one, two


def until_close(one: Session, two: Session) -> Close:
    """Run two sessions up to the initiator's Close, which is held back."""
    while True:
        while (frame := one.next_frame()) is not None:
            message = decode_message(frame)
            if isinstance(message, Close):
                return message
            two.receive(frame)
        while (frame := two.next_frame()) is not None:
            one.receive(frame)


@pytest.mark.parametrize("wrong", ["device", "peer", "nonces", "replayed"])
def test_a_receipt_of_another_session_or_device_is_refused(wrong: str) -> None:
    one, two = replicas()
    finish(*pair(one, two))
    replayed = two.receipts.pop()
    one.append(Place(chart_of(1), CARE_LANE))
    first, second = pair(one, two, nonce=1)
    good = parse_receipt(until_close(first, second).receipt)
    other = Device(7)
    receipt = {
        "device": Receipt(
            other.key, good.peer, good.nonces, good.access_root, good.content_root
        ).signed(other.signer),
        "peer": Receipt(
            good.device, other.key, good.nonces, good.access_root, good.content_root
        ).signed(one.device.signer),
        "nonces": Receipt(
            good.device, good.peer, bytes(32), good.access_root, good.content_root
        ).signed(one.device.signer),
        "replayed": replayed,
    }[wrong]
    with pytest.raises(SessionError, match="another session"):
        second.receive(encode_message(Close(receipt, 1)))
    assert two.receipts == []
    assert not second.finished


def test_a_receipt_that_is_not_signed_by_its_device_is_refused() -> None:
    one, two = replicas()
    first, second = pair(one, two)
    parts = decode(until_close(first, second).receipt)
    for place, value in ((0, 2), (4, bytes(32)), (6, bytes(64))):
        changed = [*parts[:place], value, *parts[place + 1 :]]
        with pytest.raises(SessionError, match="receipt"):
            parse_receipt(encode(changed))


def test_a_receipt_tells_that_the_two_are_not_level() -> None:
    one, two = replicas()
    first, second = pair(one, two)
    close = until_close(first, second)
    good = parse_receipt(close.receipt)
    honest = Receipt(good.device, good.peer, good.nonces, good.access_root, b"?" * 32)
    second.receive(encode_message(Close(honest.signed(one.device.signer), close.turn)))
    assert second.outcome.level is False


def test_an_initiator_takes_no_answer_before_it_has_spoken() -> None:
    one, two = replicas()
    greeting = pair(two, one)[0].next_frame()
    assert greeting is not None
    with pytest.raises(SessionError, match="before it was greeted"):
        pair(one, two)[0].receive(greeting)


def test_a_session_is_not_finished_while_it_owes_an_acknowledgement() -> None:
    one, two = replicas()
    two.rights.live[chart_of(1)] = set()
    one.to_deposit = [one.append(Place(chart_of(1), CARE_LANE))]
    first, second = pair(one, two)
    hello = first.next_frame()
    assert hello is not None
    second.receive(hello)
    while (frame := second.next_frame()) is not None:
        first.receive(frame)
    while (frame := first.next_frame()) is not None:
        second.receive(frame)
    assert [first.finished, second.finished] == [False, False]
    ack = second.next_frame()
    assert ack is not None
    assert isinstance(decode_message(ack), Ack)
    first.receive(ack)
    assert [first.finished, second.finished] == [True, True]
