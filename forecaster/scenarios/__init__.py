"""Simulate drivers in coherent worlds, and what they do to series."""
