"""What acts cost on chain: as the committed table says, and under the limits of the design."""

import json
from functools import cache

import pytest
from gas_table import LIMITS, Cost, measured

from contracts.compiling import SOURCES

TABLE: dict[str, Cost] = json.loads((SOURCES / "gas.json").read_text())
PROSE = (SOURCES.parent / "docs" / "CONTRACTS.md").read_text()


@cache
def now() -> dict[str, Cost]:
    return measured()


@pytest.mark.parametrize("act", TABLE)
def test_an_act_costs_what_the_table_says_within_five_in_a_hundred(act: str) -> None:
    assert now()[act]["gas"] == pytest.approx(TABLE[act]["gas"], rel=0.05)


@pytest.mark.parametrize("act", LIMITS)
def test_an_act_stays_under_its_limit(act: str) -> None:
    assert now()[act]["gas"] <= LIMITS[act]
    assert TABLE[act]["gas"] <= LIMITS[act]


def test_the_table_has_every_act_that_is_measured() -> None:
    assert TABLE.keys() == now().keys()


@pytest.mark.parametrize("act", TABLE)
def test_the_document_shows_the_table(act: str) -> None:
    limit = TABLE[act]["limit"]

    assert f"| {act} | {TABLE[act]['gas']:,} | {f'{limit:,}' if limit else ''} |" in PROSE
