"""Hostile input for every decoder: targets, changed inputs, and what watches over them.

`python -m scenarios.soak fuzz` and the tests run it; docs/FUZZING.md says how a find is replayed.
"""
