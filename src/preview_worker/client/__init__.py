"""A small HTTP client for a running service."""
