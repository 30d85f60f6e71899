"""Made-up patients with plausible FHIR R4 records, the same for the same seed.

The demo, the tests and the training of the compression dictionary take them from here.
"""

from scenarios.population.generator import MadePatient, Population, bundle, reference_day

__all__ = ["MadePatient", "Population", "bundle", "reference_day"]
