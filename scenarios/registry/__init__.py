"""The chain of a simulated disaster: identity and revocation in virtual time, with faults."""
