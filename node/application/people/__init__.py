"""People who are here twice: duplicates and links."""
