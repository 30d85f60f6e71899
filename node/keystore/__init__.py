"""A node's secrets: made at `init`, sealed under a passphrase, recovered from words on paper."""
