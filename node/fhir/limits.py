"""Every fixed limit of reading FHIR, each with its unit last in its name."""

from typing import Final

json_depth_max: Final = 100
"""Nesting of arrays and objects in one resource: real ones stay under 30, Questionnaires included,
and the JSON decoder recurses."""

bundle_nesting_max: Final = 4
"""Bundles within Bundles (a document found by a search is two)."""

bundle_members_max: Final = 1000
"""Members of a Bundle itself, entries aside; FHIR knows about ten."""

read_slice_size_bytes: Final = 256 * 1024
"""What of a piece is looked at at once, so that a reader that is fed a whole file stays small."""

resource_size_bytes_max: Final = 64 * 1024 * 1024
"""One resource, one entry, or one line, unpacked: a scanned letter of 48 MB is that long in base64.
Memory decides: reading, checking and sealing one takes about six times its size."""

resource_values_max: Final = 1_000_000
"""Values inside one of those: decoded, each takes many times its bytes in the file."""

resource_values_counted_size_bytes: Final = 1024 * 1024
"""From which size on they are counted; smaller ones cannot hold too many."""

unpacked_ratio_max: Final = 100
"""How many times its size a compressed file may become; FHIR reaches 10 to 40."""

unpacked_free_size_bytes: Final = 16 * 1024 * 1024
"""What it may become whatever its size: one blank page may be packed very small."""

unpacked_per_feed_size_bytes_max: Final = 4 * 1024 * 1024
"""What is unpacked for one piece; the rest waits for the next."""

ids_remembered_max: Final = 100_000
"""Resources of one file whose ids are surely known again: one id twice is found so far back."""

names_remembered_max: Final = 50_000
"""Resources of one file, other than Patients, that others may refer to from so far away."""

patient_names_remembered_max: Final = 250_000
"""Patients of one file that others may refer to."""

followed_size_bytes_max: Final = 16 * 1024 * 1024
"""Resources of one file that are kept to be followed to their patient, the newest."""

reference_hops_max: Final = 16
"""Resources that are followed to learn whose one is (a Provenance of a Provenance is two)."""

face_text_length_chars_max: Final = 200
"""Characters of one name, identifier or phone number shown in a list."""

face_values_max: Final = 64
"""Names, identifiers or phone numbers of one patient that lists and search take."""

explained_listed_max: Final = 100_000
"""Resources that `lanes explain` lists of one file; beyond it they are counted."""

explained_window_size_bytes: Final = 12 * 1024 * 1024
"""How much of a file is read before it is placed, so that what refers forward finds it: as much as
an import reads before it writes."""
