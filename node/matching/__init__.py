"""Likely duplicates: what of a person is compared, which two to compare, and how alike they are.

Pure: no store, no I/O, no clock. The application's duplicates desk calls it.
"""
