"""Logs and metrics: one place each, no payload text, no secrets."""
