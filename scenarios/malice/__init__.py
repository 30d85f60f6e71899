"""Peers that mean harm: real keys, the real protocol, and what a changed node does with them."""
