"""The organisation's devices, keys, credentials, and its council."""
