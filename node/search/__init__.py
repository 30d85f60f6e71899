"""What a search text may mean, and how names and numbers are indexed: pure, nothing is stored here.

`node.store` keeps the index and asks it; matching of duplicates may use the same keys.
"""
