"""One input for the reader of FHIR, judged: by hypothesis in the suite, atheris in `make soak`.

    python tests/fuzz/reader_target.py [-runs=N] [CORPUS…]      with atheris installed

The first two bytes choose the file's ending and the size of the pieces; the rest is the file.
"""

import gzip
import importlib
import json
import sys
import zlib
from decimal import Decimal

from node.fhir.found import Item, ReadResource, Rejection, Whole
from node.fhir.reader import Reader

LABELS = ("fuzz.json", "fuzz.ndjson", "fuzz.json.gz", "fuzz.ndjson.gz", "-")
PIECE_SIZES = (1, 2, 3, 7, 64, 1000, 65_536)
SPOILT = ("the compressed file is damaged", "it unpacks to more")
"""Where a damaged file ends depends on what zlib had given before it noticed."""


def read(label: str, content: bytes, piece_size_bytes: int) -> list[Item]:
    """What a reader gives for a content that comes in such pieces."""
    reader = Reader(label)
    items: list[Item] = []
    for at in range(0, len(content), piece_size_bytes):
        items += reader.feed(content[at : at + piece_size_bytes])
        while reader.backlog:
            items += reader.feed(b"")
    return items + reader.finish()


def fuzz_one(data: bytes) -> None:
    """Raise AssertionError, or whatever the reader raises, where it does what it must not."""
    if len(data) < 2:
        return
    label = LABELS[data[0] % len(LABELS)]
    content = data[2:]
    if label.endswith(".gz") and data[0] >= 128:
        content = gzip.compress(content, mtime=0)
    items = read(label, content, PIECE_SIZES[data[1] % len(PIECE_SIZES)])
    whole = read(label, content, max(1, len(content)))
    spoilt = any(isinstance(one, Rejection) and one.reason.startswith(SPOILT) for one in items)
    assert items == whole or spoilt, "pieces change what is read"
    assert items or content == b"" or _may_be_empty(content), "nothing was said of the file"
    for item in (one for each in items for one in _opened(each)):
        if isinstance(item, ReadResource):
            _judge(item)
        else:
            assert item.source == label
            assert item.reason


def _opened(item: Item) -> tuple[ReadResource | Rejection, ...]:
    return (*item.resources, *item.rejected) if isinstance(item, Whole) else (item,)


def _judge(resource: ReadResource) -> None:
    """The bytes, the decoded document and the names must be of one thing."""
    again = json.loads(resource.original, parse_float=Decimal)
    assert again == resource.document
    assert resource.document["resourceType"] == resource.type
    assert resource.document.get("id", resource.id) == resource.id
    (once_more,) = read("one.json", resource.original, 65_536)
    assert isinstance(once_more, ReadResource)
    assert once_more.original == resource.original


def _may_be_empty(content: bytes) -> bool:
    """A Bundle without entries says nothing."""
    try:
        plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else content
    except (OSError, EOFError, zlib.error):
        return False
    return b"entry" in plain or b"\\u" in plain


def main() -> None:
    """Let atheris look for inputs until it is stopped."""
    atheris = importlib.import_module("atheris")
    atheris.instrument_all()
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
