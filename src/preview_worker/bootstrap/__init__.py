"""Builds everything once, from settings to running objects."""
