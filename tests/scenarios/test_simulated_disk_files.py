"""Small files on a simulated disk last once they were flushed; full disks; images put back."""

import dataclasses
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from simulated_disks import Ward

from node.application import starting
from node.errors import StorageFailed
from node.home import replace
from node.keystore.keystore import Keystore
from node.keystore.secrets import Secrets
from scenarios.engine.member import PASSPHRASE
from scenarios.engine.power import PowerLost
from sync.identifiers import InstanceId


@pytest.fixture
def ward(tmp_path: Path) -> Iterator[Ward]:
    made = Ward(tmp_path / "ward", 3)
    yield made
    made.end()


def renamed(ward: Ward, name: str) -> Secrets:
    return dataclasses.replace(ward.node._keystore.secrets, name=name)


def kept_name(ward: Ward) -> str:
    path = ward.member.home / "keystore.satchel"
    return Keystore.open(path, PASSPHRASE, os.urandom).secrets.name


# -- power


def test_a_keystore_cut_off_at_any_write_is_the_old_one_or_the_new_one(ward: Ward) -> None:
    found = set()
    for number in range(24):
        before, after = f"name {number}", f"name {number} changed"
        ward.node._keystore.save(renamed(ward, before))
        ward.disk.crash_at(1 + number % 4)
        try:
            ward.node._keystore.save(renamed(ward, after))
            saved = True
        except PowerLost:
            saved = False
        ward.lose_power()
        name = kept_name(ward)
        assert name in ({after} if saved else {before, after})
        found.add((saved, name == after))
        ward.member.start()
    assert found == {(True, True), (False, True), (False, False)}


@pytest.mark.parametrize("forgotten", ["the folder", "the content"])
def test_a_file_of_which_a_flush_is_forgotten_is_lost(
    ward: Ward, monkeypatch: pytest.MonkeyPatch, forgotten: str
) -> None:
    def save_unflushed(path: Path, content: bytes) -> None:
        fresh = replace.unfinished_copy(path)
        with fresh.open("wb") as file:
            file.write(content)
            file.flush()
            if forgotten != "the content":
                os.fsync(file.fileno())
        fresh.replace(path)
        if forgotten != "the folder":
            replace.flush_folder(path.parent)

    monkeypatch.setattr("node.keystore.keystore.replace_file", save_unflushed)
    kept = (ward.member.home / "keystore.satchel").read_bytes()
    lost = 0
    for number in range(6):
        ward.node._keystore.save(renamed(ward, f"name {number}"))
        saved = (ward.member.home / "keystore.satchel").read_bytes()
        loss = ward.lose_power()
        path = ward.member.home / "keystore.satchel"
        assert (path.read_bytes() != saved) == ("keystore.satchel" in loss.names)
        lost += "keystore.satchel" in loss.names
        path.write_bytes(kept)
        ward.member.start()
    assert lost


def test_the_system_is_left_as_it_was(tmp_path: Path) -> None:
    before = os.fsync, os.replace, os.rename, os.unlink
    one, other = Ward(tmp_path / "one", 1), Ward(tmp_path / "other", 2)
    assert os.fsync is not before[0]
    one.member.stop()
    other.lose_power()
    assert (os.fsync, os.replace, os.rename, os.unlink) == before


# -- no room


def test_a_full_disk_refuses_what_is_written_and_shows_what_is_there(ward: Ward) -> None:
    ward.take()
    held = ward.held()
    ward.disk.fill()
    for _ in range(3):
        with pytest.raises(StorageFailed, match="the disk is full"):
            ward.take()
        with pytest.raises(OSError, match="No space left"):
            ward.node._keystore.save(renamed(ward, "another"))
        assert ward.held() == held
    ward.lose_power()
    ward.member.start()
    assert ward.held() == held
    with pytest.raises(StorageFailed, match="the disk is full"):
        ward.take()
    ward.disk.make_room()
    ward.take()
    ward.assert_sound()
    assert ward.node.audit_verify()["ok"] is True


def test_a_node_that_could_not_start_on_a_full_disk_would_be_noticed(
    ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starting, "StorageFailed", ZeroDivisionError)
    ward.lose_power()
    ward.disk.fill()
    with pytest.raises(StorageFailed, match="the disk is full"):
        ward.member.start()
    ward.disk.make_room()


# -- images


def instance(ward: Ward) -> InstanceId:
    return ward.node.context.instance


def test_an_image_of_the_whole_disk_brings_back_the_same_life_of_the_store(ward: Ward) -> None:
    ward.take()
    before, held = instance(ward), ward.held()
    image = ward.disk.save_image()
    for _ in range(2):
        ward.take()
        assert ward.held() > held
        ward.lose_power()
        ward.disk.put_back(image)
        ward.member.start()
        assert ward.held() == held
        assert instance(ward) == before
    assert ward.node.context.store.findings() == []


def test_a_copy_of_the_files_begins_another_life_of_the_store(ward: Ward) -> None:
    ward.take()
    before, held = instance(ward), ward.held()
    image = ward.disk.save_image()
    for _ in range(2):
        ward.member.stop()
        ward.disk.put_back(image, whole=False)
        # What is put back is as old as the image; the token beside it may be newer.
        (ward.member.home / "instance.token").touch()
        ward.member.start()
        assert ward.held() == held
    assert instance(ward) != before
    assert ward.node.context.store.findings() == []


def test_an_image_is_not_put_back_under_a_node_that_runs(ward: Ward) -> None:
    image = ward.disk.save_image()
    with pytest.raises(ValueError, match="off"):
        ward.disk.put_back(image)
