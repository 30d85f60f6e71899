"""How tall, heavy and calm a made-up person is at an age."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random

from scenarios.population.tables.growth import GROWTH, HEAD, VITALS


@dataclass(frozen=True, slots=True)
class Build:
    """What stays with a person: how they differ from the middle, as factors near 1."""

    height: float
    weight: float
    pressure: float


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured at one visit: kg, cm, per minute, mm[Hg], degrees Celsius, percent."""

    weight: float
    height: float
    head: float | None
    heart_rate: int
    respiration: int
    systolic: int
    diastolic: int
    temperature: float
    saturation: int


def build(rng: Random) -> Build:
    """A person's build."""
    return Build(
        height=_near(rng, 0.04, 0.12),
        weight=_near(rng, 0.12, 0.35),
        pressure=_near(rng, 0.05, 0.12),
    )


def measures(
    rng: Random, person: Build, sex: str, age_months: float, *, fever: bool, hypertension: bool
) -> Measures:
    """One visit's measurements."""
    weight, height = between(GROWTH["male" if sex == "male" else "female"], age_months)
    heart, breath, systolic, diastolic = between(VITALS, age_months)
    heart, breath = heart * _near(rng, 0.08, 0.2), breath * _near(rng, 0.08, 0.2)
    temperature = rng.gauss(36.7, 0.2)
    saturation = rng.choice((96, 97, 98, 98, 99))
    if fever:
        heart, breath, temperature = heart * 1.18, breath * 1.2, rng.uniform(38.1, 40.1)
        saturation -= rng.randrange(4)
    raised = 1.18 if hypertension else 1.0
    pressure = person.pressure * raised * _near(rng, 0.03, 0.08)
    return Measures(
        weight=round(weight * person.weight * person.height**2 * _near(rng, 0.015, 0.04), 1),
        height=round(height * person.height, 1),
        head=round(between(HEAD, age_months)[0] * _near(rng, 0.015, 0.03), 1)
        if age_months < 36
        else None,
        heart_rate=round(heart),
        respiration=round(breath),
        systolic=round(systolic * pressure),
        diastolic=round(diastolic * pressure),
        temperature=round(temperature, 1),
        saturation=saturation,
    )


def between(rows: Sequence[tuple[float, ...]], at: float) -> tuple[float, ...]:
    """The values at a point between two rows of a table, on a straight line."""
    if at <= rows[0][0]:
        return rows[0][1:]
    for before, after in pairwise(rows):
        if at <= after[0]:
            share = (at - before[0]) / (after[0] - before[0])
            pairs = zip(before[1:], after[1:], strict=True)
            return tuple(low + (high - low) * share for low, high in pairs)
    return rows[-1][1:]


def _near(rng: Random, deviation: float, most: float) -> float:
    return 1 + max(-most, min(most, rng.gauss(0, deviation)))
