"""`python -m scenarios.population`: writes a made-up population for tests of size and speed."""

import json
import time
from pathlib import Path

import click

from scenarios.population.writing import Form, write_population


@click.command(context_settings={"help_option_names": ["-h", "--help"], "show_default": True})
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), metavar="OUT")
@click.option("--patients", type=click.IntRange(1), default=100)
@click.option("--resources-per-patient", type=click.IntRange(1), default=100)
@click.option("--form", type=click.Choice([form.value for form in Form]), default="bulk")
@click.option("--seed", default="population", help="The same seed writes the same bytes.")
def write(folder: Path, patients: int, resources_per_patient: int, form: str, seed: str) -> None:
    """Write made-up patients as FHIR R4 into the folder OUT, in resources of about 1.5 KB.

    Prints what was written as one line of JSON.
    """
    began = time.monotonic()
    written = write_population(
        folder,
        patients=patients,
        resources_each=resources_per_patient,
        form=Form(form),
        seed=seed,
    )
    seconds = time.monotonic() - began
    result = {
        "patients": patients,
        "resources": written.resources,
        "bytes": written.size_bytes,
        "seconds": round(seconds, 2),
        "resources_per_second": round(written.resources / seconds),
        "by_type": dict(sorted(written.by_type.items())),
    }
    click.echo(json.dumps(result))


if __name__ == "__main__":
    write()
