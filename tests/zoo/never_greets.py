"""Ends before it says hello."""
