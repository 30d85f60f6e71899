"""`satchel search` as a nurse sees it, in a real process."""

import json
from pathlib import Path

from satchel_process import Satchel

from node.command.telling import width

LONG = "Nguyễn Thị Hồng Nhung Phương Anh Bích Ngọc"
NAMES = ("ประเสริฐ ศรีสุวรรณ", "王小明" * 6, "أبو عبد الرحمن محمد", "\x1b[31mEvil\u202e\x07", LONG)


def test_search_fits_the_terminal_says_why_and_helps_where_nobody_is_found(
    riverside: Satchel, tmp_path: Path
) -> None:
    people = tmp_path / "people.ndjson"
    people.write_text(
        "\n".join(
            json.dumps(
                {
                    "resourceType": "Patient",
                    "id": f"p{number}",
                    "name": [{"text": name}],
                    "birthDate": "1984-03-02",
                }
            )
            for number, name in enumerate(NAMES)
        )
    )
    riverside.done("import", people)
    every = riverside.done("search", "1984")
    assert len(every.lines) == len(NAMES) + 1
    assert all(width(line) <= 80 for line in every.lines)
    assert not {"\x1b", "\u202e", "\x07"} & set(every.out)
    assert "sounds alike" in riverside.done("search", "mohamed").out
    (found,) = riverside.done("search", "nguyen", "42", "--json").json
    assert (found["name"], found["match"]) == (LONG, "name, age")
    nobody = riverside.done("search", "qqxxqq")
    assert (nobody.out, "nobody found" in nobody.err, "hint: try" in nobody.err) == ("", True, True)


def test_doctor_rebuilds_and_says_how_much(riverside: Satchel, patient_file: Path) -> None:
    riverside.done("import", patient_file)
    before = riverside.done("chart", "list", "--json").json
    assert "gone through anew" in riverside.done("doctor", "--rebuild").out
    assert riverside.done("doctor", "--rebuild", "--json").json["rebuilt"] >= 2
    assert riverside.done("chart", "list", "--json").json == before
