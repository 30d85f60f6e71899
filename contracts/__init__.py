"""The registry's contracts, their artifacts and loader. Empty until the issue that builds them."""
