"""What makes a run the same each time: virtual time, seeded draws, a history with a digest."""
