"""The registry's contracts in Vyper, their compiled artifacts, and what reads them without a chain."""
