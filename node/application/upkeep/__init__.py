"""Examination, repair and rebuilding of what is stored."""
