"""Long runs: imports killed at random points, fuzzing of every decoder (`make soak`)."""
