"""Transactions: whole or not at all, on full disks too."""

import threading

import pytest
from stored_charts import NOW_MILLISECONDS, Author, make_charter

from node.errors import StorageFailed
from node.store.store import Store

CHARTER = make_charter("chart")


class Undone(Exception):
    """Ends a transaction on purpose."""


def test_everything_in_a_transaction_is_stored_or_nothing(store: Store) -> None:
    def do_and_fail() -> None:
        with store.transaction():
            store.charts.add(CHARTER, NOW_MILLISECONDS)
            store.operations.append(Author("a").write_many(CHARTER, 3))
            store.settings.put("name", b"value")
            raise Undone

    with pytest.raises(Undone):
        do_and_fail()
    assert store.charts.all() == []
    assert store.settings.get("name") is None
    with store.transaction():
        store.charts.add(CHARTER, NOW_MILLISECONDS)
        store.operations.append(Author("a").write_many(CHARTER, 3))
    assert store.operations.count() == 3


def test_an_inner_transaction_undoes_itself_alone(store: Store) -> None:
    def do_and_fail() -> None:
        with store.transaction():
            store.settings.put("inner", b"1")
            with store.transaction():
                store.settings.put("innermost", b"1")
            raise Undone

    with store.transaction():
        store.settings.put("outer", b"1")
        with pytest.raises(Undone):
            do_and_fail()
        store.settings.put("after", b"1")
    kept = [store.settings.get(key) for key in ("outer", "inner", "innermost", "after")]
    assert kept == [b"1", None, None, b"1"]


def limit_disk(store: Store, pages_left: int) -> None:
    pages = store.database.value("PRAGMA page_count")
    store.database.rows(f"PRAGMA max_page_count = {pages + pages_left}")


def test_a_full_disk_undoes_the_transaction_and_the_store_goes_on(store: Store) -> None:
    store.charts.add(CHARTER, NOW_MILLISECONDS)
    author = Author("a")
    before = author.write_many(CHARTER, 5)
    store.operations.append(before)
    more = author.write_many(CHARTER, 400)

    def do_too_much() -> None:
        with store.transaction():
            store.settings.put("name", b"value")
            store.operations.append(more)

    limit_disk(store, pages_left=4)
    with pytest.raises(StorageFailed, match="the disk is full"):
        do_too_much()
    assert store.operations.of_chart(CHARTER.chart) == before
    assert store.settings.get("name") is None
    assert store.logs.of_lane(CHARTER.chart, CHARTER.lane("care"))[0].length == 5
    store.database.rows("PRAGMA max_page_count = 1000000")
    after = [author.write(CHARTER, after=before[-1])]
    assert store.operations.append(after) == after
    assert store.findings() == []


def test_a_full_disk_within_cannot_be_swallowed(store: Store) -> None:
    def swallow() -> None:
        with store.transaction():
            store.settings.put("first", b"1")
            with pytest.raises(StorageFailed):
                store.settings.put("large", bytes(200_000))
            # SQLite has undone all of it; this must not be stored by itself.
            store.settings.put("later", b"1")

    limit_disk(store, pages_left=2)
    with pytest.raises(StorageFailed, match="undone"):
        swallow()
    assert [store.settings.get(key) for key in ("first", "large", "later")] == [None] * 3


def test_other_threads_wait_for_a_transaction_to_end(store: Store) -> None:
    begun, order = threading.Event(), []

    def other() -> None:
        begun.set()
        order.append(store.settings.get("name"))

    thread = threading.Thread(target=other)
    with store.transaction():
        thread.start()
        begun.wait()
        store.settings.put("name", b"draft")
        store.settings.put("name", b"value")
    thread.join()
    assert order == [b"value"]
