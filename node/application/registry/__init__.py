"""Meeting the registry's chain, checkpoints, and notices of revocation."""
