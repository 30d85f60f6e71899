"""Streams of frames between nodes; the only package that imports libp2p, and only when asked.

Import `node.transport.interface` for the types, `node.transport.opening` to open the real one.
"""
