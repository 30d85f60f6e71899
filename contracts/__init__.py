"""The registry's contracts: Vyper sources, artifacts, a loader. Empty until the issue that builds them."""
