"""Each checker fails when the code that it watches is broken, and only that one; and so again.

What is broken is production's, while a small world runs; the same seed then fails the same way.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from small_worlds import ABOUT, failing, fails_alike, said, small_world

import node.application.content as content
import node.application.importing.intake as intake
import node.application.node as nodes
import node.store.audit as audit
import sync.access.readers as readers
import sync.chart.place as place
import sync.operation as operation
from node.application.syncing.sharing import SharedCharts
from node.store.database import Database, Row
from scenarios.checking.checkers import CHECKERS
from scenarios.simulate.running import run_scenario
from sync.access.fold import Fold
from sync.body import seal_body
from sync.digest import LogSummary, Place, PlaceDigest
from sync.grantee import RIGHTS_BY_NAME
from sync.identifiers import ChartId, DeviceKey, EpochKey, LaneId, SealingKey
from sync.merge.lane_view import LaneView, merge_lane
from sync.merge.merged_change import MergedChange
from sync.session.plan import Logs, Sending
from sync.session.replica import Stage
from sync.session.session import Session
from sync.signing import Signer
from sync.wire.message import LogVector

Patch = pytest.MonkeyPatch

REVOKED = {
    "node": [
        {"name": "a", "place": "hill", "shares_with": ["b", "c", "truck"]},
        {"name": "b", "place": "hill", "shares_with": ["a", "truck"]},
        {"name": "c", "place": "hill"},
        {"name": "truck", "place": "hill", "kind": "relay"},
    ],
    "incident": [{"what": "revoke", "by": "a", "about": "c", "at": "5h"}],
}
"""Clinic `a` shares with `c` as well, until the fifth hour."""


SUSPENDED = {
    "registry": {"kind": "model", "visit_every": "1h"},
    "node": [
        {"name": "a", "place": "hill", "shares_with": ["b", "c"], "reaches_chain": True},
        {"name": "b", "place": "hill", "shares_with": ["a"]},
        {"name": "c", "place": "hill"},
    ],
    "incident": [{"what": "suspend", "by": "a", "about": "c", "at": "4h"}],
}
"""The council suspends clinic `c`, and `a` looks at the chain each hour."""


@pytest.mark.parametrize(
    "changes", [{}, REVOKED, SUSPENDED], ids=["shared", "revoked", "suspended"]
)
def test_nothing_fails_where_nothing_is_broken(changes: dict[str, Any]) -> None:
    run = run_scenario(small_world(**changes), 1)
    assert failing(run) == {}
    assert [check.name for check in run.checks] == [checker.name for checker in CHECKERS]
    assert "0 pairs" not in said(run, "no silent overwrite") or changes
    assert "0 learnt" not in said(run, "revocation reach") or changes is not REVOKED
    assert "1 suspended" in said(run, "registry obedience") or changes is not SUSPENDED


def test_convergence_fails_where_what_came_last_is_what_shows(monkeypatch: Patch) -> None:
    def merged(chart: ChartId, lane: LaneId, changes: Iterable[MergedChange]) -> LaneView:
        listed = list(changes)
        view = merge_lane(chart, lane, listed)
        for change in listed:
            view.resources[change.key].__dict__["shown"] = change.change.content
        return view

    monkeypatch.setattr(content, "merge_lane", merged)
    assert set(fails_alike(small_world())) == {"convergence"}


def test_no_loss_fails_where_the_merge_drops_an_operation(monkeypatch: Patch) -> None:
    def merged(chart: ChartId, lane: LaneId, changes: Iterable[MergedChange]) -> LaneView:
        kept = [one for one in changes if one.change.type != "Observation"]
        return merge_lane(chart, lane, kept)

    monkeypatch.setattr(content, "merge_lane", merged)
    assert set(fails_alike(small_world())) == {"no loss"}


def test_no_loss_fails_where_a_commit_does_not_wait_for_the_disk(monkeypatch: Patch) -> None:
    power = {"what": "power-lost", "who": ["clinic"], "per_day": 12, "lasts": "10min"}
    careful = run_scenario(small_world(fault=[power]), 1)
    assert failing(careful) == {}
    real = Database.rows

    def rows(self: Database, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        return real(self, statement.replace("synchronous = FULL", "synchronous = OFF"), parameters)

    monkeypatch.setattr(Database, "rows", rows)
    assert "no loss" in fails_alike(small_world(fault=[power]))


def test_completeness_fails_where_records_are_held_back(monkeypatch: Patch) -> None:
    scenario = small_world(limits={"complete_within": "6h"})
    assert failing(run_scenario(scenario, 1)) == {}
    _hold_back(monkeypatch, Stage.CONTENT, until_hour=16)
    assert set(fails_alike(scenario)) == {"completeness"}


def test_no_silent_overwrite_fails_where_the_later_clock_is_the_truth(monkeypatch: Patch) -> None:
    def merged(chart: ChartId, lane: LaneId, changes: Iterable[MergedChange]) -> LaneView:
        before: dict[Any, list[MergedChange]] = {}
        made = []
        for one in sorted(changes, key=lambda one: (one.stamp, one.ref)):
            earlier = before.setdefault(one.key, [])
            refs = tuple(other.ref for other in earlier)
            made.append(replace(one, change=replace(one.change, supersedes=refs)))
            earlier.append(one)
        return merge_lane(chart, lane, made)

    monkeypatch.setattr(content, "merge_lane", merged)
    assert set(fails_alike(small_world())) == {"no silent overwrite"}


def test_links_fails_where_a_node_does_not_follow_them(monkeypatch: Patch) -> None:
    scenario = small_world(
        scenario={**ABOUT, "lasts": "3d"},
        care=[{"at": ["clinic"], "patients": 1, "ends": "1h", "returns": 0, "twice": 1.0}],
        incident=[{"what": "link", "by": "a", "at": "65h"}],
    )
    clean = run_scenario(scenario, 1)
    assert failing(clean) == {}
    assert "; 0 ends" not in said(clean, "links")
    monkeypatch.setattr(content, "note_links", lambda *_: None)
    assert set(fails_alike(scenario)) == {"links"}


def test_consent_fails_where_new_keys_go_to_who_was_revoked(monkeypatch: Patch) -> None:
    real = readers.recipients

    def recipients(fold: Fold, lane: LaneId, now: int | None) -> tuple[SealingKey, ...]:
        dead = (grant for name, grant in fold.grants.items() if name not in fold.live)
        more = {grant.sealing for grant in dead if grant.sealing is not None}
        return tuple(sorted({*real(fold, lane, now), *more}))

    monkeypatch.setattr(readers, "recipients", recipients)
    failed = fails_alike(small_world(**REVOKED))
    assert set(failed) == {"consent"}
    assert "knew of its revocation" in failed["consent"]


def test_consent_fails_where_relays_are_let_read(monkeypatch: Patch) -> None:
    monkeypatch.setitem(RIGHTS_BY_NAME, "relay", RIGHTS_BY_NAME["read"])
    failed = fails_alike(small_world())
    # What it reads it lists too: there are names in a store that is to have none.
    assert set(failed) == {"consent", "no plaintext"}
    assert "a relay" in failed["consent"]


def test_revocation_reach_fails_where_revocations_are_held_back(monkeypatch: Patch) -> None:
    scenario = small_world(**REVOKED, limits={"revoked_within": "6h"})
    assert failing(run_scenario(scenario, 1)) == {}
    _hold_back(monkeypatch, Stage.ACCESS, from_hour=5, until_hour=16)
    assert set(fails_alike(scenario)) == {"revocation reach"}


def _hold_back(monkeypatch: Patch, held: Stage, *, until_hour: int, from_hour: int = 0) -> None:
    """Let nodes share nothing of a stage for some hours of the simulated time."""
    real = SharedCharts.places
    begins = int(small_world().scenario.starts.timestamp() * 1000)

    def places(shared: SharedCharts, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        hour = (shared._context.clock() - begins) / 3_600_000
        if stage is held and from_hour <= hour < until_hour:
            return []
        return real(shared, peer, stage)

    monkeypatch.setattr(SharedCharts, "places", places)


def test_registry_obedience_fails_where_what_is_proven_refuses_nobody(monkeypatch: Patch) -> None:
    monkeypatch.setattr(nodes, "admit_peer", lambda *_, initiator: None)
    assert set(fails_alike(small_world(**SUSPENDED))) == {"registry obedience"}


def test_no_plaintext_fails_where_a_name_is_in_what_is_not_sealed(monkeypatch: Patch) -> None:
    real = seal_body

    def seal(plain: bytes, key: EpochKey, prefix: bytes, nonce: bytes) -> bytes:
        family = re.search(rb'"family": ?"(\w+)"', plain)
        clear = nonce if family is None else family[1][:24].ljust(24, b" ")
        return real(plain, key, prefix, clear)

    monkeypatch.setattr(place, "seal_body", seal)
    failed = fails_alike(small_world())
    assert set(failed) == {"no plaintext"}
    assert "on a wire" in failed["no plaintext"]


def test_no_plaintext_fails_where_a_name_is_logged(monkeypatch: Patch) -> None:
    real = intake.Intake.feed

    def feed(self: intake.Intake, piece: bytes, *more: Any) -> None:
        logging.getLogger("node.importing").warning("takes %s", piece.decode())
        real(self, piece, *more)

    monkeypatch.setattr(intake.Intake, "feed", feed)
    failed = fails_alike(small_world())
    assert set(failed) == {"no plaintext"}
    assert "in a log" in failed["no plaintext"]


def test_no_plaintext_fails_where_a_name_is_in_a_file(monkeypatch: Patch) -> None:
    real = intake.Intake.feed

    def feed(self: intake.Intake, piece: bytes, *more: Any) -> None:
        home = self._means.context.store.database.path.parent
        with (home / "imports.txt").open("a", encoding="utf-16") as file:
            file.write(piece.decode())
        real(self, piece, *more)

    monkeypatch.setattr(intake.Intake, "feed", feed)
    failed = fails_alike(small_world())
    assert set(failed) == {"no plaintext"}
    assert "imports.txt" in failed["no plaintext"]


def test_signed_fails_where_signatures_are_not_checked(monkeypatch: Patch) -> None:
    real = Signer.sign

    def sign(self: Signer, domain: str, message: bytes) -> bytes:
        signature = real(self, domain, message)
        return bytes(64) if domain == operation.DOMAIN and message[-1] % 8 == 0 else signature

    monkeypatch.setattr(Signer, "sign", sign)
    monkeypatch.setattr(operation, "verify", lambda *_: None)
    assert set(fails_alike(small_world())) == {"signed"}


def test_audit_completeness_fails_where_a_line_is_left_out(monkeypatch: Patch) -> None:
    real = audit.Audit.append

    def append(self: audit.Audit, kind: str, *rest: Any) -> Any:
        return None if kind == "record" else real(self, kind, *rest)

    monkeypatch.setattr(audit.Audit, "append", append)
    assert set(fails_alike(small_world())) == {"audit completeness"}


def test_audit_completeness_fails_where_a_reading_is_not_noted(monkeypatch: Patch) -> None:
    real = audit.Audit.append

    def append(self: audit.Audit, kind: str, *rest: Any) -> Any:
        return None if kind == "read" else real(self, kind, *rest)

    monkeypatch.setattr(audit.Audit, "append", append)
    assert set(fails_alike(small_world())) == {"audit completeness"}


def test_audit_completeness_fails_where_a_line_is_changed(monkeypatch: Patch) -> None:
    monkeypatch.setattr(audit, "hashed", lambda domain, statement: bytes(32))
    assert set(fails_alike(small_world())) == {"audit completeness"}


def test_endings_fails_where_a_session_never_says_that_it_is_done(monkeypatch: Patch) -> None:
    monkeypatch.setattr(Session, "finished", property(lambda self: False))
    assert set(fails_alike(small_world())) == {"endings"}


def test_bounds_fails_where_all_is_sent_again_in_each_session(monkeypatch: Patch) -> None:
    real = SharedCharts.places

    def places(shared: SharedCharts, peer: DeviceKey, stage: Stage) -> Iterable[PlaceDigest]:
        return [
            one._replace(digest=shared._context.random(32)) if stage is Stage.CONTENT else one
            for one in real(shared, peer, stage)
        ]

    def answer(self: Logs, place: Place, own: LogSummary, told: LogVector) -> Any:
        return [], [Sending(place, own.instance)]

    monkeypatch.setattr(SharedCharts, "places", places)
    monkeypatch.setattr(Logs, "_answer_log", answer)
    assert set(fails_alike(small_world())) == {"bounds"}


def test_every_checker_says_what_breaks_it() -> None:
    assert all(checker.promise and checker.mutation for checker in CHECKERS)
    assert len({checker.name for checker in CHECKERS}) == len(CHECKERS)
