"""The contracts in Vyper, their artifacts, and what reads and calls them without a chain."""
