"""The API on a real socket, asked by both clients."""

import io
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from api_facade import ServedNode

from node.api.acts import ACTS, INTAKES
from node.api.limits import request_size_bytes_max
from node.api.serving import listen_privately
from node.client import (
    AsyncClient,
    Call,
    Client,
    NodeGone,
    NodeRefused,
    Upload,
    audit_calls,
    calls,
    chain_calls,
    checkpoint_calls,
    consent_calls,
    devices_calls,
    governance_calls,
    patients_calls,
)
from node.client.errors import NodeBroke
from node.exits import ExitCode


@pytest.fixture
def served(tmp_path: Path) -> Iterator[ServedNode]:
    with ServedNode(tmp_path / "node.sock") as served:
        yield served


@pytest.fixture
def client(served: ServedNode) -> Iterator[Client]:
    with Client(served.socket) as client:
        yield client


def test_the_socket_is_this_users_alone(served: ServedNode) -> None:
    assert stat.S_IMODE(served.socket.lstat().st_mode) == 0o600


def test_a_socket_that_was_left_is_replaced_and_a_file_is_not(tmp_path: Path) -> None:
    left = tmp_path / "left.sock"
    listen_privately(left).close()
    precious = tmp_path / "precious"
    precious.write_text("kept")

    listen_privately(left).close()
    with pytest.raises(OSError, match="in use"):
        listen_privately(precious)
    assert precious.read_text() == "kept"


def test_a_result_comes_back_whatever_line_ends_are_in_its_texts(client: Client) -> None:
    assert client.ask(calls.identity())["name"] == "line\u2028end\u0085"
    assert client.ask(calls.sync("hilltop")) == {"to": "hilltop"}


def test_an_upload_is_streamed_and_progress_is_told_but_not_each_step(
    client: Client, served: ServedNode
) -> None:
    told: list[tuple[str, int, int | None]] = []
    upload = Upload(io.BytesIO(b"x" * 3_000_000))

    result = client.ask(
        calls.import_file("one.json", upload), lambda *progress: told.append(progress)
    )

    assert result == {"accepted": 1}
    assert served.node.taken == [("one.json", 3_000_000)]
    assert told[-1] == ("import", 1000, 1000)
    assert len(told) < 100


def test_an_upload_is_committed_as_it_comes_and_never_gathered(
    client: Client, served: ServedNode
) -> None:
    client.ask(calls.import_file("one.json", Upload(io.BytesIO(b"x" * 5_000_000))))

    (intake,) = served.node.intakes
    assert intake.commits == 5
    assert intake.pieces_bytes_max <= 256 * 1024
    assert not intake.abandoned


def test_a_client_waits_where_the_node_is_slower(served: ServedNode) -> None:
    """What was sent and not taken stands in the socket and a few pieces: under 4 MB of 100."""
    sent: list[int] = []

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            piece = super().read(size)
            sent.append(len(piece))
            return piece

    def ask() -> None:
        with Client(served.socket) as client:
            client.ask(calls.import_file("slow", Upload(Watched(bytes(100_000_000)))))

    thread = threading.Thread(target=ask)
    thread.start()
    before = -1
    while sum(sent) != before:  # until nothing moves any more
        before = sum(sent)
        threading.Event().wait(0.3)
    stopped_at = sum(sent)
    served.node.may_end.set()
    thread.join(60)

    assert 0 < stopped_at < 4_000_000
    assert served.node.taken == [("slow", 100_000_000)]


def test_an_upload_that_ends_early_is_abandoned(served: ServedNode) -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if self.tell() >= 2_000_000:
                raise KeyboardInterrupt
            return super().read(size)

    with Client(served.socket) as client, pytest.raises(KeyboardInterrupt):
        client.ask(calls.import_file("one.json", Upload(Failing(bytes(5_000_000)))))
    with Client(served.socket) as client:
        assert client.ask(calls.charts()) == []

    (intake,) = served.node.intakes
    assert intake.ended.wait(30)
    assert served.node.taken == []


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (calls.import_file("x", Upload(io.BytesIO(b"cannot be fed" + bytes(9_000_000)))), "ValueE"),
        (calls.record_add("unknown", "x", Upload(io.BytesIO(bytes(9_000_000)))), "ChartMissing"),
        (Call[Any]("import-file", {"label": 7}, Upload(io.BytesIO(bytes(9_000_000)))), "BadArg"),
        (Call[Any]("import-file"), "BadArgument"),
    ],
    ids=["feeding", "opening", "arguments", "no file"],
)
def test_an_upload_that_fails_is_told_when_it_was_sent(
    client: Client, served: ServedNode, call: Call[Any], kind: str
) -> None:
    with pytest.raises(NodeRefused) as refused:
        client.ask(call)

    assert refused.value.account.kind.startswith(kind)
    assert "Amara" not in str(refused.value)
    assert all(intake.abandoned for intake in served.node.intakes)


