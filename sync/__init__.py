"""Satchel's replication logic: bytes and events in, bytes and events out.

Nothing here opens a file or a socket, reads a clock or draws a random number: whoever calls
gives the time and the random bytes. That is what lets a simulator run the production code.
"""
