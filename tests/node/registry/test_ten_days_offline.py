"""Ten days of acts without a chain go there once, and in order, when two nodes meet it again."""

from pathlib import Path

from chained import Registered
from clinics import DAY_MILLISECONDS, made_clinic

from node.registry.development_signer import development_signer
from node.registry.signers import SignerSet
from node.store.outbox import Stage


def test_what_two_nodes_wrote_in_ten_days_goes_out_once_and_in_order(tmp_path: Path) -> None:
    registered = Registered(signers=SignerSet((development_signer().public,), 1))
    now = int(registered.clock.seconds) * 1000
    both = [
        made_clinic(tmp_path / name, name, 60 + place, clock=now, network=registered.network)
        for place, name in enumerate("AB")
    ]
    try:
        for _ in range(10):
            for one in both:
                one.clock.milliseconds += DAY_MILLISECONDS
                one.node.search("nobody")
                one.node.audit_desk.anchor()
        for one in both:
            one.node.governance.revoke(devices=(), practitioners=(), own=True, confirmed=True)
            assert one.node.context.store.outbox.counts()["waiting"] >= 11
        registered.clock.seconds += 10 * DAY_MILLISECONDS // 1000
        before = registered.development.head.block_number
        for one in both:
            one.node.registry_desk.opened = lambda _url: registered.chain
            one.node.registry_desk.sleep = lambda _seconds: None
            for _ in range(3):
                one.node.registry_desk.sync(pay=True)
        written = sum(len(one.node.context.store.outbox.all()) for one in both)
        assert registered.development.head.block_number - before == written
        for one in both:
            kept = one.node.context.store.outbox.all()
            assert {each.stage for each in kept} == {Stage.DONE}
            anchors = [each for each in kept if each.intent.kind == "anchor"]
            assert len(anchors) == 10
            blocks = [each.seen_block or 0 for each in anchors]
            assert blocks == sorted(blocks)
            told = one.node.audit_desk.prove()
            assert (told["ok"], told["anchors"]) == (True, 10)
    finally:
        for one in both:
            one.crash()
