"""Every fixed limit of reading FHIR, each with its unit last in its name."""

from typing import Final

json_depth_max: Final = 100
"""Nesting of arrays and objects in one resource: real ones stay under 30, Questionnaires included,
and the JSON decoder recurses."""

bundle_nesting_max: Final = 4
"""Bundles within Bundles (a document found by a search is two)."""

number_length_chars_max: Final = 1000
"""Characters of one JSON number: Python's int() takes 4,300 and its time grows with the square."""

reference_hops_max: Final = 16
"""Resources that are followed to learn whose one is (a Provenance of a Provenance is two)."""

face_text_length_chars_max: Final = 200
"""Characters of one name, identifier or phone number shown in a list."""

face_values_max: Final = 64
"""Names, identifiers or phone numbers of one patient that lists and search take."""
