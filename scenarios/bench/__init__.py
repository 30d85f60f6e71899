"""Measurements of real nodes, each beside a baseline of the same run; `make bench` takes them."""