def test_an_error_of_ours_keeps_its_class_message_and_code(client: Client) -> None:
    with pytest.raises(NodeRefused) as refused:
        client.ask(calls.chart_show("abcdef"))

    account = refused.value.account
    assert account.kind == "ChartMissing"
    assert account.message == "there is no chart abcdef here"
    assert account.exit_code is ExitCode.NOT_FOUND


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.ask(calls.chart_history("abcdef")),
        lambda client: list(client.pieces(calls.export("broken"))),
    ],
    ids=["act", "export"],
)
def test_an_unexpected_error_is_told_without_its_text(
    client: Client, ask: Callable[[Client], object], capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(NodeRefused) as refused:
        ask(client)

    account = refused.value.account
    assert account.kind == "ValueError"
    assert account.message.startswith("something unexpected failed: ValueError")
    assert "Amara" not in f"{account}{refused.value}{capfd.readouterr()}"


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (Call[Any]("no-such-act"), "UnknownAct"),
        (Call[Any]("chart-show"), "BadArgument"),
        (Call[Any]("chart-show", {"chart": 7}), "BadArgument"),
        (Call[Any]("charts", {"chart": "abcdef"}), "BadArgument"),
        (Call[Any]("grant", {"chart": "all", "to": "x", "lanes": [1]}), "BadArgument"),
        (Call[Any]("search", {"text": "x" * request_size_bytes_max}), "UploadTooLarge"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    client: Client, call: Call[Any], kind: str
) -> None:
    with pytest.raises(NodeRefused) as refused:
        client.ask(call)

    assert refused.value.account.kind == kind


def test_an_export_comes_in_pieces_with_its_very_bytes(client: Client) -> None:
    pieces = list(client.pieces(calls.export()))

    assert len(pieces) > 100
    assert b"".join(pieces) == (b'{"a": "\xff"}' + b" " * 65_000 + b"\n") * 400


def test_an_export_that_nobody_reads_is_not_made(client: Client, served: ServedNode) -> None:
    pieces = client.pieces(calls.export())
    next(pieces)
    pieces.close()

    assert client.ask(calls.charts()) == []
    assert served.node.made_pieces < 100


def test_an_act_goes_on_when_its_client_has_gone_and_ends_before_the_node(
    served: ServedNode,
) -> None:
    with socket.socket(socket.AF_UNIX) as asker:
        asker.connect(str(served.socket))
        asker.sendall(
            b"POST /v1/audit-verify HTTP/1.1\r\nhost: node\r\ncontent-length: 2\r\n\r\n{}"
        )
        assert served.node.at_work.wait(30)
    served.stop()

    assert served.node.taken == [("verified", 0)]


def test_acts_take_turns(served: ServedNode) -> None:
    def ask() -> None:
        with Client(served.socket) as client:
            client.ask(calls.charts())

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert served.node.threads_at_once_max == 1


def test_a_client_says_whether_its_request_was_taken(tmp_path: Path) -> None:
    path = tmp_path / "nobody.sock"
    with Client(path) as client, pytest.raises(NodeGone):
        client.ask(calls.charts())

    with listen_privately(path) as listener:

        def hang_up() -> None:
            connection, _ = listener.accept()
            connection.recv(1)
            connection.close()

        thread = threading.Thread(target=hang_up)
        thread.start()
        with Client(path) as client, pytest.raises(NodeBroke):
            client.ask(calls.charts())
        thread.join()


@pytest.mark.asyncio
async def test_the_other_client_asks_under_asyncio(served: ServedNode) -> None:
    await ask_asynchronously(served)


@pytest.mark.anyio
async def test_the_other_client_asks_under_trio(served: ServedNode) -> None:
    await ask_asynchronously(served)


async def ask_asynchronously(served: ServedNode) -> None:
    told: list[tuple[str, int, int | None]] = []
    async with AsyncClient(served.socket) as client:
        upload = Upload(io.BytesIO(b"x" * 1000))
        taken = await client.ask(
            calls.import_file("one.json", upload), lambda *progress: told.append(progress)
        )
        pieces = [piece async for piece in client.pieces(calls.export())]
        with pytest.raises(NodeRefused):
            await client.ask(calls.chart_show("abcdef"))

    assert taken == {"accepted": 1}
    assert told
    assert len(b"".join(pieces).splitlines()) == 400


def area_calls() -> list[Call[Any]]:
    """The calls of each area beside the first ones."""
    return [
        governance_calls.org_rotate(),
        governance_calls.org_show(),
        governance_calls.credential_issue(own=True),
        governance_calls.credential_revoke(own=True),
        governance_calls.credential_check("x"),
        governance_calls.council_propose(["suspend", "x"]),
        governance_calls.council_look("x"),
        governance_calls.council_sign("x"),
        governance_calls.council_execute("x"),
        governance_calls.council_list(),
        consent_calls.consent_policy("x", roles=["clinic"], lanes=["care"]),
        consent_calls.consent_grant("x", to="y", lanes=["care"]),
        consent_calls.consent_revoke("x", "y"),
        consent_calls.consent_list("x"),
        devices_calls.device_request("x"),
        devices_calls.device_add("x"),
        devices_calls.device_remove("x"),
        devices_calls.device_list(),
        patients_calls.break_glass("x", reason="y"),
        patients_calls.glass_state("x"),
        patients_calls.glass_list(),
        patients_calls.glass_confirm("x", who="y"),
        patients_calls.handover("x", to="y", recovery=[]),
        patients_calls.access_request("x", lanes=["care"]),
        patients_calls.access_requests(),
        patients_calls.access_approve("x"),
        patients_calls.access_decline("x"),
        audit_calls.audit_anchor(),
        audit_calls.audit_prove(),
        chain_calls.registry_sync(),
        chain_calls.registry_status(),
        chain_calls.registry_outbox(),
        chain_calls.registry_outbox_file(),
        chain_calls.registry_outbox_take(Upload(io.BytesIO(b"x"))),
        chain_calls.registry_resolve("x"),
        checkpoint_calls.network(),
        checkpoint_calls.checkpoint_sign(),
        checkpoint_calls.checkpoint_combine(["x"]),
        checkpoint_calls.checkpoint_follow(["x"], 1),
        checkpoint_calls.snapshots(),
    ]


def test_every_act_has_a_call_and_every_call_an_act() -> None:
    upload = Upload(io.BytesIO())
    every: list[Call[Any]] = [
        calls.identity(),
        calls.recovery_confirm([]),
        calls.peers_add("card"),
        calls.peers_list(),
        calls.peers_remove("x"),
        calls.import_file("x", upload),
        calls.record_add("x", "x", upload),
        calls.lanes_explain("x", upload),
        calls.lanes_list(),
        calls.charts(),
        calls.chart_show("x"),
        calls.chart_history("x"),
        calls.search("x"),
        calls.grant("x", to="x", lanes=["care"]),
        calls.revoke("x", from_="x"),
        calls.shred("x", recovery=[]),
        calls.shred_cancel("x", recovery=[]),
        calls.shreds(),
        calls.conflicts(),
        calls.conflict_show("x"),
        calls.conflict_choose("x", 1),
        calls.conflict_answer("x", upload),
        calls.quarantine(),
        calls.quarantine_accept("x"),
        calls.duplicates(),
        calls.duplicates_dismiss("x", "y"),
        calls.link("x", "y"),
        calls.unlink("x", "y"),
        calls.audit_verify(),
        calls.doctor(),
        calls.rebuild(),
    ]

    every += area_calls()

    assert {call.act for call in every} == set(ACTS) | set(INTAKES)
    assert "Amara" not in repr(calls.search("Amara"))
