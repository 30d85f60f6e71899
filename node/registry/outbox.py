"""Sends what the outbox holds, in order and once, and looks on chain whether it is done.

The desk calls `look`, `plan` and `relay` in a worker thread; who writes intents uses
`store.outbox.put(Intent(…))` (node/registry/intent.py). Before anything is sent the effect is
looked for, and the transaction is noted with its number: a process that is killed anywhere sends
the same transaction again, or finds it done.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from contracts.loader import Name
from node.registry.chain import Chain, Receipt, Tag, Transaction
from node.registry.errors import ChainForeign, ChainMoved, ChainRefused
from node.registry.fact import FactKey
from node.registry.header import Header
from node.registry.intent import Effect, Sighting, SightKind
from node.registry.limits import (
    gas_margin_percent,
    outbox_sent_at_once_max,
    receipt_look_seconds,
    receipt_wait_seconds_max,
)
from node.registry.network import Network
from node.registry.payer import Fees, Payer, ask_fees
from node.store.outbox import Kept, Outbox, Sending, Stage

_GAS_OF_ONE_BEHIND: Final = 60_000
"""What is told for one behind another that is under way: about an anchor's, which is asked anew."""
_OVERTAKEN: Final = "another went on from where this one does: make it anew"
_ON_CHAIN: Final = (Stage.SEEN, Stage.DONE)

Sleep = Callable[[float], None]
"""Waits so many seconds: `time.sleep` in a node, nothing in a simulator."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """What one intent would cost."""

    number: int
    kind: str
    label: str
    gas: int
    about: bool
    """It can only be told when the one before it is done: as much as that one."""


@dataclass(frozen=True)
class Plan:
    """What a relay would send, and what it would cost at most, in wei."""

    payer: Payer
    estimates: tuple[Estimate, ...]
    fees: Fees

    @property
    def gas(self) -> int:
        """All gas, with what is allowed beyond the estimates."""
        return sum(_with_margin(estimate.gas) for estimate in self.estimates)

    @property
    def wei_usual(self) -> int:
        """What it costs at today's price."""
        return sum(estimate.gas for estimate in self.estimates) * self.fees.usual

    @property
    def wei_max(self) -> int:
        """What it may cost: the gas allowed, at the price offered at most."""
        return self.gas * self.fees.most


