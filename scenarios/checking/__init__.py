"""The simulator's own ledger of what was done, and the checkers that judge a run by it."""
