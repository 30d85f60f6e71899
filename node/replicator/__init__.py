"""Drives sync sessions, which do no I/O themselves, over streams (DESIGN section 7)."""
