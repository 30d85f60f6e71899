"""Where the passphrase comes from, and what is refused without repeating it."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from node.errors import NoPassphrase, PassphraseMismatch, PassphraseUnreadable
from node.home.passphrase import PassphraseSource, passphrase_source


def typing(*answers: str) -> Callable[[str], str]:
    """A person who types these, one a prompt."""
    waiting: Iterator[str] = iter(answers)
    return lambda prompt: next(waiting)


def person(*answers: str) -> PassphraseSource:
    return PassphraseSource(None, ask=typing(*answers), has_terminal=lambda: True)


@pytest.mark.parametrize(
    ("content", "passphrase"),
    [
        (b"open sesame", b"open sesame"),
        (b"open sesame\n", b"open sesame"),
        (b"open sesame\r\n", b"open sesame"),
        (b" open sesame \n\n", b" open sesame \n"),
        ("e\u0301t\u00e9".encode(), "\u00e9t\u00e9".encode()),
    ],
)
def test_a_file_gives_its_text_without_the_last_line_end(
    tmp_path: Path, content: bytes, passphrase: bytes
) -> None:
    (tmp_path / "file").write_bytes(content)
    source = PassphraseSource(tmp_path / "file")
    assert source.read() == source.choose() == passphrase


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"\n", "it is empty"),
        (b"sesame\xff", "it is not UTF-8 text"),
        (b"sesame" * 1000, "it is longer than 4096 bytes"),
    ],
)
def test_a_useless_file_is_named_and_not_repeated(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(PassphraseUnreadable, match=reason) as caught:
        PassphraseSource(tmp_path / "file").read()
    assert str(tmp_path / "file") in str(caught.value)
    assert "sesame" not in str(caught.value)
    assert not isinstance(caught.value.__context__, UnicodeDecodeError) or (
        caught.value.__suppress_context__
    )


def test_a_longest_passphrase_with_a_line_end_is_taken(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 4096 + b"\r\n")
    assert len(PassphraseSource(tmp_path / "file").read()) == 4096


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PassphraseUnreadable, match="no such file"):
        PassphraseSource(tmp_path / "file").read()
    with pytest.raises(PassphraseUnreadable, match="is a directory"):
        PassphraseSource(tmp_path).read()


def test_a_pipe_will_do() -> None:
    reading, writing = os.pipe()
    try:
        os.write(writing, b"open sesame\n")
        os.close(writing)
        assert PassphraseSource(Path(f"/dev/fd/{reading}")).read() == b"open sesame"
    finally:
        os.close(reading)


def test_the_option_wins_over_the_environment() -> None:
    environment = {"SATCHEL_PASSPHRASE_FILE": "/b"}
    assert passphrase_source(Path("/a"), environment).file == Path("/a")
    assert passphrase_source(None, environment).file == Path("/b")
    assert passphrase_source(None, {"SATCHEL_PASSPHRASE_FILE": ""}).file is None


def test_a_person_is_asked_once_for_an_old_and_twice_for_a_new_one() -> None:
    assert person("open sesame").read() == b"open sesame"
    assert person("open sesame", "open sesame").choose() == b"open sesame"
    with pytest.raises(PassphraseMismatch):
        person("open sesame", "open sesam").choose()
    with pytest.raises(PassphraseUnreadable, match="empty"):
        person("", "").choose()


def test_nobody_is_asked_without_a_terminal() -> None:
    def ask(prompt: str) -> str:
        raise AssertionError("nobody is there")

    source = PassphraseSource(None, ask=ask, has_terminal=lambda: False)
    for get in (source.read, source.choose):
        with pytest.raises(NoPassphrase) as caught:
            get()
        assert "--passphrase-file" in str(caught.value.hint)


def test_an_ended_terminal_is_no_passphrase() -> None:
    def ask(prompt: str) -> str:
        raise EOFError

    with pytest.raises(NoPassphrase):
        PassphraseSource(None, ask=ask, has_terminal=lambda: True).read()
