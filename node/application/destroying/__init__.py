"""Shredding: the hold, the order, and the search for what is left."""
