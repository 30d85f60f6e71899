"""`satchel simulate`: runs a scenario file, judges it, searches seeds, and shrinks failures."""
