"""Links between members with their faults, and the sessions that run over them."""
