"""Makes a chart exactly as large as was asked for; the generator calls it."""

from dataclasses import replace
from datetime import timedelta
from random import Random

from scenarios.population.coding import Resource
from scenarios.population.growth import Measures
from scenarios.population.observations import vital_signs
from scenarios.population.visits import Visit


def cut_to(made: list[Resource], room: int) -> list[Resource]:
    """A visit's resources without its last Observations, so that they fit where they can.

    Nothing refers to an Observation. The rest of a visit refers to each other and stays together:
    where that alone is more than the room, later repeats of vital signs are what gives way.
    """
    if len(made) <= room:
        return made
    others = [one for one in made if one["resourceType"] != "Observation"]
    seen = [one for one in made if one["resourceType"] == "Observation"]
    if len(others) > room:
        return _alone(made)[:room]
    return others + seen[: room - len(others)]


def _alone(made: list[Resource]) -> list[Resource]:
    """A visit at which nothing but vital signs was written."""
    encounter = {name: value for name, value in made[0].items() if name != "reasonReference"}
    return [encounter] + [one for one in made[1:] if one["resourceType"] == "Observation"]


def taken_again(rng: Random, visit: Visit, measured: Measures) -> list[Resource]:
    """The vital signs once more, some minutes after those that were taken before, that same day."""
    later = visit.at + timedelta(minutes=rng.randrange(10, 50))
    visit.at = later if later.date() == visit.at.date() else visit.at
    near = replace(
        measured,
        heart_rate=measured.heart_rate + rng.randrange(-3, 4),
        respiration=measured.respiration + rng.randrange(-1, 2),
        systolic=measured.systolic + rng.randrange(-4, 5),
        temperature=round(measured.temperature + rng.uniform(-0.2, 0.2), 1),
    )
    return vital_signs(rng, visit, near)
