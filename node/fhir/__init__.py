"""FHIR R4 in and out: reading files, whose chart and which lane, elements, faces, export.

Pure functions over bytes: no store, no keys, no clock. The importer and the exporter call them.
"""
