"""A node as a process: event loop, API, transport and signals; commands join or start it."""
