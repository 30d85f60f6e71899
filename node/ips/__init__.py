"""International Patient Summary documents: pure functions from what a chart says to a Bundle."""