class Relay:
    """One meeting of an outbox with a chain."""

    def __init__(
        self, outbox: Outbox, chain: Chain, network: Network, clock_seconds: int, sleep: Sleep
    ) -> None:
        """Ask nothing yet."""
        self._outbox = outbox
        self._chain = chain
        self._network = network
        self._clock_seconds = clock_seconds
        self._sleep = sleep

    # -- looking

    def look(self) -> None:
        """Note what of the outbox is on chain by now, and what a chain took back.

        Raises ChainError; what was noted until then stays.
        """
        waiting = self._outbox.waiting()
        if not waiting:
            return
        self._chain.require_chain(self._network)
        header = self._chain.header(Tag.LATEST)
        words = self._words(header, (kept.intent.effect for kept in waiting))
        for kept in waiting:
            self._note_sighting(kept, header, words)

    def settle(self, held: Callable[[FactKey], int | None]) -> None:
        """Call done for good what facts under a checkpoint show, or what is final where the chain
        went on from it. `held`: a fact's word, None where nothing is held.
        """  # noqa: D205
        for kept in self._outbox.waiting():
            words = {
                (sight.contract, sight.slot): held(FactKey(Name(sight.contract), sight.slot))
                for sight in kept.intent.effect.sights
            }
            known = {key: word for key, word in words.items() if word is not None}
            if len(known) < len(words):
                continue
            match self._sighting(kept, known):
                case Sighting.DONE:
                    self._outbox.note_stage(kept.number, Stage.DONE)
                case Sighting.OVERTAKEN if kept.stage is Stage.SEEN:
                    if self._is_final(kept):
                        self._outbox.note_stage(kept.number, Stage.DONE)
                case Sighting.OVERTAKEN if self._behind(kept) is None:
                    self._outbox.note_stage(kept.number, Stage.FAILED, _OVERTAKEN)

    def _note_sighting(
        self, kept: Kept, header: Header, words: Mapping[tuple[str, bytes], int]
    ) -> None:
        sighting = self._sighting(kept, words)
        if sighting is Sighting.DONE:
            if kept.stage is not Stage.SEEN or not self._still_there(kept):
                self._outbox.note_seen(kept.number, header.number, header.hash)
        elif kept.stage is Stage.SEEN:
            # A head may have moved on since. Else the chain took it back: it is sent again.
            if sighting is Sighting.NOT_YET or not self._still_there(kept):
                stage = Stage.WAITING if kept.sending is None else Stage.SENT
                self._outbox.note_stage(kept.number, stage, "the chain took it back")
        elif sighting is Sighting.OVERTAKEN and kept.stage is Stage.WAITING:
            if self._behind(kept) is None:
                self._outbox.note_stage(kept.number, Stage.WAITING, _OVERTAKEN)
        else:
            self._note_expiry(kept, header)

    def _note_expiry(self, kept: Kept, header: Header) -> None:
        """Give up what nobody will take any more; by both clocks, as either may be wrong."""
        expires_at = kept.intent.expires_at_seconds
        if kept.stage is not Stage.WAITING or expires_at is None:
            return
        if expires_at < min(header.timestamp_seconds, self._clock_seconds):
            reason = "its signature's deadline has passed: sign it anew"
            self._outbox.note_stage(kept.number, Stage.FAILED, reason)

    def _sighting(self, kept: Kept, words: Mapping[tuple[str, bytes], int]) -> Sighting:
        after = self._heads_after(kept)
        found = {
            sight.look(words[sight.contract, sight.slot], after)
            for sight in kept.intent.effect.sights
        }
        if Sighting.OVERTAKEN in found:
            return Sighting.OVERTAKEN
        return Sighting.NOT_YET if Sighting.NOT_YET in found else Sighting.DONE

    def _heads_after(self, kept: Kept) -> frozenset[bytes]:
        """Heads that intents put later will give to the same chains of heads."""
        if kept.intent.order is None:
            return frozenset()
        return frozenset(
            sight.wanted
            for other in self._outbox.of_order(kept.intent.order)
            if other.number > kept.number
            for sight in other.intent.effect.sights
            if sight.kind is SightKind.HEAD
        )

    def _behind(self, kept: Kept) -> int | None:
        """The intent that this one waits for, None where it is its turn."""
        if kept.intent.order is None:
            return None
        for other in self._outbox.of_order(kept.intent.order):
            if other.number >= kept.number:
                return None
            if other.stage not in _ON_CHAIN:
                return other.number
        return None

    def _still_there(self, kept: Kept) -> bool:
        """Whether the block in which it was seen is still the chain's."""
        if kept.seen_block is None or kept.seen_hash is None:
            return False
        try:
            return self._chain.header(kept.seen_block).hash == kept.seen_hash
        except ChainForeign:
            return False

    def _is_final(self, kept: Kept) -> bool:
        final = self._chain.header(Tag.FINALIZED).number
        return kept.seen_block is not None and kept.seen_block <= final and self._still_there(kept)

    def _words(self, header: Header, effects: Iterable[Effect]) -> dict[tuple[str, bytes], int]:
        slots: dict[str, dict[bytes, None]] = {}
        for effect in effects:
            for sight in effect.sights:
                slots.setdefault(sight.contract, {})[sight.slot] = None
        words: dict[tuple[str, bytes], int] = {}
        for contract, asked in slots.items():
            deployed = self._network.contracts[Name(contract)]
            found = self._chain.words(
                header, deployed.address, deployed.code_hash, list(asked), contract
            )
            words |= {(contract, slot): word for slot, word in found.items()}
        return words

    # -- planning

    def plan(self, payer: Payer) -> Plan:
        """What would be sent now and what it would cost; notes of the others why they are not."""
        fees = ask_fees(self._chain)
        estimates: list[Estimate] = []
        for kept in self._outbox.waiting():
            if kept.stage is not Stage.WAITING:
                continue
            found = self._estimate(kept, payer, estimates)
            if found is not None:
                estimates.append(found)
        return Plan(payer, tuple(estimates), fees)

    def _estimate(self, kept: Kept, payer: Payer, before: Sequence[Estimate]) -> Estimate | None:
        intent = kept.intent
        behind = self._behind(kept)
        if behind is not None:
            first = next((each for each in before if each.number == behind), None)
            held_up = first is None and not self._is_sent(behind)
            other = self._outbox.get(behind)
            failed = other is not None and other.stage is Stage.FAILED
            reason = f"follows number {behind}, which failed: make it anew"
            self._outbox.note_stage(
                kept.number, Stage.WAITING, reason if failed else f"waits for number {behind}"
            )
            if held_up:
                return None
            gas = first.gas if first is not None else _GAS_OF_ONE_BEHIND
            return Estimate(kept.number, intent.kind, intent.label, gas, about=True)
        try:
            gas = self._chain.estimate(self._transaction(kept, payer))
        except ChainRefused as error:
            reason = f"the contract refuses it now: {error.message}"
            self._outbox.note_stage(kept.number, Stage.WAITING, reason)
            return None
        if kept.reason:
            self._outbox.note_stage(kept.number, Stage.WAITING)
        return Estimate(kept.number, intent.kind, intent.label, gas, about=False)

    def _is_sent(self, number: int) -> bool:
        kept = self._outbox.get(number)
        return kept is not None and kept.stage is Stage.SENT

    def _transaction(self, kept: Kept, payer: Payer) -> Transaction:
        to = self._network.contracts[Name(kept.intent.contract)].address
        return Transaction(payer.address, to, kept.intent.calldata)

    # -- sending

    def relay(
        self, plan: Plan, wei_max: int, told: Callable[[int, int], None] = lambda _done, _all: None
    ) -> int:
        """Send what waits, for at most so many wei, until nothing more can be; returns how many.

        What was sent before and is in no block yet is sent again, as it was noted: that costs
        nothing new. Raises ChainError; what was noted until then stays.
        """
        spent, sent = 0, 0
        tried: set[int] = set()
        allowed = {estimate.number for estimate in plan.estimates}
        while True:
            self.look()
            under_way = self._send_again()
            for kept in self._outbox.waiting():
                if kept.stage is not Stage.WAITING or kept.number not in allowed - tried:
                    continue
                if self._behind(kept) is not None or len(under_way) >= outbox_sent_at_once_max:
                    continue
                tried.add(kept.number)  # once a meeting, whatever the endpoint says became of it
                cost = self._send(kept, plan, wei_max - spent)
                if cost is None:
                    continue
                spent += cost
                sent += 1
                under_way.append(kept.number)
                told(sent, len(allowed))
            if not under_way or not self._wait(under_way):
                self.look()
                return sent

    def resume(self) -> None:
        """Send again what was noted as sent and is in no block; nothing new is paid for."""
        self.look()
        if self._wait(self._send_again()):
            self.look()

    def _send(self, kept: Kept, plan: Plan, wei_left: int) -> int | None:
        """Send one for the first time; what it may cost at most, None where it was not sent."""
        payer = plan.payer
        bare = self._transaction(kept, payer)
        try:
            gas = _with_margin(self._chain.estimate(bare))
        except ChainRefused as error:
            reason = f"the contract refuses it now: {error.message}"
            self._outbox.note_stage(kept.number, Stage.WAITING, reason)
            return None
        cost = gas * plan.fees.most
        if cost > wei_left:
            reason = "it costs more by now than was agreed to"
            self._outbox.note_stage(kept.number, Stage.WAITING, reason)
            return None
        self._chain.require_chain(self._network)
        nonce = max(self._chain.next_nonce(payer.address, pending=True), self._noted_next(payer))
        whole = Transaction(bare.payer, bare.to, bare.calldata, nonce, gas)
        if payer.secret is None:
            sending = Sending(payer.address, nonce, b"", b"")
        else:
            raw, hash_ = payer.sign(whole, self._network.chain, plan.fees)
            sending = Sending(payer.address, nonce, raw, hash_)
        self._outbox.note_sending(kept.number, sending)
        self._give(kept.number, whole, sending)
        return cost

    def _give(self, number: int, transaction: Transaction, sending: Sending) -> None:
        """Give a noted transaction to the chain; what becomes of it is looked at later."""
        try:
            if sending.raw:
                self._chain.send_raw(sending.raw)
            else:
                hash_ = self._chain.send_from_account(transaction)
                noted = Sending(sending.payer, sending.nonce, b"", hash_)
                self._outbox.note_sending(number, noted)
        except ChainRefused as error:
            # Known already, or its number is taken: the next look says which.
            reason = f"the chain did not take it: {error.message}"
            self._outbox.note_stage(number, Stage.SENT, reason)

    def _send_again(self) -> list[int]:
        """What was noted as sent and is in no block: sent again, or let go of; gives the former."""
        again: list[int] = []
        for kept in self._outbox.waiting():
            if kept.stage is not Stage.SENT or kept.sending is None:
                continue
            sending = kept.sending
            receipt = self._chain.receipt(sending.hash) if sending.hash else None
            if receipt is not None:
                self._note_receipt(kept, receipt)
            elif self._chain.next_nonce(sending.payer) > sending.nonce:
                reason = "another transaction took its number"
                self._outbox.forget_sending(kept.number, reason)
            else:
                to = self._network.contracts[Name(kept.intent.contract)].address
                whole = Transaction(sending.payer, to, kept.intent.calldata, sending.nonce)
                if not sending.hash or not self._chain.knows_transaction(sending.hash):
                    self._give(kept.number, whole, sending)
                again.append(kept.number)
        return again

    def _note_receipt(self, kept: Kept, receipt: Receipt) -> None:
        """What a mined transaction means whose effect `look` did not see."""
        if not receipt.succeeded:
            reason = f"the contract refused it in block {receipt.block}"
            self._outbox.forget_sending(kept.number, reason)
            return
        try:
            header = self._chain.header(receipt.block_hash)
            words = self._words(header, [kept.intent.effect])
        except (ChainForeign, ChainMoved):
            return  # the block is gone again: the next look finds what became of it
        if self._sighting(kept, words) is Sighting.DONE:
            self._outbox.note_seen(kept.number, header.number, header.hash)
        else:
            # Not given up: an endpoint may tell receipts that never were.
            reason = f"block {receipt.block} has it and it changed nothing"
            self._outbox.forget_sending(kept.number, reason)

    def _noted_next(self, payer: Payer) -> int:
        """One above the highest number that is noted of a payer and not on chain."""
        return max(
            (
                kept.sending.nonce + 1
                for kept in self._outbox.waiting()
                if kept.stage is Stage.SENT
                and kept.sending is not None
                and kept.sending.payer == payer.address
            ),
            default=0,
        )

    def _wait(self, numbers: Sequence[int]) -> bool:
        """Wait until all of these are in a block; False where some are not in time."""
        sent = [self._outbox.get(number) for number in numbers]
        sendings = [kept.sending for kept in sent if kept is not None and kept.sending is not None]
        left = {sending.hash for sending in sendings if sending.hash}
        looks = max(1, round(receipt_wait_seconds_max / receipt_look_seconds))
        for look in range(looks):
            left = {hash_ for hash_ in left if self._chain.receipt(hash_) is None}
            if not left:
                break
            if look + 1 < looks:
                self._sleep(receipt_look_seconds)
        return not left and all(sending.hash for sending in sendings)


def _with_margin(gas: int) -> int:
    return gas + gas * gas_margin_percent // 100
