"""Pairing cards: how two nodes come to know each other's names, keys and addresses."""
