"""The store: one encrypted SQLite database that holds everything a node knows.

The application opens it with `node.store.store.open_store`; nothing else writes it.
"""
